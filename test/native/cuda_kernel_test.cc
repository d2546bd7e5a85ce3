// SPDX-License-Identifier: MIT
//
// The kernels, compiled for the host and run thread by thread, against the definition,
// keepsPixel(). Every access is seen: none strays or is misaligned, in place nothing is read and
// only what is dropped is written, a new tensor is written once, and read in no vector that keeps
// nothing.

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "check.h"
#include "cuda/host_kernel.h"
#include "cuda/launch.h"
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

void runKernel(const cuda::KernelParams& params, WatchedMemory& memory) {
  const cuda::Launch launch = cuda::launchOf(params);
  CHECK(launch.function != nullptr);
  CHECK(launch.gridY <= 65535 && launch.gridZ <= 65535 && launch.blockX <= 1024);
  const cuda::HostKernel kernel = cuda::hostKernel(launch.function);
  CHECK(kernel != nullptr);
  cuda::HostMemory* const before = cuda::HostMemory::current();
  cuda::HostMemory::current() = &memory;
  for (uint32_t z = 0; z < launch.gridZ; ++z) {
    for (uint32_t y = 0; y < launch.gridY; ++y) {
      for (uint32_t x = 0; x < launch.gridX; ++x) {
        for (uint32_t thread = 0; thread < launch.blockX; ++thread) kernel(params, x, y, z, thread);
      }
    }
  }
  cuda::HostMemory::current() = before;
}

struct Case {
  size_t count, channels, valueBytes;
  int height, width;
  bool channelsLast;
  size_t sourceOffset, targetOffset;
  std::vector<PackedSample> samples;
  std::vector<uint8_t> fill;

  size_t planes() const { return channelsLast ? 1 : channels; }
  size_t pixelBytes() const { return channelsLast ? channels * valueBytes : valueBytes; }
  size_t rowBytes() const { return static_cast<size_t>(width) * pixelBytes(); }
  size_t planeBytes() const { return static_cast<size_t>(height) * rowBytes(); }
  size_t bytes() const { return count * planes() * planeBytes(); }

