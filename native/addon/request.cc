// SPDX-License-Identifier: MIT

#include "addon/request.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <initializer_list>

#include "cpu/pool.h"

namespace gridmask::addon {
namespace {

std::optional<DrawSettings> parseDrawSettings(const Napi::Value& value) {
  double numbers[11];
  const auto bytes = bytesOf(value);
  if (!bytes || bytes->length != sizeof numbers) return std::nullopt;
  std::memcpy(numbers, bytes->data, sizeof numbers);
  const auto [ratioMin, ratioMax, unitMin, unitMax, rotate, reverse, unitProbability, probability,
              seedLow, seedHigh, epoch] = numbers;
  const auto isWord = [](double number) { return number >= 0 && number < 4294967296.0; };
  const bool sane = ratioMin > 0 && ratioMin <= ratioMax && ratioMax <= 1 && ratioMin < 1 &&
                    unitMin >= 1 && unitMin <= kMaxUnit && unitMax >= unitMin &&
                    unitMax <= kMaxUnit + 1 && rotate >= 0 && rotate <= 360 &&
                    unitProbability >= 0 && unitProbability <= 1 && probability >= 0 &&
                    probability <= 1 && isWord(seedLow) && isWord(seedHigh) && isWord(epoch);
  if (!sane) return std::nullopt;
  const auto word = [](double number) { return static_cast<uint32_t>(number); };
  return DrawSettings{ratioMin,        ratioMax,     word(unitMin),
                      word(unitMax),   word(rotate), reverse != 0,
                      unitProbability, probability,  {word(seedLow), word(seedHigh)},
                      word(epoch)};
}

// What a Float32Array in the fill's place means: kind, shared and type, then two numbers of each
// channel.
bool parseNoise(const Bytes& array, size_t channels, size_t valueBytes, uint64_t pixels,
                Noise& noise) {
  constexpr size_t kHead = 3;
  if (channels > SIZE_MAX / 16 || array.length != (kHead + 2 * channels) * sizeof(float)) {
    return false;
  }
  const auto* numbers = reinterpret_cast<const float*>(array.data);
  // A NaN would have other bits on every processor.
  if (!std::all_of(numbers, numbers + kHead + 2 * channels,
                   [](float number) { return std::isfinite(number); })) {
    return false;
  }
  const auto isOneOf = [](float number, std::initializer_list<float> all) {
    return std::find(all.begin(), all.end(), number) != all.end();
  };
  if (!isOneOf(numbers[0], {1, 2}) || !isOneOf(numbers[1], {0, 1}) ||
      !isOneOf(numbers[2], {0, 1, 2, 3})) {
    return false;
  }
  noise = {static_cast<NoiseKind>(numbers[0]), static_cast<NoiseType>(numbers[2]), numbers[1] != 0,
           numbers + kHead};
  if (valueBytesOf(noise.type) != valueBytes) return false;
  // Every block has its own number of 32 bits.
  const uint64_t fields = noise.shared ? 1 : channels;
  return fields <= (UINT32_MAX - kFirstNoiseBlock) / std::max(1u, noiseBlocks(pixels));
}

bool isArrayOf(napi_typedarray_type type, const Napi::Value& value) {
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type;
}

}  // namespace

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
         sample.unitProbability <= 1 && sample.index[1] < 1u << 21;
}

bool parseRegions(const Napi::Value& value, size_t count, Regions& regions) {
  if (!isArrayOf(napi_uint32_array, value)) return true;
  const auto bytes = bytesOf(value);
  if (!bytes || count == 0 || count > bytes->length / sizeof(RegionHeader)) return false;
  const size_t left = bytes->length - count * sizeof(RegionHeader);
  if (left % sizeof(Region) != 0) return false;
  const auto* headers = reinterpret_cast<const RegionHeader*>(bytes->data);
  const auto* all = reinterpret_cast<const Region*>(headers + count);
  uint32_t next = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t end = headers[i].end;
    if (end < next || end > left / sizeof(Region) || headers[i].masked > 1 ||
        headers[i].key.index[1] >= 1u << 21) {
      return false;
    }
    for (uint32_t y0 = 0; next != end; y0 = all[next++].y0) {
      const Region& region = all[next];
      if (region.x0 > region.x1 || region.x1 > kMaxSide || region.y0 > region.y1 ||
          region.y1 > kMaxSide || region.y0 < y0) {
        return false;
      }
    }
  }
  if (next != left / sizeof(Region)) return false;
  regions = Regions(headers, count);
  return true;
}

