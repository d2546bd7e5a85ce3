// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace gridmask::cpu {

constexpr size_t kScratchAlignment = 64;

// Memory that a call needs while it runs. It is kept for the next call afterwards, up to a few
// megabytes in all.
class Scratch {
 public:
  // Throws std::bad_alloc. The data begins at a multiple of kScratchAlignment.
  explicit Scratch(size_t bytes);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  uint8_t* data() const { return data_; }

 private:
  uint8_t* data_;
};

// Divides memory into arrays. Each kind of scratch is laid out twice: without memory, to find out
// how much it needs, and with it.
class Carver {
 public:
  explicit Carver(uint8_t* memory) : memory_(memory) {}

  template <typename T>
  T* take(size_t count) {
    const size_t begin = (bytes_ + kScratchAlignment - 1) / kScratchAlignment * kScratchAlignment;
    bytes_ = begin + count * sizeof(T);
    return memory_ == nullptr ? nullptr : reinterpret_cast<T*>(memory_ + begin);
  }

  size_t bytes() const { return bytes_; }

 private:
  uint8_t* const memory_;
  size_t bytes_ = 0;
};

}  // namespace gridmask::cpu
