// SPDX-License-Identifier: MIT
//
// Memory of a device, allocated and freed in stream order: nobody waits for either. If the driver
// has pools that do this (since CUDA 11.2, on most GPUs), it uses one of its own; otherwise freed
// blocks are kept here, each with an event after its last use.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

#include "cuda/driver.h"

namespace gridmask::cuda {

struct MemoryBlock {
  CUdeviceptr pointer = 0;
  size_t bytes = 0;  // may be more than was asked for
};

// Its functions need the device's context to be current, and may be called from any thread.
class MemoryPool {
 public:
  MemoryPool(const Driver& driver, CUdevice device, size_t totalMemory)
      : driver_(driver), device_(device), mostKept_(totalMemory / 4) {}

  // Once, before anything else.
  void open() noexcept;

  // For what is put on `stream` from now on. Throws Error.
  MemoryBlock allocate(size_t bytes, CUstream stream);

  // What is on `stream` now may still use it. Throws Error; the block is gone then too.
  void free(const MemoryBlock& block, CUstream stream);

  // The same without a context. False, and nothing is freed, if the driver needs one for that.
  bool freeWithoutContext(const MemoryBlock& block, CUstream stream);

  // Returns what nobody uses to the driver.
  void trim() noexcept;

 private:
  struct Kept {
    CUdeviceptr pointer;
    CUstream stream;
    CUevent unused;  // once it is reached
  };

  MemoryBlock allocateKept(size_t bytes, CUstream stream);
  void keep(const MemoryBlock& block, CUstream stream);
  void release(const Kept& kept) noexcept;

  const Driver& driver_;
  const CUdevice device_;
  CUmemoryPool pool_ = nullptr;
  std::atomic<bool> wantsContext_{false};  // for every call, whatever the stream

  const size_t mostKept_;
  std::mutex mutex_;  // guards those below
  std::multimap<size_t, Kept> kept_;
  size_t keptBytes_ = 0;
  std::vector<CUevent> events_;  // that no block has
};

}  // namespace gridmask::cuda
