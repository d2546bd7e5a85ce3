// SPDX-License-Identifier: MIT
//
// The kernels that mask with a constant, compiled for the host and run there, against the
// definition, keepsPixel(). Every access is seen: none strays or is misaligned; a new tensor is
// written once, and read in no vector that keeps nothing; in place what is dropped is written once,
// and nothing else but the rest of sectors that are read and written whole.

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "check.h"
#include "cuda/host_kernel.h"
#include "cuda/launch.h"
#include "cuda/launch_parts.h"
#include "kernel_samples.h"
#include "samples.h"

using namespace gridmask;

namespace {

// Memory that begins at a chosen address modulo 256, as device allocations do at 0.
class Memory {
 public:
  Memory(size_t bytes, size_t offset) : block_(new uint8_t[bytes + offset + 256]), bytes_(bytes) {
    const auto address = reinterpret_cast<size_t>(block_.get());
    begin_ = block_.get() + (256 - address % 256) + offset;
  }
  uint8_t* data() { return begin_; }
  size_t size() const { return bytes_; }
  bool contains(const uint8_t* at, size_t bytes) const {
    return at >= begin_ && at + bytes <= begin_ + bytes_;
  }

 private:
  std::unique_ptr<uint8_t[]> block_;
  uint8_t* begin_;
  size_t bytes_;
};

class WatchedMemory : public cuda::HostMemory {
 public:
  WatchedMemory(const Memory& source, const Memory& target, const Memory& constants)
      : source_(source),
        target_(target),
        constants_(constants),
        reads(source.size()),
        writes(target.size()) {}

  void read(const uint8_t* from, void* to, size_t bytes) override {
    CHECK(reinterpret_cast<size_t>(from) % bytes == 0);
    if (source_.contains(from, bytes)) {
      for (size_t k = 0; k < bytes; ++k) ++reads[offset(source_, from) + k];
      readBytes += bytes;
    } else {
      CHECK(constants_.contains(from, bytes));
    }
    std::memcpy(to, from, bytes);
  }

  void write(uint8_t* to, const void* from, size_t bytes) override {
    CHECK(reinterpret_cast<size_t>(to) % bytes == 0);
    CHECK(target_.contains(to, bytes));
    for (size_t k = 0; k < bytes; ++k) ++writes[offset(target_, to) + k];
    ++writeAccesses;
    std::memcpy(to, from, bytes);
  }

 private:
  static size_t offset(const Memory& memory, const uint8_t* at) {
    return static_cast<size_t>(at - const_cast<Memory&>(memory).data());
  }

  const Memory& source_;
  const Memory& target_;
  const Memory& constants_;

