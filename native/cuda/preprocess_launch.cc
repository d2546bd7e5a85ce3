// SPDX-License-Identifier: MIT

#include "cuda/preprocess_launch.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <tuple>
#include <vector>

#include "cuda/launch_parts.h"
#include "cuda/preprocess_kernel.h"

namespace gridmask::cuda {
namespace {

size_t sourceBytesOf(const PreprocessBatch& batch) { return batch.floatSource ? sizeof(float) : 1; }

size_t imageBytesOf(const PreprocessBatch& batch, const SourceImage& image) {
  return static_cast<size_t>(image.height) * static_cast<size_t>(image.width) * image.channels *
         sourceBytesOf(batch);
}

// The part of [0, length) of the result that lies in an image of `side` pixels, whose pixel `begin`
// is the result's first.
void cut(int32_t begin, int32_t side, int32_t length, uint32_t& from, uint32_t& to) {
  const int32_t last = std::clamp(side - begin, 0, length);
  from = static_cast<uint32_t>(std::clamp(-begin, 0, last));
  to = static_cast<uint32_t>(last);
}

KernelImage kernelImageOf(const PreprocessBatch& batch, const SourceImage& image) {
  const size_t valueBytes = sourceBytesOf(batch);
  const size_t pixelBytes = batch.planarSource ? valueBytes : image.channels * valueBytes;
  const size_t rowBytes = static_cast<size_t>(image.width) * pixelBytes;
  KernelImage result{};
  uint32_t left, right;
  cut(image.top, image.height, batch.height, result.yBegin, result.yEnd);
  cut(image.left, image.width, batch.width, left, right);
  result.xBegin = image.flip ? static_cast<uint32_t>(batch.width) - right : left;
  result.xEnd = image.flip ? static_cast<uint32_t>(batch.width) - left : right;
  const int64_t column = image.flip ? int64_t{image.left} + batch.width - 1 : image.left;
  result.origin = reinterpret_cast<uintptr_t>(image.data) +
                  static_cast<uint64_t>(image.top * static_cast<int64_t>(rowBytes) +
                                        column * static_cast<int64_t>(pixelBytes));
  const auto step = static_cast<int32_t>(pixelBytes);
  result.across = image.flip ? -step : step;
  result.down = static_cast<uint32_t>(rowBytes);
  result.channelBytes = static_cast<uint32_t>(
      batch.planarSource ? static_cast<size_t>(image.height) * rowBytes : valueBytes);
  return result;
}

// Whether they differ only by their places, evenly spaced: by `next`.
bool areAlike(const std::vector<SourceImage>& images, uint64_t& next) {
  const auto placeOf = [&](size_t n) { return reinterpret_cast<uintptr_t>(images[n].data); };
  next = images.size() > 1 ? placeOf(1) - placeOf(0) : 0;
  const auto formOf = [](const SourceImage& image) {
    return std::tie(image.height, image.width, image.channels, image.top, image.left, image.flip);
  };
  for (size_t n = 1; n < images.size(); ++n) {
    if (placeOf(n) - placeOf(n - 1) != next || formOf(images[n]) != formOf(images[0])) return false;
  }
  return true;
}

// All images; or one that stands for all.
void addImages(const PreprocessBatch& batch, Launch& launch) {
  KernelParams& params = launch.params;
  std::vector<KernelImage> images;
  uint64_t next;
  if (areAlike(batch.images, next)) {
    images.push_back(kernelImageOf(batch, batch.images[0]));
    images[0].next = next;
  } else {
    images.reserve(batch.count);
    for (const SourceImage& image : batch.images) images.push_back(kernelImageOf(batch, image));
    params.imageStep = sizeof(KernelImage);
  }
  params.imagesAt = addConstants(launch, images.data(), images.size() * sizeof(KernelImage));
}

std::vector<KernelScale> scalesOf(const PreprocessBatch& batch) {
  std::vector<KernelScale> scales;
  const uint8_t* fill = batch.fill;
  for (const ChannelScale& scale : batch.scales) {
    scales.push_back({scale.channel, scale.a, scale.b, 0});
    uint32_t& dropped = scales.back().fill;
    std::memcpy(&dropped, fill, batch.valueBytes);
    if (batch.valueBytes == 2) dropped *= 0x00010001u;
    fill += batch.valueBytes;
  }
  return scales;
}

void addScales(const PreprocessBatch& batch, Launch& launch) {
  const std::vector<KernelScale> scales = scalesOf(batch);
  launch.params.scalesAt = addConstants(launch, scales.data(), scales.size() * sizeof(KernelScale));
}

// At the end of the parameters. Constants that reach into them are uploaded instead.
void addTileScales(const PreprocessBatch& batch, Launch& launch) {
  uint8_t* const inlined = launch.params.inlined;
  std::vector<uint8_t>& constants = launch.constants;
  if (constants.size() <= kTileScalesAt) end(launch);
  if (constants.empty() && launch.inlinedBytes > kTileScalesAt) {
    constants.assign(inlined, inlined + launch.inlinedBytes);
  }
  std::vector<KernelScale> scales = scalesOf(batch);
  for (KernelScale& scale : scales) scale.channel += kPlacingByte;
  std::memcpy(inlined + kTileScalesAt, scales.data(), scales.size() * sizeof(KernelScale));
}

// Whether a byte that is placed (kPlacedByte) leads to the same bits as one that is converted.
bool isPlaced(const ChannelScale& scale) {
  constexpr float kMost = 0x1p104f;  // times 2²³ it is finite
  const bool showsSignOfZero = scale.b == 0 && std::signbit(scale.b) && std::signbit(scale.a);
  return std::fabs(scale.a) <= kMost && !showsSignOfZero;
}

struct TileKernel {
  Kernel kernel;
  size_t valueBytes;
  bool together;
  uint32_t pixels;
  uint32_t columns;
};
template <class Shape>
constexpr TileKernel tileKernelOf(Kernel kernel) {
  return {kernel, Shape::valueBytes, Shape::together, Shape::pixels, Shape::columns};
}
constexpr TileKernel kTileKernels[] = {
#define GRIDMASK_LIST(name, ...) tileKernelOf<PreprocessShape<__VA_ARGS__>>(Kernel::name),
    GRIDMASK_PREPROCESS_KERNELS(GRIDMASK_LIST)
#undef GRIDMASK_LIST
};

// Whether all words that contain a byte of the images can be read, and can tell a pixel's channels
// apart.
bool hasWords(const PreprocessBatch& batch, const Readable& readable) {
  if (batch.floatSource || batch.planarSource) return false;
  constexpr uintptr_t kWord = sizeof(uint32_t);
  const auto first = reinterpret_cast<uintptr_t>(readable.begin);
  const auto last = reinterpret_cast<uintptr_t>(readable.end);
  return std::all_of(batch.images.begin(), batch.images.end(), [&](const SourceImage& image) {
    const auto begin = reinterpret_cast<uintptr_t>(image.data);
    const uintptr_t end = begin + imageBytesOf(batch, image);
    return image.channels <= kTileChannels && begin / kWord * kWord >= first &&
           (end + kWord - 1) / kWord * kWord <= last;
  });
}

// Images whose pixels are read as words, and a result of a few planes or of three channels
// together.
bool prepareTiles(const PreprocessBatch& batch, const Readable& readable, Launch& launch) {
  if (!hasWords(batch, readable)) return false;
  const bool together = batch.planes == 1 && batch.channels() == kTogether;
  if (!together && batch.pixelBytes != batch.valueBytes) return false;
  if (batch.channels() > kTileChannels ||
      !std::all_of(batch.scales.begin(), batch.scales.end(), isPlaced)) {
    return false;
  }
  KernelParams& params = launch.params;
  for (const TileKernel& kernel : kTileKernels) {
    if (kernel.valueBytes != batch.valueBytes || kernel.together != together) continue;
    launch.kernel = kernel.kernel;
    params.valuesPerRow = static_cast<uint32_t>(params.rowBytes / batch.valueBytes);
    // A thread's pixels are a vector in each channel.
    params.vectorsPerRow = (params.width + kernel.pixels - 1) / kernel.pixels;
    const uint64_t places = reinterpret_cast<uintptr_t>(batch.target) | params.rowBytes;
    const bool byValues = places % kVectorBytes != 0;
    // Planes are then written in single values that lie 16 bytes apart. A warp with parts of two
    // rows would touch half as many cache lines again with each of its stores.
    if (!setRectangles(launch, 1, kernel.columns, byValues && !together)) return false;
    if (byValues) params.preprocessFlags |= kByValues;
    addTileScales(batch, launch);
    return true;
  }
  return false;
}

bool preparePixels(const PreprocessBatch& batch, Launch& launch) {
  launch.kernel = Kernel::gridmask_preprocess_pixels;
  launch.params.vectorsPerRow = launch.params.width;
  if (!setTiles(launch, PreprocessPixel::kRows, PreprocessPixel::kTileShift)) return false;
  addScales(batch, launch);
  end(launch);
  return true;
}

bool isAligned(const PreprocessBatch& batch) {
  const size_t bytes = sourceBytesOf(batch);
  return reinterpret_cast<uintptr_t>(batch.target) % batch.valueBytes == 0 &&
         std::all_of(batch.images.begin(), batch.images.end(), [&](const SourceImage& image) {
           return reinterpret_cast<uintptr_t>(image.data) % bytes == 0;
         });
}

}  // namespace

Prepared preparePreprocess(const PreprocessBatch& batch, const Readable& readable, Launch& launch) {
  if (batch.isEmpty()) return Prepared::kNothing;
  begin(launch, batch, nullptr, batch.target);
  if (isTooLarge(batch) || !isAligned(batch)) return Prepared::kUnsupported;
  KernelParams& params = launch.params;
  launch.valueBytes = static_cast<uint32_t>(batch.valueBytes);
  params.valuesPerPixel = static_cast<uint32_t>(batch.pixelBytes / batch.valueBytes);
  params.entries = static_cast<uint32_t>(batch.count);
  params.preprocessFlags = static_cast<uint32_t>(batch.type) << kTypeShift;
  if (batch.floatSource) params.preprocessFlags |= kFloatSource;

  bool fine = false;
  if (batch.samples) {
    SampleConstants constants(batch, batch.height, 0, launch);
    constants.addAll(*batch.samples, 0, false);
    constants.end();
    fine = constants.anyIs(KernelSample::kFine);
    params.preprocessFlags |= kHasMasks;
  }
  addImages(batch, launch);
  const bool ready =
      (!fine && prepareTiles(batch, readable, launch)) || preparePixels(batch, launch);
  return ready ? Prepared::kReady : Prepared::kUnsupported;
}

}  // namespace gridmask::cuda
