// SPDX-License-Identifier: MIT
//
// The kernels that mask with a constant, compiled for the host and run there, against the
// definition, keepsPixel(). Every access is seen: none strays or is misaligned; a new tensor is
// written once, and read in no vector that keeps nothing; in place what is dropped is written once,
// and nothing else but the rest of sectors that are read and written whole.

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "check.h"
#include "cuda/launch.h"
#include "cuda/launch_parts.h"
#include "cuda/mask_kernel.h"
#include "cuda/mask_rows_kernel.h"
#include "kernel_samples.h"
#include "samples.h"
#include "watched_memory.h"

using namespace gridmask;

namespace {

struct Case {
  size_t count, channels, valueBytes;
  int height, width;
  bool channelsLast;
  size_t sourceOffset, targetOffset;
  int firstRow = 0, imageHeight = 0;  // of taller images that the rows are of
  std::vector<PackedSample> samples;
  std::vector<uint8_t> fill;

  BatchLayout layout() const { return {count, planes(), height, width, pixelBytes(), valueBytes}; }
  size_t planes() const { return channelsLast ? 1 : channels; }
  size_t pixelBytes() const { return channelsLast ? channels * valueBytes : valueBytes; }
  size_t rowBytes() const { return static_cast<size_t>(width) * pixelBytes(); }
  size_t planeBytes() const { return static_cast<size_t>(height) * rowBytes(); }
  size_t bytes() const { return count * planes() * planeBytes(); }

  // For each byte whether it is dropped.
  std::vector<uint8_t> dropped() const {
    std::vector<uint8_t> result;
    for (size_t n = 0; n < count; ++n) {
      const int image = imageHeight != 0 ? imageHeight : height;
      const Lattice lattice = latticeOf(samples[n], image, width);
      std::vector<uint8_t> plane;
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          plane.insert(plane.end(), pixelBytes(), !keepsPixel(lattice, x, firstRow + y));
        }
      }
      for (size_t p = 0; p < planes(); ++p) {
        result.insert(result.end(), plane.begin(), plane.end());
      }
    }
    return result;
  }
};

Case randomCase(Random& random, bool large) {
  Case c;
  c.height = random.between(1, large ? 260 : 20);
  c.width = random.between(1, large ? 260 : 70);
  const bool aligned = random.chance(0.8);
  if (aligned) c.width = (c.width + 15) / 16 * 16;
  if (random.chance(0.2)) {
    c.firstRow = random.between(0, 300);
    c.imageHeight = c.firstRow + c.height + random.between(0, 300);
  }
  c.count = static_cast<size_t>(random.between(1, random.chance(0.02) ? 80 : 4));
  c.channels = static_cast<size_t>(random.between(1, random.chance(0.1) ? 60 : 5));
  if (random.chance(0.4)) c.channels = 3;
  c.valueBytes = size_t{1} << random.between(0, 2);
  c.channelsLast = random.chance(0.5);
  const auto offset = [&]() -> size_t {
    const int kind = random.between(0, 3);
    if (kind == 0) return 0;
    const auto steps = static_cast<size_t>(random.between(0, 20));
    if (aligned && random.chance(0.8)) return 16 * steps;
    return kind == 1 ? steps : steps * c.valueBytes;
  };
  c.sourceOffset = offset();
  c.targetOffset = random.chance(0.5) ? c.sourceOffset : offset();
  c.samples.resize(c.count);
  const bool noUnits = random.chance(0.5);
  for (auto& sample : c.samples) {
    sample = randomSample(random);
    if (noUnits) sample.unitProbability = 1;
  }
  c.fill.resize(c.channels * c.valueBytes);
  const bool sameFill = random.chance(0.5);
  for (size_t k = 0; k < c.fill.size(); ++k) {
    c.fill[k] = sameFill && k >= c.valueBytes ? c.fill[k - c.valueBytes]
                                              : static_cast<uint8_t>(random.word());
  }
  return c;
}

// How often each kernel was run.
size_t launched[cuda::kKernels];

