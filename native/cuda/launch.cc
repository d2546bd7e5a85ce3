// SPDX-License-Identifier: MIT

#include "cuda/launch.h"

#include <algorithm>
#include <cstring>

#include "cuda/kernel_list.h"

namespace gridmask::cuda {
namespace {

constexpr uint32_t kVectorBytes = 16;
constexpr uint32_t kWarp = 32;
constexpr size_t kMaxGridY = 65535;  // and z

// A unit's side up to which 32-bit turns decide the pixels of a thread. It starts with an error
// below 1 and takes up to 31 steps that are off by up to 1/2 each, towards an edge that is off by
// up to 1/2; phases are 2¹⁶/d apart and it starts half way between two of them:
// 1 + 31/2 + 1/2 < 2¹⁵/d. (Turns of 64 bits, of which the upper half is compared, are off by 1/2
// and a trace: below 2¹⁵/d for every d.)
constexpr uint32_t kMaxCoarseUnit = 1920;
constexpr uint32_t kMaxCoarsePeriod = kMaxCoarseUnit << kFractionBits;
static_assert(17 * kMaxCoarseUnit < (1 << 15), "");

Reciprocal reciprocalOf(uint64_t divisor) { return {UINT64_MAX / divisor}; }

// 2⁶⁴ · part / period to the nearest, for part < period < 2³¹.
uint64_t turnsOf(uint64_t part, uint64_t period) {
  const uint64_t high = (part << 32) / period;
  const uint64_t rest = (part << 32) % period;
  const uint64_t low = ((rest << 32) + period / 2) / period;
  return (high << 32) + low;
}

KernelAxis kernelAxisOf(const LatticeAxis& axis, const Lattice& lattice) {
  const int64_t period = lattice.period;
  const uint64_t unit = lattice.period;
  const auto modulo = [&](int64_t value) {
    return static_cast<uint64_t>(value - floorDiv(value, period) * period);
  };
  // Half way between two phases: (2·phase + 1) / (2·period) turns.
  const uint64_t phase = modulo(axis.at(kOriginColumn, 0) - lattice.stripe);
  return {turnsOf(phase, unit) + turnsOf(1, 2 * unit), turnsOf(modulo(axis.stepX), unit),
          turnsOf(modulo(axis.stepY), unit)};
}

KernelUnitAxis kernelUnitAxisOf(const LatticeAxis& axis, const Lattice& lattice, int32_t height,
                                int32_t width) {
  const int64_t period = lattice.period;
  const int64_t lowest = std::min({axis.at(0, 0), axis.at(width - 1, 0), axis.at(0, height - 1),
                                   axis.at(width - 1, height - 1)}) -
                         lattice.stripe;
  // The lowest position becomes less than a period, that is 2³¹, and the others exceed it by less
  // than 16384 · √2 · 2¹⁶ < 2³¹: all are below 2³².
  const int64_t shift = -floorDiv(lowest, period);
  const int64_t origin = axis.origin - lattice.stripe + shift * period;
  return {static_cast<uint32_t>(origin), static_cast<uint32_t>(axis.stepX),
          static_cast<uint32_t>(axis.stepY), static_cast<uint32_t>(shift)};
}

KernelUnits kernelUnitsOf(const Lattice& lattice, int32_t height, int32_t width) {
  KernelUnits units{};
  units.x = kernelUnitAxisOf(lattice.x, lattice, height, width);
  units.y = kernelUnitAxisOf(lattice.y, lattice, height, width);
  units.dropBelow = lattice.dropBelow;
  for (int k = 0; k < 2; ++k) {
    units.key[k] = lattice.unitKey[k];
    units.seed[k] = lattice.seed[k];
  }
  units.reciprocal = UINT32_MAX / (lattice.period >> kFractionBits);
  return units;
}

// The largest power of two up to `limit` that divides `value`.
size_t powerDividing(size_t value, size_t limit) {
  while (value % limit != 0) limit /= 2;
  return limit;
}

// Memory that is not aligned to its values is masked in narrower ones: a pixel is its bytes.
size_t accessBytes(const Batch& batch) {
  return powerDividing(reinterpret_cast<size_t>(batch.source) |
                           reinterpret_cast<size_t>(batch.target) | batch.valueBytes,
                       batch.valueBytes);
}

bool isUniform(const Batch& batch, size_t valueBytes) {
  const size_t bytes = batch.planes * batch.pixelBytes;
  return std::memcmp(batch.fill, batch.fill + valueBytes, bytes - valueBytes) == 0;
}

// One for each block of the noise that has pixels of the batch's rows.
uint64_t noiseThreads(const Batch& batch) {
  const uint64_t pixels = static_cast<uint64_t>(batch.height) * static_cast<uint64_t>(batch.width);
  return noiseBlocks(batch.noise.firstPixel % kNoisePixels + pixels);
}

}  // namespace

KernelSample kernelSampleOf(const Lattice& lattice, int32_t height, int32_t width) {
  KernelSample sample{};
  if (!lattice.masked) return sample;
  sample.x = kernelAxisOf(lattice.x, lattice);
  sample.y = kernelAxisOf(lattice.y, lattice);
  sample.gap = static_cast<uint32_t>(((uint64_t{lattice.gap()} << 33) / lattice.period + 1) >> 1);
  sample.flags = KernelSample::kMasked;
  if (lattice.reverse) sample.flags |= KernelSample::kReverse;
  if (lattice.period > kMaxCoarsePeriod) sample.flags |= KernelSample::kFine;
  if (lattice.random) {
    sample.flags |= KernelSample::kRandom;
    sample.units = kernelUnitsOf(lattice, height, width);
  }
  return sample;
}

bool needsDeviceFill(const Batch& batch) {
  if (batch.noise.kind != 0) return true;
  const size_t valueBytes = accessBytes(batch);
  return batch.planes * batch.pixelBytes / valueBytes > kInlineFills &&
         !isUniform(batch, valueBytes);
}

KernelParams kernelParamsOf(const Batch& batch) {
  const size_t valueBytes = accessBytes(batch);
  const auto sourceAddress = reinterpret_cast<size_t>(batch.source);
  const auto targetAddress = reinterpret_cast<size_t>(batch.target);
  const uint64_t rowBytes = static_cast<uint64_t>(batch.width) * batch.pixelBytes;
  const uint64_t planeBytes = static_cast<uint64_t>(batch.height) * rowBytes;

  KernelParams params{};
  params.source = batch.source;
  params.target = batch.target;
  params.samples = batch.samples;
  params.sampleBytes = batch.planes * planeBytes;
  params.planeBytes = planeBytes;
  params.rowBytes = rowBytes;
  params.count = static_cast<uint32_t>(batch.count);
  params.planes = static_cast<uint32_t>(batch.planes);
  params.height = static_cast<uint32_t>(batch.height);
  params.width = static_cast<uint32_t>(batch.width);
  params.valueBytes = static_cast<uint32_t>(valueBytes);
  params.valuesPerPixel = static_cast<uint32_t>(batch.pixelBytes / valueBytes);
  params.valuesPerPixelReciprocal = reciprocalOf(params.valuesPerPixel);
  params.loadBytes = static_cast<uint32_t>((sourceAddress - targetAddress) % 16 == 0  ? 16
                                           : (sourceAddress - targetAddress) % 4 == 0 ? 4
                                                                                      : valueBytes);
  params.inPlace = batch.source == batch.target;
  params.aligned = sourceAddress % kVectorBytes == 0 && targetAddress % kVectorBytes == 0 &&
                   rowBytes % kVectorBytes == 0;
  params.planesAlike = batch.planes == 1 || planeBytes % kVectorBytes == 0;

  if (rowBytes >> 31 != 0) return params;  // launchOf() refuses: no threads
  params.valuesPerRow = static_cast<uint32_t>(rowBytes / valueBytes);
  // A row that begins in the middle of a vector may touch one more.
  const uint64_t lead = params.aligned ? 0 : kVectorBytes - valueBytes;
  params.vectorsPerRow = static_cast<uint32_t>((rowBytes + lead + kVectorBytes - 1) / kVectorBytes);
  params.vectorsPerRowReciprocal = reciprocalOf(params.vectorsPerRow);
  params.noise = batch.noise;
  params.noise.widthReciprocal = reciprocalOf(params.width);
  const uint64_t threads =
      batch.noise.kind != 0 ? noiseThreads(batch) : uint64_t{params.height} * params.vectorsPerRow;
  if (threads + kMaxBlockThreads > UINT32_MAX) return params;
  params.threadsPerSample = static_cast<uint32_t>(threads);
  params.threadsPerBlock =
      std::min(kMaxBlockThreads, (params.threadsPerSample + kWarp - 1) / kWarp * kWarp);
  // As few as possible beyond the last sample.
  const size_t gridZ = (batch.count + kMaxGridY - 1) / kMaxGridY;
  params.gridY = static_cast<uint32_t>((batch.count + gridZ - 1) / gridZ);

  params.uniformFill = batch.noise.kind == 0 && isUniform(batch, valueBytes);
  if (needsDeviceFill(batch)) {
    params.fill = batch.deviceFill;
    return params;
  }
  const size_t values = batch.planes * params.valuesPerPixel;
  for (size_t word = 0; word < kInlineFills; ++word) {
    const size_t value = params.uniformFill ? 0 : std::min(word, values - 1);
    uint8_t bytes[4];
    for (size_t k = 0; k < sizeof bytes; ++k) {
      bytes[k] = batch.fill[value * valueBytes + k % valueBytes];
    }
    std::memcpy(&params.fillWords[word], bytes, sizeof bytes);
  }
  return params;
}

Launch launchOf(const KernelParams& params) {
  if (params.threadsPerSample == 0) return {};
#define GRIDMASK_CHOOSE(name, bytes, isInterleaved, isAligned, isInPlace)               \
  if (params.valueBytes == (bytes) && (params.valuesPerPixel > 1) == (isInterleaved) && \
      (params.aligned != 0 && !(isInterleaved)) == (isAligned) &&                       \
      (params.inPlace != 0) == (isInPlace)) {                                           \
    function = #name;                                                                   \
  }
  const char* function = nullptr;
  GRIDMASK_KERNELS(GRIDMASK_CHOOSE)
#undef GRIDMASK_CHOOSE
  if (params.noise.kind != 0) function = kNoiseKernel;
  return {function, (params.threadsPerSample + params.threadsPerBlock - 1) / params.threadsPerBlock,
          params.gridY, (params.count + params.gridY - 1) / params.gridY, params.threadsPerBlock};
}

}  // namespace gridmask::cuda