  // For each byte whether it is dropped.
  std::vector<bool> dropped() const {
    std::vector<bool> result;
    for (size_t n = 0; n < count; ++n) {
      const Lattice lattice = latticeOf(samples[n], height, width);
      std::vector<bool> plane;
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
          plane.insert(plane.end(), pixelBytes(), !keepsPixel(lattice, x, y));
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
  if (random.chance(0.3)) c.width = (c.width + 15) / 16 * 16;
  c.count = static_cast<size_t>(random.between(1, 4));
  c.channels = static_cast<size_t>(random.between(1, random.chance(0.1) ? 60 : 5));
  c.valueBytes = size_t{1} << random.between(0, 2);
  c.channelsLast = random.chance(0.5);
  const auto offset = [&]() -> size_t {
    const int kind = random.between(0, 3);
    if (kind == 0) return 0;
    const auto steps = static_cast<size_t>(random.between(0, 20));
    return kind == 1 ? steps : steps * c.valueBytes;
  };
  c.sourceOffset = offset();
  c.targetOffset = random.chance(0.5) ? c.sourceOffset : offset();
  c.samples.resize(c.count);
  for (auto& sample : c.samples) sample = randomSample(random);
  c.fill.resize(c.channels * c.valueBytes);
  const bool sameFill = random.chance(0.5);
  for (size_t k = 0; k < c.fill.size(); ++k) {
    c.fill[k] = sameFill && k >= c.valueBytes ? c.fill[k - c.valueBytes]
                                              : static_cast<uint8_t>(random.word());
  }
  return c;
}

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

  // What the kernels may read beside the source: the samples and, behind them, the fill.
  const size_t sampleBytes = c.count * sizeof(cuda::KernelSample);
  Memory constants(sampleBytes + c.fill.size(), 0);
  for (size_t n = 0; n < c.count; ++n) {
    const cuda::KernelSample sample = cuda::kernelSampleOf(c.samples[n], c.height, c.width);
    std::memcpy(constants.data() + n * sizeof sample, &sample, sizeof sample);
  }
  std::memcpy(constants.data() + sampleBytes, c.fill.data(), c.fill.size());

  Memory& written = inPlace ? source : target;
  cuda::Batch batch{source.data(),
                    written.data(),
                    c.count,
                    c.planes(),
                    c.height,
                    c.width,
                    c.pixelBytes(),
                    c.valueBytes,
                    c.fill.data(),
                    nullptr,
                    reinterpret_cast<const cuda::KernelSample*>(constants.data())};
  if (cuda::needsDeviceFill(batch)) batch.deviceFill = constants.data() + sampleBytes;
  WatchedMemory watched(source, written, constants);
  runKernel(cuda::kernelParamsOf(batch), watched);

  CHECK(std::memcmp(written.data(), expected.data(), expected.size()) == 0);
  for (size_t k = 0; k < c.bytes(); ++k) {
    CHECK(watched.writes[k] == (inPlace ? dropped[k] : 1));
    CHECK(watched.reads[k] <= (inPlace ? 0 : 1));
    CHECK(watched.reads[k] || inPlace || dropped[k]);
  }
}

void randomBatchesAreMaskedAsDefined() {
  Random random(6);
  for (int i = 0; i < 6000; ++i) {
    const Case c = randomCase(random, i % 300 == 0);
    check(c, random, false);
    check(c, random, true);
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

    const cuda::KernelSample sample = cuda::kernelSampleOf(lattice, height, width);
    alignas(16) uint8_t memory[sizeof sample];
    std::memcpy(memory, &sample, sizeof sample);
    cuda::KernelParams params{};
    params.valuesPerPixel = 2;
    params.valuesPerPixelReciprocal.multiplier = UINT64_MAX / 2;
    const cuda::LatticePart part = cuda::loadLatticePart(memory);
    const uint32_t planar = cuda::decide<16, false>(params, part, memory, begin, row, 2);
    const uint32_t pairs = cuda::decide<16, true>(params, part, memory, 2 * begin, row, 2);
    for (int32_t k = 0; k < 32; ++k) {
      CHECK((planar >> k & 1) == !keepsPixel(lattice, begin + k, row));
      CHECK((pairs >> k & 1) == !keepsPixel(lattice, begin + k / 2, row));
    }
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
  Memory constants(2 * sizeof(cuda::KernelSample), 0);
  for (size_t n = 0; n < 2; ++n) {
    const cuda::KernelSample made = cuda::kernelSampleOf(c.samples[n], 64, 64);
    std::memcpy(constants.data() + n * sizeof made, &made, sizeof made);
  }
  cuda::Batch batch{source.data(),
                    target.data(),
                    2,
                    3,
                    64,
                    64,
                    4,
                    4,
                    c.fill.data(),
                    nullptr,
                    reinterpret_cast<const cuda::KernelSample*>(constants.data())};
  WatchedMemory fresh(source, target, constants);
  runKernel(cuda::kernelParamsOf(batch), fresh);
  CHECK(fresh.readBytes == c.bytes() - droppedBytes);
  CHECK(fresh.writeAccesses == c.bytes() / 16);

  batch.target = source.data();
  WatchedMemory inPlace(source, source, constants);
  runKernel(cuda::kernelParamsOf(batch), inPlace);
  CHECK(inPlace.readBytes == 0);
  CHECK(inPlace.writeAccesses == droppedBytes / 16);
}

void launchesStayWithinTheGrid() {
  Random random(9);
  uint8_t fill[64] = {};
  for (int i = 0; i < 20000; ++i) {
    cuda::Batch batch{};
    batch.count = static_cast<size_t>(random.between(1, random.chance(0.5) ? 70000 : 2000000000));
    batch.planes = 1;
    batch.height = random.between(1, kMaxSide);
    batch.width = random.between(1, kMaxSide);
    batch.valueBytes = 4;
    batch.pixelBytes = 4 * static_cast<size_t>(random.between(1, 16));
    batch.fill = fill;
    const cuda::KernelParams params = cuda::kernelParamsOf(batch);
    const cuda::Launch launch = cuda::launchOf(params);
    CHECK(launch.function != nullptr);
    CHECK(launch.gridY <= 65535 && launch.gridZ <= 65535 && launch.gridX < 0x80000000u);
    CHECK(uint64_t{launch.gridY} * launch.gridZ >= batch.count);
    CHECK(uint64_t{launch.gridY} * launch.gridZ < batch.count + launch.gridZ);
    CHECK(uint64_t{launch.gridX} * launch.blockX >= params.threadsPerSample);
    const auto n = static_cast<uint32_t>(random.word()) % params.threadsPerSample;
    CHECK(cuda::quotient(n, params.vectorsPerRowReciprocal) == n / params.vectorsPerRow);
  }
  cuda::Batch wide{};
  wide.count = wide.planes = 1;
  wide.height = 1;
  wide.width = kMaxSide;
  wide.valueBytes = 4;
  wide.pixelBytes = size_t{1} << 17;
  std::vector<uint8_t> zeros(wide.pixelBytes);
  wide.fill = zeros.data();
  CHECK(cuda::launchOf(cuda::kernelParamsOf(wide)).function == nullptr);
}

void divisionIsExact() {
  Random random(10);
  for (int i = 0; i < 1000000; ++i) {
    const uint32_t d = std::max(1u, random.word() >> random.between(0, 31));
    const uint32_t n =
        random.chance(0.5) ? random.word() >> random.between(0, 31) : random.word() / d * d - 1;
    if (n == UINT32_MAX) continue;
    CHECK(cuda::quotient(n, cuda::Reciprocal{UINT64_MAX / d}) == n / d);
  }
}

}  // namespace

int main() {
  divisionIsExact();
  launchesStayWithinTheGrid();
  vectorsMoveWhole();
  edgesAreExact();
  randomBatchesAreMaskedAsDefined();
  largeUnitsAndImagesAreExact();
}
