// SPDX-License-Identifier: MIT
//
// Memory on a device: ours, or another's that was handed to us. Work on it is ordered by its
// stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "cuda/context.h"

namespace gridmask::cuda {

// What the driver knows of an address: nothing, where the type is 0.
struct PointerInfo {
  unsigned type = 0;
  unsigned managed = 0;
  int ordinal = -1;
  CUdeviceptr start = 0;
  size_t bytes = 0;

  bool holds(CUdeviceptr pointer, size_t size) const {
    return pointer >= start && size <= bytes && pointer - start <= bytes - size;
  }
};

// Asked for all at once: where an address is unknown, that is an answer, and no error that a tool
// such as compute-sanitizer would report. Throws Error.
PointerInfo pointerInfo(const Driver& driver, CUdeviceptr pointer);

class Allocation {
 public:
  // New memory for work on `stream`; none is asked for where `bytes` is 0. Throws Error.
  static std::unique_ptr<Allocation> create(Device& device, size_t bytes, CUstream stream);

  // Another's memory, which `stream` orders. What is wrong with it is `problem`, in the words of
  // lib/execution/device-tensor.ts; then the answer is null. Throws Error.
  static std::unique_ptr<Allocation> wrap(Device& device, CUdeviceptr pointer, size_t bytes,
                                          CUstream stream, const char*& problem);

  ~Allocation();
  Allocation(const Allocation&) = delete;
  Allocation& operator=(const Allocation&) = delete;

  // Gives memory of ours back, before the destructor would: once what is on its stream now is done.
  // Throws Error; where the driver could not be asked, it will be later.
  void free();

  Device& device() const { return device_; }
  CUdeviceptr pointer() const { return block_.pointer; }
  uint8_t* data() const {
    return reinterpret_cast<uint8_t*>(static_cast<uintptr_t>(block_.pointer));
  }
  size_t bytes() const { return bytes_; }
  CUstream stream() const { return stream_; }

 private:
  Allocation(Device& device, size_t bytes, CUstream stream)
      : device_(device), bytes_(bytes), stream_(stream) {}

  Device& device_;
  const size_t bytes_;
  const CUstream stream_;
  MemoryBlock block_;
  bool owned_ = false;
};

}  // namespace gridmask::cuda
