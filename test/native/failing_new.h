// SPDX-License-Identifier: MIT
//
// An operator new that fails on demand, on any thread. Include it in one source of a program or
// library.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace failing {

inline std::atomic<bool> armed{false};
inline std::atomic<long> granted{0};   // allocations until one fails
inline std::atomic<bool> once{false};  // that one alone; else all from then on
inline std::atomic<bool> failed{false};

inline void* allocate(std::size_t bytes, std::size_t alignment) {
  if (armed) {
    const long left = granted--;
    if (once ? left == 0 : left <= 0) {
      failed = true;
      throw std::bad_alloc();
    }
  }
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  void* const memory = std::aligned_alloc(alignment, whole == 0 ? alignment : whole);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

inline void arm(long grant, bool onlyOne) {
  granted = grant;
  once = onlyOne;
  failed = false;
  armed = true;
}

// Whether an allocation failed since arm().
inline bool disarm() {
  armed = false;
  return failed;
}

}  // namespace failing

void* operator new(std::size_t bytes) {
  return failing::allocate(bytes, alignof(std::max_align_t));
}
void* operator new[](std::size_t bytes) {
  return failing::allocate(bytes, alignof(std::max_align_t));
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return failing::allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