void check(const Case& c, Random& random, bool inPlace) {
  Memory source(c.bytes(), c.sourceOffset), target(c.bytes(), c.targetOffset);
  for (size_t k = 0; k < c.bytes(); ++k) source.data()[k] = static_cast<uint8_t>(random.word());
  const std::vector<uint8_t> dropped = c.dropped();
  std::vector<uint8_t> expected(source.data(), source.data() + c.bytes());
  const size_t allPlanes = c.planes() * c.planeBytes();
  for (size_t k = 0; k < expected.size(); ++k) {
    if (!dropped[k]) continue;
    const size_t plane = k % allPlanes / c.planeBytes();
    expected[k] = c.fill[plane * c.pixelBytes() + k % c.pixelBytes()];
  }

  Memory& written = inPlace ? source : target;
  cuda::Batch batch{c.layout(), source.data(), written.data(), c.fill.data()};
  batch.firstRow = c.firstRow;
  batch.imageHeight = c.imageHeight;
  cuda::Launch launch;
  const cuda::Prepared prepared = cuda::prepareMask(batch, Samples(c.samples.data()), 0, launch);
  if (prepared == cuda::Prepared::kNothing) {
    CHECK(inPlace && std::find(dropped.begin(), dropped.end(), 1) == dropped.end());
    return;
  }
  CHECK(prepared == cuda::Prepared::kReady);
  runKernel(launch, source, written);
  ++launched[static_cast<size_t>(launch.kernel)];

  CHECK(written.holds(expected));
  const std::string name = cuda::kKernelNames[static_cast<size_t>(launch.kernel)];
  const bool blends = inPlace && name.find("x1_in_place") != name.npos;
  std::vector<size_t> droppedBefore = {0};
  for (const uint8_t byte : dropped) droppedBefore.push_back(droppedBefore.back() + byte);
  // Whether some byte of that vector's worth of the row, or of two vectors', is dropped, or kept.
  const auto has = [&](size_t byte, size_t bytes, bool state) {
    const size_t row = byte / c.rowBytes() * c.rowBytes();
    const size_t begin = row + (byte - row) / bytes * bytes;
    const size_t end = std::min(begin + bytes, row + c.rowBytes());
    const size_t drops = droppedBefore[end] - droppedBefore[begin];
    return (state ? drops : end - begin - drops) > 0;
  };
  for (size_t k = 0; k < c.bytes(); ++k) {
    if (!inPlace) {
      CHECK(written.writes[k] == 1 && source.reads[k] <= 1);
      CHECK(source.reads[k] || dropped[k]);
    } else if (blends) {
      CHECK(written.writes[k] == has(k, 32, true));
      CHECK(source.reads[k] == (has(k, 32, true) && has(k, 16, false)));
    } else {
      CHECK(written.writes[k] == dropped[k] && source.reads[k] == 0);
    }
  }
}

void randomBatchesAreMaskedAsDefined() {
  Random random(6);
  for (int i = 0; i < 8000; ++i) {
    const Case c = randomCase(random, i % 300 == 0);
    check(c, random, false);
    check(c, random, true);
  }
  for (size_t kernel = 0; kernel < cuda::kKernels; ++kernel) {
    const std::string name = cuda::kKernelNames[kernel];
    const bool masks = name.find("gridmask_mix") != 0 && name.find("gridmask_noise") != 0 &&
                       name.find("gridmask_preprocess") != 0;
    CHECK(!masks || launched[kernel] >= 50);
  }
}

// Units up to the largest, images up to the largest side: where 32-bit turns end, and where
// positions come nearest to 2³².
void largeUnitsAndImagesAreExact() {
  Random random(7);
  for (int i = 0; i < 400; ++i) {
    Case c;
    const bool tall = random.chance(0.5);
    c.height = tall ? random.between(4000, kMaxSide) : random.between(1, 3);
    c.width = tall ? random.between(1, 3) : random.between(4000, kMaxSide);
    c.count = c.channels = 1;
    c.channelsLast = random.chance(0.3);
    if (c.channelsLast) c.channels = static_cast<size_t>(random.between(2, 4));
    c.valueBytes = 1;
    c.sourceOffset = c.targetOffset = 0;
    PackedSample sample = randomSample(random);
    sample.flags = PackedSample::kMasked;
    sample.d = random.chance(0.5) ? random.between(1900, 1940) : random.between(2, kMaxUnit);
    sample.l = random.between(1, sample.d);
    sample.deltaX = random.between(0, sample.d - 1);
    sample.deltaY = random.between(0, sample.d - 1);
    c.samples = {sample};
    c.fill.assign(c.channels, 7);
    check(c, random, random.chance(0.5));
  }
}

// A thread's tile that begins near the pixel.
template <class Shape>
void checkTile(cuda::KernelParams params, const Lattice& lattice, int32_t x, int32_t y) {
  constexpr int kValues = cuda::kValuesOf<Shape::valueBytes>;
  params.height = kMaxSide;
  params.vectorsPerRow = static_cast<uint32_t>(kMaxSide * Shape::valuesPerPixel / kValues);
  const auto column = static_cast<uint32_t>(x * Shape::valuesPerPixel / kValues);
  const auto thread = static_cast<uint32_t>(y / Shape::rows);
  cuda::MaskTile<Shape> decided;
  decided.decide(params, column, thread, 0);
  for (int r = 0; r < Shape::rows; ++r) {
    for (uint32_t k = 0; k < kValues; ++k) {
      const uint32_t pixel = (column * kValues + k) / Shape::valuesPerPixel;
      const bool drops = !keepsPixel(lattice, static_cast<int32_t>(pixel),
                                     static_cast<int32_t>(thread) * Shape::rows + r);
      CHECK((decided.dropped[r] >> k & 1) == drops);
    }
  }
}

