// SPDX-License-Identifier: MIT

#include "addon/preprocess.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "addon/arguments.h"
#include "addon/async_call.h"
#include "addon/functions.h"
#include "cpu/preprocess.h"

namespace gridmask::addon {
namespace {

// What an image is told by in the Int32Array; lib/core/native-interface.ts writes the same order.
struct PackedImage {
  int32_t height, width, channels, top, left, flip;
};

// The numbers of a channel in the Float32Array.
struct PackedScale {
  float channel, a, b;
};

// An image padded by as much as the largest one has, twice over, is beyond what lib/ lets through.
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

// Every image in an array of its own, or all of them in one.
Status parseImages(const Napi::Value& value, const Napi::Value& list, const Bytes& target,
                   uint32_t channels, PreprocessBatch& batch) {
  const size_t count = batch.count;
  const auto packed = bytesOf(list);
  if (!value.IsArray() || !isArrayOf(napi_int32_array, list) || !packed ||
      packed->length % sizeof(PackedImage) != 0 || packed->length / sizeof(PackedImage) != count) {
    return kBadArguments;
  }
  const auto sources = value.As<Napi::Array>();
  const bool together = sources.Length() == 1;
  if (!together && sources.Length() != count) return kBadArguments;

  batch.images.resize(count);
  Bytes source{nullptr, 0};  // what is left of it
  bool overlaps = false;
  for (size_t i = 0; i < count; ++i) {
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
    PackedImage image;
    std::memcpy(&image, packed->data + i * sizeof image, sizeof image);
    if (!isSane(image, channels)) return kBadArguments;
    const size_t valueBytes = batch.floatSource ? sizeof(float) : 1;
    const auto bytes = product({static_cast<size_t>(image.height), static_cast<size_t>(image.width),
                                static_cast<size_t>(image.channels), valueBytes});
    if (!bytes || source.length < *bytes) return kBadArguments;
    batch.images[i] = {
        source.data, image.height, image.width,    static_cast<uint32_t>(image.channels),
        image.top,   image.left,   image.flip != 0};
    source.data += *bytes;
    source.length -= *bytes;
    if ((!together || i + 1 == count) && source.length != 0) return kBadArguments;
  }
  return overlaps ? kOverlap : kDone;
}

Status parse(const Napi::CallbackInfo& info, BatchHeader& header, PreprocessBatch& batch) {
  if (info.Length() != PreprocessAt::kCount || !readHeader(info[PreprocessAt::kHeader], header)) {
    return kBadArguments;
  }
  const auto layout = layoutOf(header);
  const auto target = bytesOf(info[PreprocessAt::kTarget]);
  const auto fill = bytesOf(info[PreprocessAt::kFill]);
  if (!threadsOf(header) || !layout || !target || !fill) return kBadArguments;
  static_cast<BatchLayout&>(batch) = *layout;
  const auto type = wholeNumber(header.valueType, static_cast<size_t>(ValueType::kBfloat16));
  const auto planar = wholeNumber(header.planarSource, 1);
  if (!type || !planar || static_cast<ValueType>(*type) == ValueType::kUint8 ||
      valueBytesOf(static_cast<ValueType>(*type)) != batch.valueBytes) {
    return kBadArguments;
  }
  batch.type = static_cast<ValueType>(*type);
  batch.planarSource = *planar == 1;
  // Channels lie apart, or together.
  if (batch.planes > 1 && batch.pixelBytes != batch.valueBytes) return kBadArguments;
  if (target->length != batch.bytes() ||
      reinterpret_cast<uintptr_t>(target->data) % batch.valueBytes != 0 ||
      fill->length != batch.planes * batch.pixelBytes) {
    return kBadArguments;
  }
  batch.target = target->data;
  batch.fill = fill->data;
  const Napi::Value plan = info[PreprocessAt::kPlan];
  batch.samples = plan.IsUndefined() ? nullptr : parsePlan(plan, batch.count);
  if (!plan.IsUndefined() && batch.samples == nullptr) return kBadArguments;

  uint32_t channels = 0;
  if (!parseScales(info[PreprocessAt::kScales], batch, channels)) return kBadArguments;
  const Status images = parseImages(info[PreprocessAt::kSources], info[PreprocessAt::kImages],
                                    *target, channels, batch);
  if (images != kDone) return images;
  // What has been checked must not be written over; images and scales have been copied.
  const auto packed = bytesOf(plan);
  return overlap(*target, *fill) || (packed && overlap(*target, *packed)) ? kBadArguments : kDone;
}

// preprocess(header, sources, target, images, scales, plan, fill). Of the header the layout is the
// target's. `sources` is a list of Uint8Array, Uint8ClampedArray or Float32Array. Where `plan` is
// undefined, nothing is masked.
Napi::Value preprocess(const Napi::CallbackInfo& info) {
  BatchHeader header;
  PreprocessBatch batch;
  const Status status = parse(info, header, batch);
  if (status == kDone) cpu::preprocess(std::move(batch), *threadsOf(header));
  return statusValue(info, status);
}

// preprocessAsync(…): a promise, unless it is refused. The list of sources is lib/'s own.
Napi::Value preprocessAsync(const Napi::CallbackInfo& info) {
  BatchHeader header;
  PreprocessBatch batch;
  const Status status = parse(info, header, batch);
  if (status != kDone) return statusValue(info, status);
  return startAsync(info, cpu::preprocessJob(std::move(batch), *threadsOf(header)),
                    poolThreadsOf(header));
}

}  // namespace

void addPreprocessFunctions(Napi::Object exports) {
  addFunction<preprocess>(exports, "preprocess");
  addFunction<preprocessAsync>(exports, "preprocessAsync");
}

}  // namespace gridmask::addon
