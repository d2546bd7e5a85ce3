// SPDX-License-Identifier: MIT

#include "addon/preprocess_arguments.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lattice/crop_draws.h"

namespace gridmask::addon {
namespace {

// The numbers of typed arrays, in the order of lib/core/native-interface.ts: of an image in an
// Int32Array, of its crop in another, and of a channel in a Float32Array.
struct PackedSize {
  int32_t height, width, channels;
};
struct PackedCrop {
  int32_t top, left, flip;
};
struct PackedScale {
  float channel, a, b;
};

constexpr float kMostChannels = 1 << 24;

bool parseScales(const Napi::Value& value, PreprocessBatch& batch, uint32_t& channels) {
  const auto bytes = bytesOf(value);
  const size_t count = batch.channels();
  if (!isArrayOf(napi_float32_array, value) || !bytes || bytes->length % sizeof(PackedScale) != 0 ||
      bytes->length / sizeof(PackedScale) != count) {
    return false;
  }
  batch.scales.resize(count);
  channels = 0;
  for (size_t i = 0; i < count; ++i) {
    PackedScale scale;
    std::memcpy(&scale, bytes->data + i * sizeof scale, sizeof scale);
    if (!(scale.channel >= 0 && scale.channel < kMostChannels) || !std::isfinite(scale.a) ||
        !std::isfinite(scale.b)) {
      return false;
    }
    batch.scales[i] = {static_cast<uint32_t>(scale.channel), scale.a, scale.b};
    channels = std::max(channels, batch.scales[i].channel + 1);
  }
  return true;
}

// The images' sizes, one for each or one for all.
bool parseSizes(const Napi::Value& value, uint32_t channels, PreprocessBatch& batch) {
  const auto sizes = arrayOf<const PackedSize>(value);
  if (!isArrayOf(napi_int32_array, value) || !sizes ||
      (sizes->length != batch.count && sizes->length != 1)) {
    return false;
  }
  const auto isSide = [](int32_t side) { return side >= 0 && side <= kMaxSide; };
  const bool sane = std::all_of(sizes->data, sizes->data + sizes->length, [&](const auto& size) {
    return isSide(size.height) && isSide(size.width) && size.channels > 0 &&
           static_cast<uint32_t>(size.channels) >= channels;
  });
  if (!sane) return false;
  batch.images.resize(batch.count);
  for (size_t i = 0; i < batch.count; ++i) {
    const PackedSize& size = sizes->data[sizes->length == 1 ? 0 : i];
    batch.images[i].height = size.height;
    batch.images[i].width = size.width;
    batch.images[i].channels = static_cast<uint32_t>(size.channels);
  }
  return true;
}

std::optional<CropSettings> parseCropSettings(const Napi::Value& value) {
  double numbers[5];
  const auto bytes = bytesOf(value);
  if (!isArrayOf(napi_float64_array, value) || !bytes || bytes->length != sizeof numbers) {
    return std::nullopt;
  }
  std::memcpy(numbers, bytes->data, sizeof numbers);
  const auto [random, flip, seedLow, seedHigh, epoch] = numbers;
  const auto isWord = [](double number) { return number >= 0 && number < 4294967296.0; };
  if (!(flip >= 0 && flip <= 1) || !isWord(seedLow) || !isWord(seedHigh) || !isWord(epoch)) {
    return std::nullopt;
  }
  const auto word = [](double number) { return static_cast<uint32_t>(number); };
  return CropSettings{random != 0, flip, {word(seedLow), word(seedHigh)}, word(epoch)};
}

// Where the images, padded, are cropped: what a plan says, or drawn.
bool parseCrops(const Napi::Value& value, const BatchHeader& header, const Napi::Value& indices,
                PreprocessBatch& batch) {
  const auto padding = wholeNumber(header.padding, kMaxSide);
  if (!padding) return false;
  const auto around = static_cast<int32_t>(*padding);
  // How much higher and wider an image is when padded.
  const auto rows = [&](const SourceImage& image) {
    return image.height + 2 * around - batch.height;
  };
  const auto columns = [&](const SourceImage& image) {
    return image.width + 2 * around - batch.width;
  };
  const bool fit = std::all_of(
      batch.images.begin(), batch.images.end(),
      [&](const SourceImage& image) { return rows(image) >= 0 && columns(image) >= 0; });
  if (!fit) return false;
  const auto place = [&](SourceImage& image, const Crop& crop) {
    image.top = crop.top - around;
    image.left = crop.left - around;
    image.flip = crop.flip;
  };
  if (const auto settings = parseCropSettings(value)) {
    const auto numbers = parseNumbers(header, indices, batch.count);
    if (!numbers) return false;
    drawCrops(*settings, *numbers, batch.count, [&](size_t i, const Philox4& words) {
      SourceImage& image = batch.images[i];
      place(image, cropOf(*settings, words, rows(image), columns(image)));
    });
    return true;
  }
  const auto crops = arrayOf<const PackedCrop>(value);
  if (!isArrayOf(napi_int32_array, value) || !crops || crops->length != batch.count) return false;
  for (size_t i = 0; i < batch.count; ++i) {
    SourceImage& image = batch.images[i];
    const auto [top, left, flip] = crops->data[i];
    const bool sane = top >= 0 && top <= rows(image) && left >= 0 && left <= columns(image) &&
                      (flip == 0 || flip == 1);
    if (!sane) return false;
    place(image, {top, left, flip == 1});
  }
  return true;
}

// The masks, if there are any.
bool parseMasks(const Napi::CallbackInfo& info, const BatchHeader& header, PreprocessBatch& batch) {
  const Napi::Value samples = info[PreprocessAt::kSamples];
  if (samples.IsUndefined()) return true;
  batch.samples = parseSamples(header, samples, info[PreprocessAt::kIndices], batch.count);
  return batch.samples.has_value();
}

// Takes an image from the rest of a source. False if there is not enough.
bool take(Bytes& source, bool floats, SourceImage& image) {
  // Below 2⁶¹.
  static_assert(kMaxSide <= 1 << 14 && sizeof image.channels == 4, "");
  const uint64_t values = uint64_t{static_cast<uint32_t>(image.height)} *
                          static_cast<uint32_t>(image.width) * image.channels;
  const uint64_t bytes = values * (floats ? sizeof(float) : 1);
  if (source.length < bytes) return false;
  image.data = source.data;
  source.data += bytes;
  source.length -= static_cast<size_t>(bytes);
  return true;
}

// Each image in an array of its own, or all of them in one.
Status placeInArrays(const Napi::Value& value, const Bytes& target, PreprocessBatch& batch) {
  if (!value.IsArray()) return kBadArguments;
  const auto sources = value.As<Napi::Array>();
  const bool together = sources.Length() == 1;
  if (!together && sources.Length() != batch.count) return kBadArguments;

  Bytes source{nullptr, 0};  // what is left of it
  bool overlaps = false;
  for (size_t i = 0; i < batch.count; ++i) {
    if (i == 0 || !together) {
      const Napi::Value array = sources.Get(static_cast<uint32_t>(i));
      const auto bytes = bytesOf(array);
      const bool isFloat = isArrayOf(napi_float32_array, array);
      const bool isByte =
          isArrayOf(napi_uint8_array, array) || isArrayOf(napi_uint8_clamped_array, array);
      if (!bytes || !(isFloat || isByte)) return kBadArguments;
      if (i == 0) batch.floatSource = isFloat;
      if (isFloat != batch.floatSource) return kBadArguments;
      source = *bytes;
      overlaps = overlaps || overlap(source, target);
    }
    if (!take(source, batch.floatSource, batch.images[i])) return kBadArguments;
    if ((!together || i + 1 == batch.count) && source.length != 0) return kBadArguments;
  }
  return overlaps ? kOverlap : kDone;
}

Status placeInMemory(const Bytes& memory, bool cut, const Bytes& target, PreprocessBatch& batch) {
  if (cut) {
    const cuda::SourceRegions regions(batch);
    if (memory.length != regions.bytes()) return kBadArguments;
    batch = regions.placedAt(memory.data);
  } else {
    Bytes left = memory;
    for (SourceImage& image : batch.images) {
      if (!take(left, batch.floatSource, image)) return kBadArguments;
    }
    if (left.length != 0) return kBadArguments;
  }
  const bool isAligned =
      !batch.floatSource || reinterpret_cast<uintptr_t>(memory.data) % sizeof(float) == 0;
  return !isAligned ? kBadArguments : overlap(memory, target) ? kOverlap : kDone;
}

// Everything but the addresses of images and target.
bool parse(const Napi::CallbackInfo& info, const BatchHeader& header, PreprocessBatch& batch) {
  const auto layout = layoutOf(header);
  const auto fill = bytesOf(info[PreprocessAt::kFill]);
  if (!layout || !fill) return false;
  static_cast<BatchLayout&>(batch) = *layout;
  const auto type = wholeNumber(header.valueType, static_cast<size_t>(ValueType::kBfloat16));
  const auto planar = wholeNumber(header.planarSource, 1);
  const auto floats = wholeNumber(header.floatSource, 1);
  if (!type || !planar || !floats || static_cast<ValueType>(*type) == ValueType::kUint8 ||
      valueBytesOf(static_cast<ValueType>(*type)) != batch.valueBytes) {
    return false;
  }
  batch.type = static_cast<ValueType>(*type);
  batch.planarSource = *planar == 1;
  batch.floatSource = *floats == 1;
  // Channels are separate planes, or lie together.
  if (batch.planes > 1 && batch.pixelBytes != batch.valueBytes) return false;
  if (fill->length != batch.planes * batch.pixelBytes) return false;
  batch.fill = fill->data;
  uint32_t channels = 0;
  return parseScales(info[PreprocessAt::kScales], batch, channels) &&
         parseSizes(info[PreprocessAt::kSizes], channels, batch) &&
         parseCrops(info[PreprocessAt::kCrops], header, info[PreprocessAt::kIndices], batch) &&
         parseMasks(info, header, batch);
}

bool placeTarget(const Bytes& target, PreprocessBatch& batch) {
  if (target.length != batch.bytes() ||
      reinterpret_cast<uintptr_t>(target.data) % batch.valueBytes != 0) {
    return false;
  }
  batch.target = target.data;
  return true;
}

}  // namespace

Status parsePreprocess(const Napi::CallbackInfo& info, const BatchHeader& header,
                       const Bytes& target, PreprocessBatch& batch) {
  if (!parse(info, header, batch) || !placeTarget(target, batch)) return kBadArguments;
  const Status placed = placeInArrays(info[PreprocessAt::kSources], target, batch);
  if (placed != kDone) return placed;
  // What has been checked must not be overwritten; sizes, crops and scales have been copied.
  for (const size_t at : {PreprocessAt::kFill, PreprocessAt::kSamples, PreprocessAt::kIndices}) {
    const auto other = bytesOf(info[at]);
    if (other && overlap(target, *other)) return kBadArguments;
  }
  return kDone;
}

Status parsePreprocessOnDevice(const Napi::CallbackInfo& info, const BatchHeader& header,
                               const Bytes& source, const Bytes& target, PreprocessBatch& batch) {
  const auto cut = wholeNumber(header.cutSource, 1);
  if (!cut || !parse(info, header, batch) || !placeTarget(target, batch)) return kBadArguments;
  return placeInMemory(source, *cut == 1, target, batch);
}

}  // namespace gridmask::addon
