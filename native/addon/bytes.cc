// SPDX-License-Identifier: MIT

#include "addon/bytes.h"

#include <climits>
#include <cmath>

namespace gridmask::addon {

std::optional<size_t> product(std::initializer_list<size_t> factors) {
  size_t result = 1;
  for (const size_t factor : factors) {
    // Most are halves of a word, and need no division, which would take longer than all the rest.
    const bool areSmall = (result | factor) >> (sizeof(size_t) * CHAR_BIT / 2) == 0;
    if (!areSmall && factor != 0 && result > SIZE_MAX / factor) return std::nullopt;
    result *= factor;
  }
  return result;
}

bool overlap(const Bytes& a, const Bytes& b) {
  return a.length > 0 && b.length > 0 && a.data < b.data + b.length && b.data < a.data + a.length;
}

std::optional<Bytes> bytesOf(const Napi::Value& value) {
  napi_typedarray_type type;
  return bytesOf(value, type);
}

std::optional<Bytes> bytesOf(const Napi::Value& value, napi_typedarray_type& type) {
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

std::optional<size_t> wholeNumber(double number, size_t limit) {
  if (!(number >= 0 && number <= static_cast<double>(limit)) || number != std::floor(number)) {
    return std::nullopt;
  }
  return static_cast<size_t>(number);
}

std::optional<size_t> wholeNumber(const Napi::Value& value, size_t limit) {
  double number;
  if (napi_get_value_double(value.Env(), value, &number) != napi_ok) return std::nullopt;
  return wholeNumber(number, limit);
}

bool isArrayOf(napi_typedarray_type type, const Napi::Value& value) {
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type;
}

}  // namespace gridmask::addon
