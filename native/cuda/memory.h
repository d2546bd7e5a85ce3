// SPDX-License-Identifier: MIT
//
// How the kernels reach device memory. On the host every access goes to a HostMemory, so that a
// test sees where and how wide it is.
#pragma once

#include <cstdint>
#include <cstring>

#include "lattice/host_device.h"

namespace gridmask::cuda {

// 16 bytes, the most that one instruction moves. The alignment lets the compiler see that.
struct alignas(16) Vector {
  uint32_t word[4];
};
constexpr uint32_t kVectorBytes = sizeof(Vector);

#ifndef __CUDA_ARCH__
class HostMemory {
 public:
  virtual ~HostMemory() = default;
  virtual void read(const uint8_t* from, void* to, size_t bytes) { std::memcpy(to, from, bytes); }
  virtual void write(uint8_t* to, const void* from, size_t bytes) { std::memcpy(to, from, bytes); }

  static HostMemory*& current() {
    static HostMemory plain;
    static HostMemory* memory = &plain;
    return memory;
  }
};
#endif

template <class T>
GRIDMASK_HD inline T load(const uint8_t* from) {
#ifdef __CUDA_ARCH__
  return *reinterpret_cast<const T*>(from);
#else
  T value;
  HostMemory::current()->read(from, &value, sizeof value);
  return value;
#endif
}

template <class T>
GRIDMASK_HD inline void store(uint8_t* to, T value) {
#ifdef __CUDA_ARCH__
  *reinterpret_cast<T*>(to) = value;
#else
  HostMemory::current()->write(to, &value, sizeof value);
#endif
}

// The same for what is touched only once, so caches need not keep it.
GRIDMASK_HD inline Vector loadOnce(const uint8_t* from) {
#ifdef __CUDA_ARCH__
  const uint4 value = __ldcs(reinterpret_cast<const uint4*>(from));
  return {{value.x, value.y, value.z, value.w}};
#else
  return load<Vector>(from);
#endif
}

GRIDMASK_HD inline void storeOnce(uint8_t* to, const Vector& value) {
#ifdef __CUDA_ARCH__
  __stcs(reinterpret_cast<uint4*>(to),
         make_uint4(value.word[0], value.word[1], value.word[2], value.word[3]));
#else
  store(to, value);
#endif
}

// Prefetches what will be read soon.
GRIDMASK_HD inline void prefetch(const uint8_t* from) {
#ifdef __CUDA_ARCH__
  asm volatile("prefetch.global.L2 [%0];" ::"l"(from));
#else
  (void)from;
#endif
}

// A part of a kernel's parameters.
template <class T>
GRIDMASK_HD inline T parameter(const uint8_t* from) {
#ifdef __CUDA_ARCH__
  return *reinterpret_cast<const T*>(from);
#else
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
#endif
}

// The unsigned integer of that many bytes; of 16, four words.
template <size_t bytes>
struct Unsigned;
template <>
struct Unsigned<1> {
  using type = uint8_t;
};
template <>
struct Unsigned<2> {
  using type = uint16_t;
};
template <>
struct Unsigned<4> {
  using type = uint32_t;
};
template <>
struct Unsigned<8> {
  using type = uint64_t;
};
template <>
struct Unsigned<16> {
  using type = Vector;
};

}  // namespace gridmask::cuda
