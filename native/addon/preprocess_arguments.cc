// SPDX-License-Identifier: MIT

#include "addon/preprocess_arguments.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace gridmask::addon {
namespace {

// The numbers of an image in the Int32Array, in the order of lib/core/native-interface.ts.
struct PackedImage {
  int32_t height, width, channels, top, left, flip;
};

// The numbers of a channel in the Float32Array.
struct PackedScale {
  float channel, a, b;
};

// Beyond any corner that lib/ lets through: at most those of the largest image, padded by its size.
constexpr int32_t kFarthest = 4 * kMaxSide;

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

bool isSane(const PackedImage& image, uint32_t channels) {
  const auto isNear = [](int32_t place) { return place >= -kFarthest && place <= kFarthest; };
  return image.height >= 0 && image.height <= kMaxSide && image.width >= 0 &&
         image.width <= kMaxSide && image.channels > 0 &&
         static_cast<uint32_t>(image.channels) >= channels && isNear(image.top) &&
         isNear(image.left) && (image.flip == 0 || image.flip == 1);
}

// The images of the Int32Array, without their addresses.
bool parseImages(const Napi::Value& list, uint32_t channels, PreprocessBatch& batch) {
  const auto packed = bytesOf(list);
  if (!isArrayOf(napi_int32_array, list) || !packed || packed->length % sizeof(PackedImage) != 0 ||
      packed->length / sizeof(PackedImage) != batch.count) {
    return false;
  }
  batch.images.resize(batch.count);
  for (size_t i = 0; i < batch.count; ++i) {
    PackedImage image;
    std::memcpy(&image, packed->data + i * sizeof image, sizeof image);
    if (!isSane(image, channels)) return false;
    batch.images[i] = {
        nullptr,   image.height, image.width,    static_cast<uint32_t>(image.channels),
        image.top, image.left,   image.flip != 0};
  }
  return true;
}

// Takes an image from the rest of a source. False if there is not enough.
bool take(Bytes& source, bool floats, SourceImage& image) {
  const auto bytes = product({static_cast<size_t>(image.height), static_cast<size_t>(image.width),
                              static_cast<size_t>(image.channels), floats ? sizeof(float) : 1});
  if (!bytes || source.length < *bytes) return false;
  image.data = source.data;
  source.data += *bytes;
  source.length -= *bytes;
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
  const Napi::Value plan = info[PreprocessAt::kPlan];
  batch.samples = plan.IsUndefined() ? nullptr : parsePlan(plan, batch.count);
  if (!plan.IsUndefined() && batch.samples == nullptr) return false;
  uint32_t channels = 0;
  return parseScales(info[PreprocessAt::kScales], batch, channels) &&
         parseImages(info[PreprocessAt::kImages], channels, batch);
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
  // What has been checked must not be overwritten; images and scales have been copied.
  const auto fill = bytesOf(info[PreprocessAt::kFill]);
  const auto packed = bytesOf(info[PreprocessAt::kPlan]);
  return overlap(target, *fill) || (packed && overlap(target, *packed)) ? kBadArguments : kDone;
}

Status parsePreprocessOnDevice(const Napi::CallbackInfo& info, const BatchHeader& header,
                               const Bytes& source, const Bytes& target, PreprocessBatch& batch) {
  const auto cut = wholeNumber(header.cutSource, 1);
  if (!cut || !parse(info, header, batch) || !placeTarget(target, batch)) return kBadArguments;
  return placeInMemory(source, *cut == 1, target, batch);
}

}  // namespace gridmask::addon
