// SPDX-License-Identifier: MIT
//
// The bytes of typed arrays, and numbers as sizes.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>

namespace gridmask::addon {

// The bytes of a typed array of any element type. Does not ask its ArrayBuffer: for a
// SharedArrayBuffer, Node 20 refuses to answer.
struct Bytes {
  uint8_t* data;
  size_t length;
};
std::optional<Bytes> bytesOf(const Napi::Value& value);
std::optional<Bytes> bytesOf(const Napi::Value& value, napi_typedarray_type& type);

// The elements of a typed array of any type, if its bytes are a whole number of T and aligned to
// it.
template <typename T>
struct Array {
  T* data;
  size_t length;

  Bytes bytes() const {
    return {const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(data)), length * sizeof(T)};
  }
};
template <typename T>
std::optional<Array<T>> arrayOf(const Napi::Value& value) {
  const auto bytes = bytesOf(value);
  if (!bytes || bytes->length % sizeof(T) != 0 ||
      reinterpret_cast<uintptr_t>(bytes->data) % alignof(T) != 0) {
    return std::nullopt;
  }
  return Array<T>{reinterpret_cast<T*>(bytes->data), bytes->length / sizeof(T)};
}

bool isArrayOf(napi_typedarray_type type, const Napi::Value& value);

bool overlap(const Bytes& a, const Bytes& b);

// The product, if it fits.
std::optional<size_t> product(std::initializer_list<size_t> factors);

constexpr size_t kMostExact = size_t{1} << 53;  // up to here a double holds every whole number

// A whole number in [0, limit], limit <= kMostExact.
std::optional<size_t> wholeNumber(double number, size_t limit);
std::optional<size_t> wholeNumber(const Napi::Value& value, size_t limit);

}  // namespace gridmask::addon