 public:
  std::vector<uint8_t> reads;
  std::vector<uint8_t> writes;
  size_t readBytes = 0;
  size_t writeAccesses = 0;
};

void runKernel(const cuda::Launch& launch, cuda::HostMemory& memory) {
  CHECK(launch.gridY <= 65535 && launch.gridZ <= 65535 && launch.blockX <= 1024);
  const cuda::HostKernel kernel = cuda::hostKernel(launch.kernel);
  cuda::HostMemory* const before = cuda::HostMemory::current();
  cuda::HostMemory::current() = &memory;
  for (uint32_t z = 0; z < launch.gridZ; ++z) {
    for (uint32_t y = 0; y < launch.gridY; ++y) {
      for (uint32_t x = 0; x < launch.gridX; ++x) kernel(launch.params, {x, y, z});
    }
  }
  cuda::HostMemory::current() = before;
}

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
  std::vector<bool> dropped() const {
    std::vector<bool> result;
    for (size_t n = 0; n < count; ++n) {
      const int image = imageHeight != 0 ? imageHeight : height;
      const Lattice lattice = latticeOf(samples[n], image, width);
      std::vector<bool> plane;
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
  const std::vector<bool> dropped = c.dropped();
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
    CHECK(inPlace && std::find(dropped.begin(), dropped.end(), true) == dropped.end());
    return;
  }
  CHECK(prepared == cuda::Prepared::kReady);
  // What kernels may read beside the source: constants that do not travel with the launch.
  Memory constants(launch.constants.size(), 0);
  if (!launch.constants.empty()) {
    std::memcpy(constants.data(), launch.constants.data(), launch.constants.size());
    launch.params.constants = constants.data();
  }
  WatchedMemory watched(source, written, constants);
  runKernel(launch, watched);
  ++launched[static_cast<size_t>(launch.kernel)];

  CHECK(std::memcmp(written.data(), expected.data(), expected.size()) == 0);
  const std::string name = cuda::kKernelNames[static_cast<size_t>(launch.kernel)];
  const bool blends = inPlace && name.find("x1_in_place") != name.npos;
  // Whether some byte of that vector's worth of the row, or of two vectors', is dropped, or kept.
  const auto has = [&](size_t byte, size_t bytes, bool state) {
    const size_t row = byte / c.rowBytes() * c.rowBytes();
    const size_t begin = row + (byte - row) / bytes * bytes;
    const size_t end = std::min(begin + bytes, row + c.rowBytes());
    return std::find(dropped.begin() + static_cast<ptrdiff_t>(begin),
                     dropped.begin() + static_cast<ptrdiff_t>(end),
                     state) != dropped.begin() + static_cast<ptrdiff_t>(end);
  };
  for (size_t k = 0; k < c.bytes(); ++k) {
    if (!inPlace) {
      CHECK(watched.writes[k] == 1 && watched.reads[k] <= 1);
      CHECK(watched.reads[k] || dropped[k]);
    } else if (blends) {
      CHECK(watched.writes[k] == has(k, 32, true));
      CHECK(watched.reads[k] == (has(k, 32, true) && has(k, 16, false)));
    } else {
      CHECK(watched.writes[k] == dropped[k] && watched.reads[k] == 0);
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
  const std::vector<bool> dropped = c.dropped();
  const auto droppedBytes = static_cast<size_t>(std::count(dropped.begin(), dropped.end(), true));
  CHECK(droppedBytes == c.bytes() / 8);

  Memory source(c.bytes(), 0), target(c.bytes(), 0);
  std::memset(source.data(), 1, source.size());
  Memory none(0, 0);
  cuda::Batch batch{c.layout(), source.data(), target.data(), c.fill.data()};
  cuda::Launch launch;
  const Samples samples(c.samples.data());
  CHECK(cuda::prepareMask(batch, samples, 0, launch) == cuda::Prepared::kReady);
  CHECK(launch.constants.empty() && launch.params.entries == 2);
  WatchedMemory fresh(source, target, none);
  runKernel(launch, fresh);
  CHECK(fresh.readBytes == c.bytes() - droppedBytes);
  CHECK(fresh.writeAccesses == c.bytes() / 16);

  batch.target = source.data();
  CHECK(cuda::prepareMask(batch, samples, 0, launch) == cuda::Prepared::kReady);
  CHECK(launch.params.entries == 1);  // the other sample is not masked
  WatchedMemory inPlace(source, source, none);
  runKernel(launch, inPlace);
  CHECK(inPlace.readBytes == 0);
  CHECK(inPlace.writeAccesses == droppedBytes / 16);
}

void launchesStayWithinTheGrid() {
  Random random(9);
  std::vector<uint8_t> fill(size_t{1} << 17);
  const PackedSample sample = randomSample(random);
  const auto anywhere = [](size_t address) { return reinterpret_cast<uint8_t*>(address); };
  cuda::Launch launch;
  for (int i = 0; i < 20000; ++i) {
    cuda::Batch batch{};
    batch.layout = {1,
                    static_cast<size_t>(random.between(1, 3)),
                    random.between(1, kMaxSide),
                    random.between(1, kMaxSide),
                    static_cast<size_t>(random.between(1, 64)),
                    1};
    batch.source = batch.target = anywhere(4096 + static_cast<size_t>(random.between(0, 32)));
    batch.fill = fill.data();
    const bool ready =
        cuda::prepareMask(batch, Samples(&sample), 0, launch) == cuda::Prepared::kReady;
    CHECK(ready);
    const cuda::KernelParams& params = launch.params;
    CHECK(launch.gridX < 0x80000000u && launch.gridY <= 65535 && launch.gridZ == 1);
    if (params.threadsPerBlockRow != 0) {
      CHECK(launch.blockX == params.threadsPerBlockRow && launch.blockX % 2 == 0);
      CHECK(launch.blockX * launch.blockY == params.threadsPerBlock);
      CHECK(params.threadsPerBlock <= cuda::kMaxBlockThreads);
      CHECK(launch.gridX * launch.blockX >= params.vectorsPerRow &&
            (launch.gridX - 1) * launch.blockX < params.vectorsPerRow &&
            params.vectorsPerRow * cuda::kVectorBytes == params.rowBytes);
      // A thread has at most four rows.
      CHECK((launch.gridY - 1) * launch.blockY < params.height &&
            4 * launch.gridY * launch.blockY >= params.height);
    } else {
      CHECK(launch.gridY == 1);
      CHECK(uint64_t{launch.gridX} * launch.blockX >= params.threadsPerSample);
      const uint32_t thread = random.word() % params.threadsPerSample;
      CHECK(cuda::quotient(thread, params.rowReciprocal) == thread / params.vectorsPerRow);
    }
  }
  for (int i = 0; i < 20000; ++i) {
    const auto items =
        static_cast<uint32_t>(random.between(1, random.chance(0.5) ? 70000 : 2000000000));
    CHECK(cuda::setGrid(launch, 7, items));
    CHECK(launch.gridY <= 65535 && launch.gridZ <= 65535);
    CHECK(uint64_t{launch.gridY} * launch.gridZ >= items);
    CHECK(uint64_t{launch.gridY} * launch.gridZ < uint64_t{items} + launch.gridZ);
  }
  cuda::Batch wide{};
  wide.layout = {1, 1, 1, kMaxSide, fill.size(), 4};
  wide.source = wide.target = anywhere(4096);
  wide.fill = fill.data();
  CHECK(cuda::prepareMask(wide, Samples(&sample), 0, launch) == cuda::Prepared::kUnsupported);
}

// Constants that fit travel with the launch: those of 64 samples do.
void constantsTravelWhileTheyFit() {
  Random random(12);
  std::vector<PackedSample> samples(100);
  for (auto& sample : samples) {
    sample = randomSample(random);
    sample.unitProbability = 1;
  }
  std::vector<int32_t> partner(64);
  for (int32_t i = 0; i < 64; ++i) partner[static_cast<size_t>(i)] = (i + 1) % 64;
  const uint8_t fill[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  auto* const memory = reinterpret_cast<uint8_t*>(size_t{4096});
  cuda::Launch launch;
  const auto travels = [&](size_t count) {
    const cuda::Batch batch{{count, 3, 224, 224, 4, 4}, memory, memory + (1 << 30), fill};
    CHECK(cuda::prepareMask(batch, Samples(samples.data()), 0, launch) == cuda::Prepared::kReady);
    return launch.constants.empty();
  };
  CHECK(travels(1) && travels(64) && travels(68) && !travels(69) && !travels(100));
  MixBatch mix{
      {{64, 3, 224, 224, 4, 4}, memory, memory + (1 << 30)}, samples.data(), partner.data()};
  CHECK(cuda::prepareMix(mix, launch) == cuda::Prepared::kReady && launch.constants.empty());
  mix.target = memory;
  CHECK(cuda::prepareMix(mix, launch) == cuda::Prepared::kReady && launch.constants.empty());
}

void divisionIsExact() {
  Random random(10);
  for (int i = 0; i < 1000000; ++i) {
    const uint32_t d = std::max(1u, random.word() >> random.between(0, 31));
    const uint32_t n =
        random.chance(0.5) ? random.word() >> random.between(0, 31) : random.word() / d * d - 1;
    if (n == UINT32_MAX) continue;
    CHECK(cuda::quotient(n, cuda::reciprocalOf(d)) == n / d);
    const uint32_t last = UINT32_MAX / d;  // (n + 1) * d < 2³²
    const uint32_t shortN = random.chance(0.5) ? n % last : last - 1;
    CHECK(cuda::quotient(shortN, cuda::ShortReciprocal{UINT32_MAX / d}) == shortN / d);
  }
}

}  // namespace

int main() {
  divisionIsExact();
  launchesStayWithinTheGrid();
  constantsTravelWhileTheyFit();
  vectorsMoveWhole();
  edgesAreExact();
  randomBatchesAreMaskedAsDefined();
  largeUnitsAndImagesAreExact();
}