// Lattices moved so that a pixel lies exactly on an edge, or next to it by the least that there is:
// where an error of the turns would show. Images as large as they come, and any unit.
void edgesAreExact() {
  Random random(8);
  for (int i = 0; i < 200000; ++i) {
    PackedSample packed = randomSample(random);
    packed.flags = PackedSample::kMasked;
    packed.unitProbability = 1;
    packed.d = 1 << random.between(1, 14);
    packed.d = random.chance(0.3) ? random.between(1800, 2000)
                                  : random.between(packed.d, 2 * packed.d - 1);
    packed.l = random.between(1, packed.d);
    const int32_t height = random.chance(0.5) ? kMaxSide : random.between(1, kMaxSide);
    const int32_t width = random.chance(0.5) ? kMaxSide : random.between(32, kMaxSide);
    Lattice lattice = latticeOf(packed, height, width);

    const int32_t begin = random.between(0, width - 32);
    const int32_t row = random.between(0, height - 1);
    const auto moveOnto = [&](LatticeAxis& axis) {
      const int64_t edge = random.chance(0.5) ? 0 : int64_t{lattice.stripe};
      const int64_t unit = random.between(-20, 20) * int64_t{lattice.period};
      axis.origin +=
          unit + edge + random.between(-1, 1) - axis.at(begin + random.between(0, 31), row);
    };
    moveOnto(lattice.x);
    if (random.chance(0.5)) moveOnto(lattice.y);

    cuda::KernelParams params{};
    const cuda::KernelSample sample = kernelSampleOf(lattice, 0);
    std::memcpy(params.inlined, &sample, sizeof sample);
    params.entries = 1;
    params.valuesPerPixel = 2;
    params.pixelReciprocal = cuda::reciprocalOf(2);
    const uint32_t planar = cuda::droppedValues<16, false>(params, sample, 0, begin, row, 2);
    const uint32_t pairs = cuda::droppedValues<16, true>(params, sample, 0, 2 * begin, row, 2);
    for (int32_t k = 0; k < 32; ++k) {
      CHECK((planar >> k & 1) == !keepsPixel(lattice, begin + k, row));
      CHECK((pairs >> k & 1) == !keepsPixel(lattice, begin + k / 2, row));
    }
    if (sample.is(cuda::KernelSample::kFine)) continue;  // not in tiles
    checkTile<cuda::MaskShape<1, 1, true, true, false>>(params, lattice, begin, row);
    checkTile<cuda::MaskShape<1, 3, true, true, false>>(params, lattice, begin, row);
    checkTile<cuda::MaskShape<2, 1, false, true, false>>(params, lattice, begin, row);
  }
}

// Squares of 4 x 4 vectors, none of them in part: each is written by one access, and a new tensor
// has those read that are kept.
void vectorsMoveWhole() {
  Case c;
  c.count = 2;
  c.channels = 3;
  c.valueBytes = 4;
  c.height = c.width = 64;
  c.channelsLast = false;
  c.sourceOffset = c.targetOffset = 0;
  c.fill.assign(12, 0);
  PackedSample sample{};
  sample.flags = PackedSample::kMasked;
  sample.d = 32;
  sample.l = 16;
  sample.deltaX = 13;  // the image's place on its canvas
  sample.unitProbability = 1;
  c.samples = {sample, PackedSample{}};
  const std::vector<uint8_t> dropped = c.dropped();
  const auto droppedBytes = static_cast<size_t>(std::count(dropped.begin(), dropped.end(), 1));
  CHECK(droppedBytes == c.bytes() / 8);

  Memory source(c.bytes(), 0), target(c.bytes(), 0);
  std::memset(source.data(), 1, source.size());
  cuda::Batch batch{c.layout(), source.data(), target.data(), c.fill.data()};
  cuda::Launch launch;
  const Samples samples(c.samples.data());
  CHECK(cuda::prepareMask(batch, samples, 0, launch) == cuda::Prepared::kReady);
  CHECK(launch.constants.empty() && launch.params.entries == 2);
  const Traffic fresh = runKernel(launch, source, target);
  CHECK(fresh.readBytes == c.bytes() - droppedBytes);
  CHECK(fresh.writeAccesses == c.bytes() / 16);

  batch.target = source.data();
  CHECK(cuda::prepareMask(batch, samples, 0, launch) == cuda::Prepared::kReady);
  CHECK(launch.params.entries == 1);  // the other sample is not masked
  const Traffic inPlace = runKernel(launch, source, source);
  CHECK(inPlace.readBytes == 0);
  CHECK(inPlace.writeAccesses == droppedBytes / 16);
}

}  // namespace

int main() {
  vectorsMoveWhole();
  edgesAreExact();
  randomBatchesAreMaskedAsDefined();
  largeUnitsAndImagesAreExact();
}
