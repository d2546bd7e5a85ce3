// SPDX-License-Identifier: MIT

#include "addon/request.h"

#include <cmath>
#include <cstring>

#include "cpu/pool.h"

namespace gridmask::addon {
namespace {

std::optional<size_t> product(std::initializer_list<size_t> factors) {
  size_t result = 1;
  for (const size_t factor : factors) {
    if (factor != 0 && result > SIZE_MAX / factor) return std::nullopt;
    result *= factor;
  }
  return result;
}

bool overlap(const Bytes& a, const Bytes& b) {
  return a.length > 0 && b.length > 0 && a.data < b.data + b.length && b.data < a.data + a.length;
}

}  // namespace

std::optional<Bytes> bytesOf(const Napi::Value& value) {
  napi_typedarray_type type;
  size_t elements;
  void* data;
  if (napi_get_typedarray_info(value.Env(), value, &type, &elements, &data, nullptr, nullptr) !=
      napi_ok) {
    return std::nullopt;
  }
  size_t elementBytes;
  switch (static_cast<int>(type)) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array:
      elementBytes = 1;
      break;
    case napi_int16_array:
    case napi_uint16_array:
    case 11:  // napi_float16_array, which older headers lack
      elementBytes = 2;
      break;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array:
      elementBytes = 4;
      break;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      elementBytes = 8;
      break;
    default:
      return std::nullopt;
  }
  return Bytes{static_cast<uint8_t*>(data), elements * elementBytes};
}

std::optional<size_t> wholeNumber(const Napi::Value& value, size_t limit) {
  double number;
  if (napi_get_value_double(value.Env(), value, &number) != napi_ok) return std::nullopt;
  if (!(number >= 0 && number <= static_cast<double>(limit)) || number != std::floor(number)) {
    return std::nullopt;
  }
  return static_cast<size_t>(number);
}

bool isSane(const PackedSample& sample) {
  return sample.d >= 1 && sample.d <= kMaxUnit && sample.l >= 1 && sample.l <= sample.d &&
         sample.deltaX >= 0 && sample.deltaX < sample.d && sample.deltaY >= 0 &&
         sample.deltaY < sample.d && std::isfinite(sample.angle) && sample.unitProbability >= 0 &&
         sample.unitProbability <= 1;
}

Status parseBatch(const Napi::CallbackInfo& info, size_t at, const std::optional<Bytes>& source,
                  const std::optional<Bytes>& target, cpu::Batch& batch) {
  const auto samples = bytesOf(info[at]);
  const auto fill = bytesOf(info[at + 1]);
  constexpr size_t kMost = size_t{1} << 53;
  const auto count = wholeNumber(info[at + 2], kMost);
  const auto planes = wholeNumber(info[at + 3], kMost);
  const auto height = wholeNumber(info[at + 4], kMaxSide);
  const auto width = wholeNumber(info[at + 5], kMaxSide);
  const auto pixelBytes = wholeNumber(info[at + 6], kMost);
  const auto valueBytes = wholeNumber(info[at + 7], 4);
  if (!source || !target || !samples || !fill || !count || !planes || !height || !width ||
      !pixelBytes || !valueBytes) {
    return kBadArguments;
  }
  if (*valueBytes == 0 || *valueBytes == 3 || *pixelBytes % *valueBytes != 0) return kBadArguments;

  const auto bytes = product({*count, *planes, *height, *width, *pixelBytes});
  const auto sampleBytes = product({*count, sizeof(PackedSample)});
  const auto fillBytes = product({*planes, *pixelBytes});
  if (!bytes || source->length != *bytes || target->length != *bytes || !sampleBytes ||
      samples->length != *sampleBytes || !fillBytes || fill->length != *fillBytes) {
    return kBadArguments;
  }
  const bool inPlace = source->data == target->data;
  if (!inPlace && overlap(*source, *target)) return kOverlap;
  if (overlap(*target, *samples) || overlap(*target, *fill)) return kBadArguments;
  if (reinterpret_cast<uintptr_t>(samples->data) % alignof(PackedSample) != 0 ||
      reinterpret_cast<uintptr_t>(target->data) % *valueBytes != 0) {
    return kBadArguments;
  }
  const auto* first = reinterpret_cast<const PackedSample*>(samples->data);
  for (size_t i = 0; i < *count; ++i) {
    if (!isSane(first[i])) return kBadArguments;
  }
  batch = {source->data,
           target->data,
           *count,
           *planes,
           static_cast<int32_t>(*height),
           static_cast<int32_t>(*width),
           *pixelBytes,
           *valueBytes,
           fill->data,
           first};
  return kDone;
}

Status parseApply(const Napi::CallbackInfo& info, ApplyRequest& request) {
  if (info.Length() != 11) return kBadArguments;
  const auto threads = wholeNumber(info[10], cpu::kMaxThreads);
  if (!threads || *threads == 0) return kBadArguments;
  request.threads = static_cast<unsigned>(*threads);
  return parseBatch(info, 2, bytesOf(info[0]), bytesOf(info[1]), request.batch);
}

}  // namespace gridmask::addon