std::optional<Samples> parseSamples(const Napi::Value& samples, const Napi::Value& first,
                                    const Napi::Value& indices, size_t count) {
  if (!first.IsUndefined()) {
    const auto settings = parseDrawSettings(samples);
    const auto number = wholeNumber(first, kMostExact);
    if (!settings || !number) return std::nullopt;
    if (indices.IsUndefined()) return Samples(*settings, *number, nullptr);

    const auto listed = bytesOf(indices);
    if (!listed || listed->length / sizeof(double) != count ||
        reinterpret_cast<uintptr_t>(listed->data) % alignof(double) != 0) {
      return std::nullopt;
    }
    const auto* numbers = reinterpret_cast<const double*>(listed->data);
    for (size_t i = 0; i < count; ++i) {
      if (!(numbers[i] >= 0 && numbers[i] <= static_cast<double>(kMostExact))) return std::nullopt;
    }
    return Samples(*settings, *number, numbers);
  }

  const auto plan = bytesOf(samples);
  if (!plan || plan->length % sizeof(PackedSample) != 0 ||
      plan->length / sizeof(PackedSample) != count ||
      reinterpret_cast<uintptr_t>(plan->data) % alignof(PackedSample) != 0) {
    return std::nullopt;
  }
  const auto* packed = reinterpret_cast<const PackedSample*>(plan->data);
  for (size_t i = 0; i < count; ++i) {
    if (!isSane(packed[i])) return std::nullopt;
  }
  return Samples(packed);
}

Status parseBatch(const Napi::CallbackInfo& info, size_t at, const std::optional<Bytes>& source,
                  const std::optional<Bytes>& target, cpu::Batch& batch) {
  const auto fill = bytesOf(info[at + 3]);
  const auto count = wholeNumber(info[at + 4], kMostExact);
  const auto planes = wholeNumber(info[at + 5], kMostExact);
  const auto height = wholeNumber(info[at + 6], kMaxSide);
  const auto width = wholeNumber(info[at + 7], kMaxSide);
  const auto pixelBytes = wholeNumber(info[at + 8], kMostExact);
  const auto valueBytes = wholeNumber(info[at + 9], 4);
  if (!source || !target || !fill || !count || !planes || !height || !width || !pixelBytes ||
      !valueBytes) {
    return kBadArguments;
  }
  if (*valueBytes == 0 || *valueBytes == 3 || *pixelBytes == 0 || *pixelBytes % *valueBytes != 0) {
    return kBadArguments;
  }

  const auto bytes = product({*count, *planes, *height, *width, *pixelBytes});
  const auto fillBytes = product({*planes, *pixelBytes});
  if (!bytes || source->length != *bytes || target->length != *bytes || !fillBytes ||
      reinterpret_cast<uintptr_t>(target->data) % *valueBytes != 0) {
    return kBadArguments;
  }
  Noise noise{};
  if (isArrayOf(napi_float32_array, info[at + 3])) {
    // Of masks alone, a source on a device may lie anywhere.
    if (reinterpret_cast<uintptr_t>(source->data) % *valueBytes != 0 ||
        !parseNoise(*fill, *fillBytes / *valueBytes, *valueBytes, uint64_t{*height} * *width,
                    noise)) {
      return kBadArguments;
    }
  } else if (fill->length != *fillBytes) {
    return kBadArguments;
  }
  Regions regions;
  if (!parseRegions(info[at], *count, regions)) return kBadArguments;
  if (regions && !(info[at + 1].IsUndefined() && info[at + 2].IsUndefined())) return kBadArguments;
  const auto samples =
      regions ? Samples() : parseSamples(info[at], info[at + 1], info[at + 2], *count);
  if (!samples) return kBadArguments;

  const bool inPlace = source->data == target->data;
  if (!inPlace && overlap(*source, *target)) return kOverlap;
  // What has been checked must not be written over.
  for (const size_t i : {at, at + 2, at + 3}) {
    const auto other = bytesOf(info[i]);
    if (other && overlap(*target, *other)) return kBadArguments;
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
           *samples,
           noise,
           regions};
  return kDone;
}

Status parseApply(const Napi::CallbackInfo& info, ApplyRequest& request) {
  if (info.Length() != 13) return kBadArguments;
  const auto threads = wholeNumber(info[12], cpu::kMaxThreads);
  if (!threads || *threads == 0) return kBadArguments;
  request.threads = static_cast<unsigned>(*threads);
  return parseBatch(info, 2, bytesOf(info[0]), bytesOf(info[1]), request.batch);
}

}  // namespace gridmask::addon
