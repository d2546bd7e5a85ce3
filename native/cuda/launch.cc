// SPDX-License-Identifier: MIT

#include "cuda/launch.h"

#include <algorithm>
#include <cstring>

#include "cuda/kernel_sample.h"
#include "cuda/launch_parts.h"
#include "cuda/mask_kernel.h"
#include "cuda/noise_kernel.h"

namespace gridmask::cuda {
namespace {

// A batch up to this size takes about as long as a few accesses to memory, one after another; any
// GPU's L2 holds it.
constexpr size_t kPrefetchedBytes = size_t{4} << 20;

struct MaskKernel {
  Kernel kernel;
  uint32_t valueBytes;
  uint32_t valuesPerPixel;
  bool onePlane;
  bool inPlace;
  bool random;
  uint32_t rows;
  uint32_t columns;
};
template <class Shape>
constexpr MaskKernel maskKernelOf(Kernel kernel) {
  return {kernel,         Shape::valueBytes, Shape::valuesPerPixel, Shape::planes == 1,
          Shape::inPlace, Shape::random,     Shape::rows,           Shape::columns};
}
constexpr MaskKernel kMaskKernels[] = {
#define GRIDMASK_LIST(name, ...) maskKernelOf<MaskShape<__VA_ARGS__>>(Kernel::name),
    // clang-format off
    GRIDMASK_RARE_MASK_KERNELS(GRIDMASK_LIST)
    GRIDMASK_MASK_KERNELS(GRIDMASK_LIST)
// clang-format on
#undef GRIDMASK_LIST
};

// The fill of the vectors that begin at each value of a pixel, of each plane.
void addFillVectors(const Batch& batch, Launch& launch) {
  const BatchLayout& layout = batch.layout;
  const size_t bytes = layout.planes * layout.pixelBytes;
  const bool uniform = isUniform(batch.fill, bytes, launch.valueBytes);
  const bool straddles = kVectorBytes % layout.pixelBytes != 0;
  const size_t places = straddles ? launch.params.valuesPerPixel : 1;
  if (uniform) {
    uint8_t vector[kVectorBytes];
    for (size_t k = 0; k < kVectorBytes; ++k) vector[k] = batch.fill[k & (launch.valueBytes - 1)];
    std::memcpy(&launch.params.fill, vector, kVectorBytes);
    return;
  }
  std::vector<uint8_t> vectors;
  for (size_t plane = 0; plane < layout.planes; ++plane) {
    for (size_t place = 0; place < places; ++place) {
      for (size_t k = 0; k < kVectorBytes; ++k) {
        const size_t byte = (place * launch.valueBytes + k) % layout.pixelBytes;
        vectors.push_back(batch.fill[plane * layout.pixelBytes + byte]);
      }
    }
  }
  launch.params.fillStep = kVectorBytes;
  launch.params.fillAt = addConstants(launch, vectors.data(), vectors.size());
}

// Of each value of a pixel in all planes, repeated to 4 bytes.
void addFillWords(const Batch& batch, Launch& launch) {
  const size_t bytes = batch.layout.planes * batch.layout.pixelBytes;
  const size_t valueBytes = launch.valueBytes;
  const bool uniform = isUniform(batch.fill, bytes, valueBytes);
  std::vector<uint8_t> words;
  for (size_t at = 0; at < (uniform ? valueBytes : bytes); at += valueBytes) {
    for (size_t k = 0; k < sizeof(uint32_t); ++k) words.push_back(batch.fill[at + k % valueBytes]);
  }
  launch.params.fillStep = uniform ? 0 : sizeof(uint32_t);
  launch.params.fillAt = addConstants(launch, words.data(), words.size());
}

// Of each value of a pixel, whether it is filled.
void addFilledWords(const Batch& batch, Launch& launch) {
  std::vector<uint32_t> words;
  for (size_t at = 0; at < batch.layout.pixelBytes; at += launch.valueBytes) {
    words.push_back(batch.filled[at] != 0 ? UINT32_MAX : 0);
  }
  launch.params.channelsAt = addConstants(launch, words.data(), words.size() * sizeof(uint32_t));
}

// Rows that are aligned, and pixels of a size that there is a kernel for.
bool prepareTiles(const Batch& batch, bool random, Launch& launch) {
  KernelParams& params = launch.params;
  const bool inPlace = batch.source == batch.target;
  const auto addresses =
      reinterpret_cast<uintptr_t>(batch.source) | reinterpret_cast<uintptr_t>(batch.target);
  if ((addresses | params.rowBytes) % kVectorBytes != 0) return false;
  for (const MaskKernel& kernel : kMaskKernels) {
    if (kernel.valueBytes != launch.valueBytes || kernel.valuesPerPixel != params.valuesPerPixel ||
        kernel.inPlace != inPlace || kernel.random != random ||
        (kernel.onePlane && params.planes != 1)) {
      continue;
    }
    launch.kernel = kernel.kernel;
    params.vectorsPerRow = static_cast<uint32_t>(params.rowBytes / kVectorBytes);
    if (!setRectangles(launch, kernel.rows, kernel.columns)) return false;
    params.prefetches = !inPlace && batch.layout.bytes() <= kPrefetchedBytes;
    addFillVectors(batch, launch);
    return true;
  }
  return false;
}

bool prepareRows(const Batch& batch, Launch& launch) {
  KernelParams& params = launch.params;
#define GRIDMASK_CHOOSE(name, bytes, interleaved, isInPlace)                          \
  if (launch.valueBytes == (bytes) && (params.valuesPerPixel > 1) == (interleaved) && \
      (batch.source == batch.target) == (isInPlace)) {                                \
    launch.kernel = Kernel::name;                                                     \
  }
  GRIDMASK_MASK_ROWS_KERNELS(GRIDMASK_CHOOSE)
#undef GRIDMASK_CHOOSE
  const auto source = reinterpret_cast<uintptr_t>(batch.source);
  const auto target = reinterpret_cast<uintptr_t>(batch.target);
  const uintptr_t apart = source - target;
  params.loadBytes = apart % kVectorBytes == 0 ? kVectorBytes
                     : apart % 4 == 0          ? 4
                                               : launch.valueBytes;
  params.planesAlike = batch.layout.planes == 1 || params.planeBytes % kVectorBytes == 0;
  // A row that begins in the middle of a vector may touch one more.
  const bool aligned = (target | params.rowBytes) % kVectorBytes == 0;
  const uint64_t lead = aligned ? 0 : kVectorBytes - launch.valueBytes;
  params.vectorsPerRow =
      static_cast<uint32_t>((params.rowBytes + lead + kVectorBytes - 1) / kVectorBytes);
  params.rowReciprocal = reciprocalOf(params.vectorsPerRow);
  const uint64_t threads = uint64_t{params.height} * params.vectorsPerRow;
  if (!setGrid(launch, threads, params.entries)) return false;
  addFillWords(batch, launch);
  if (batch.filled != nullptr) addFilledWords(batch, launch);
  return true;
}

// Which kernel fills with noise, and how it lies over the batch.
bool prepareNoise(const Batch& batch, const Samples& samples, size_t first, Launch& launch) {
  const Noise& noise = batch.noise;
  KernelParams& params = launch.params;
  const auto addresses =
      reinterpret_cast<uintptr_t>(batch.source) | reinterpret_cast<uintptr_t>(batch.target);
  if (addresses % launch.valueBytes != 0 || launch.valueBytes != valueBytesOf(noise.type)) {
    return false;
  }
  uint32_t rows = 0;
  uint32_t shift = 0;
#define GRIDMASK_CHOOSE(name, bytes, isInPlace)                                        \
  if (launch.valueBytes == (bytes) && (batch.source == batch.target) == (isInPlace)) { \
    launch.kernel = Kernel::name;                                                      \
    rows = NoiseShape<bytes, isInPlace>::rows;                                         \
    shift = NoiseShape<bytes, isInPlace>::tileShift;                                   \
  }
  GRIDMASK_NOISE_KERNELS(GRIDMASK_CHOOSE)
#undef GRIDMASK_CHOOSE
  const auto imageHeight = static_cast<uint64_t>(imageHeightOf(batch));
  params.noiseKind = static_cast<uint32_t>(noise.kind);
  params.noiseType = static_cast<uint32_t>(noise.type);
  params.noiseShared = noise.shared;
  params.noiseBlocks = noiseBlocks(imageHeight * params.width);
  params.noiseFirstPixel = static_cast<uint32_t>(batch.firstRow) * params.width;
  params.noiseFirstField = noise.shared ? 0 : static_cast<uint32_t>(batch.firstChannel);
  const bool aligned =
      params.width % kNoisePixels == 0 && params.noiseFirstPixel % kNoisePixels == 0;
  params.vectorsPerRow =
      (params.width + (aligned ? 0 : kNoisePixels - 1) + kNoisePixels - 1) / kNoisePixels;
  if (!setTiles(launch, rows, shift)) return false;

  std::vector<NoiseKey> keys;
  samples.forEach(first, batch.layout.count, [&](size_t, const PackedSample& sample) {
    if (isWorkedAt(sample, batch.source == batch.target)) keys.push_back(noiseKeyOf(sample));
  });
  params.noiseKeysAt = addConstants(launch, keys.data(), keys.size() * sizeof(NoiseKey));
  params.channelsAt = addConstants(launch, noise.channels + 2 * batch.firstChannel,
                                   batch.layout.channels() * 2 * sizeof(float));
  return true;
}

}  // namespace

size_t mostConstantBytes(const BatchLayout& layout) {
  const size_t samples =
      layout.count * (sizeof(KernelSample) + sizeof(KernelUnits) + sizeof(NoiseKey));
  // Fills as vectors or as words of single bytes, and the numbers of noise.
  const size_t fills = layout.planes * std::max<size_t>(3 * kVectorBytes, 8 * layout.pixelBytes);
  return samples + fills + 5 * kVectorBytes;  // and what lies between the arrays
}

Prepared prepareMask(const Batch& batch, const Samples& samples, size_t first, Launch& launch) {
  const BatchLayout& layout = batch.layout;
  if (layout.isEmpty()) return Prepared::kNothing;
  const bool inPlace = batch.source == batch.target;
  const bool noise = batch.noise.kind != NoiseKind::kNone;
  begin(launch, layout, batch.source, batch.target);
  KernelParams& params = launch.params;
  if (batch.sampleBytes != 0) params.sampleBytes = batch.sampleBytes;
  // What is selected at a time: as much of a pixel as addresses allow.
  const auto addresses =
      reinterpret_cast<uintptr_t>(batch.source) | reinterpret_cast<uintptr_t>(batch.target);
  const size_t valueBytes = noise || batch.filled != nullptr
                                ? layout.valueBytes
                                : powerDividing(addresses | layout.pixelBytes, sizeof(uint32_t));
  launch.valueBytes = static_cast<uint32_t>(valueBytes);
  if (isTooLarge(layout)) return Prepared::kUnsupported;
  params.valuesPerPixel = static_cast<uint32_t>(layout.pixelBytes / valueBytes);
  params.pixelReciprocal = reciprocalOf(params.valuesPerPixel);
  params.valuesPerRow = static_cast<uint32_t>(params.rowBytes / valueBytes);

  SampleConstants constants(layout, imageHeightOf(batch), batch.firstRow, launch);
  constants.addAll(samples, first, inPlace);
  if (constants.count() == 0) return Prepared::kNothing;
  constants.end();
  const bool ready = noise
                         ? prepareNoise(batch, samples, first, launch)
                         : (!constants.anyIs(KernelSample::kFine) && batch.filled == nullptr &&
                            prepareTiles(batch, constants.anyIs(KernelSample::kRandom), launch)) ||
                               prepareRows(batch, launch);
  if (!ready) return Prepared::kUnsupported;
  end(launch);
  return Prepared::kReady;
}

}  // namespace gridmask::cuda
