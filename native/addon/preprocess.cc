// SPDX-License-Identifier: MIT

#include "addon/preprocess.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "addon/arguments.h"
#include "addon/worker.h"
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

struct PreprocessCall {
  PreprocessBatch batch;
  std::vector<SourceImage> images;
  std::vector<ChannelScale> scales;
  unsigned threads;
};

bool parseScales(const Napi::Value& value, PreprocessCall& call, uint32_t& channels) {
  const auto bytes = bytesOf(value);
  const size_t count = call.batch.channels();
  if (!isArrayOf(napi_float32_array, value) || !bytes || bytes->length % sizeof(PackedScale) != 0 ||
      bytes->length / sizeof(PackedScale) != count) {
    return false;
  }
  call.scales.resize(count);
  channels = 0;
  for (size_t i = 0; i < count; ++i) {
    PackedScale scale;
    std::memcpy(&scale, bytes->data + i * sizeof scale, sizeof scale);
    if (!(scale.channel >= 0 && scale.channel < kMostChannels) || !std::isfinite(scale.a) ||
        !std::isfinite(scale.b)) {
      return false;
    }
    call.scales[i] = {static_cast<uint32_t>(scale.channel), scale.a, scale.b};
    channels = std::max(channels, call.scales[i].channel + 1);
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
                   uint32_t channels, PreprocessCall& call) {
  const size_t count = call.batch.count;
  const auto packed = bytesOf(list);
  if (!value.IsArray() || !isArrayOf(napi_int32_array, list) || !packed ||
      packed->length % sizeof(PackedImage) != 0 || packed->length / sizeof(PackedImage) != count) {
    return kBadArguments;
  }
  const auto sources = value.As<Napi::Array>();
  const bool together = sources.Length() == 1;
  if (!together && sources.Length() != count) return kBadArguments;

  call.images.resize(count);
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
      if (i == 0) call.batch.floatSource = isFloat;
      if (isFloat != call.batch.floatSource) return kBadArguments;
      source = *bytes;
      overlaps = overlaps || overlap(source, target);
    }
    PackedImage image;
    std::memcpy(&image, packed->data + i * sizeof image, sizeof image);
    if (!isSane(image, channels)) return kBadArguments;
    const size_t valueBytes = call.batch.floatSource ? sizeof(float) : 1;
    const auto bytes = product({static_cast<size_t>(image.height), static_cast<size_t>(image.width),
                                static_cast<size_t>(image.channels), valueBytes});
    if (!bytes || source.length < *bytes) return kBadArguments;
    call.images[i] = {
        source.data, image.height, image.width,    static_cast<uint32_t>(image.channels),
        image.top,   image.left,   image.flip != 0};
    source.data += *bytes;
    source.length -= *bytes;
    if ((!together || i + 1 == count) && source.length != 0) return kBadArguments;
  }
  return overlaps ? kOverlap : kDone;
}

Status parse(const Napi::CallbackInfo& info, PreprocessCall& call) {
  const auto header = readHeader(info[PreprocessAt::kHeader]);
  const auto threads = header ? threadsOf(*header) : std::nullopt;
  const auto layout = header ? layoutOf(*header) : std::nullopt;
  const auto target = bytesOf(info[PreprocessAt::kTarget]);
  const auto fill = bytesOf(info[PreprocessAt::kFill]);
  if (info.Length() != PreprocessAt::kCount || !threads || !layout || !target || !fill) {
    return kBadArguments;
  }
  call.threads = *threads;
  PreprocessBatch& batch = call.batch;
  static_cast<BatchLayout&>(batch) = *layout;
  const auto type = wholeNumber(header->valueType, static_cast<size_t>(ValueType::kBfloat16));
  const auto planar = wholeNumber(header->planarSource, 1);
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
  if (!parseScales(info[PreprocessAt::kScales], call, channels)) return kBadArguments;
  const Status images = parseImages(info[PreprocessAt::kSources], info[PreprocessAt::kImages],
                                    *target, channels, call);
  if (images != kDone) return images;
  // What has been checked must not be written over; images and scales have been copied.
  const auto packed = bytesOf(plan);
  return overlap(*target, *fill) || (packed && overlap(*target, *packed)) ? kBadArguments : kDone;
}

void run(const PreprocessCall& call) {
  PreprocessBatch batch = call.batch;
  batch.images = call.images.data();
  batch.scales = call.scales.data();
  cpu::preprocess(batch, call.threads);
}

// preprocess(header, sources, target, images, scales, plan, fill). Of the header the layout is the
// target's. `sources` is a list of Uint8Array, Uint8ClampedArray or Float32Array. Where `plan` is
// undefined, nothing is masked.
Napi::Value preprocess(const Napi::CallbackInfo& info) {
  PreprocessCall call;
  const Status status = parse(info, call);
  if (status == kDone) run(call);
  return Napi::Number::New(info.Env(), status);
}

// lib/ alone has the list of sources, which keeps them.
Napi::Value preprocessAsync(const Napi::CallbackInfo& info) {
  PreprocessCall call;
  const Status status = parse(info, call);
  if (status != kDone) return Napi::Number::New(info.Env(), status);
  constexpr const char* kName = "gridmask.preprocessAsync";
  return (new RequestWorker<PreprocessCall>(info, kName, call, run))->start();
}

}  // namespace

void addPreprocessFunctions(Napi::Env env, Napi::Object exports) {
  exports["preprocess"] = Napi::Function::New(env, preprocess, "preprocess");
  exports["preprocessAsync"] = Napi::Function::New(env, preprocessAsync, "preprocessAsync");
}

}  // namespace gridmask::addon
