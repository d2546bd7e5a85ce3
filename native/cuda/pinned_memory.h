// SPDX-License-Identifier: MIT
//
// Host memory of others, pinned for a while: the device reads and writes it directly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "cuda/context.h"

namespace gridmask::cuda {

class PinnedMemory {
 public:
  // The memory must stay where it is until this is destroyed. Throws Error.
  static std::unique_ptr<PinnedMemory> pin(Device& device, uint8_t* memory, size_t bytes);

  // Waits until no copy is left that reads or writes it.
  ~PinnedMemory();
  PinnedMemory(const PinnedMemory&) = delete;
  PinnedMemory& operator=(const PinnedMemory&) = delete;

  // To be recorded after each copy from it or to it on `stream`. The context is current. Throws
  // Error or std::bad_alloc.
  CUevent eventFor(CUstream stream);

  uint8_t* data() const { return memory_; }
  size_t bytes() const { return bytes_; }

 private:
  PinnedMemory(Device& device, uint8_t* memory, size_t bytes)
      : device_(device), memory_(memory), bytes_(bytes) {}

  Device& device_;
  uint8_t* const memory_;
  const size_t bytes_;
  bool pinned_ = false;
  // A stream says nothing about copies on another.
  std::vector<std::pair<CUstream, CUevent>> events_;
};

}  // namespace gridmask::cuda
