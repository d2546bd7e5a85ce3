// SPDX-License-Identifier: MIT
//
// Memory on a device: ours, or another's that was passed to us. Its stream orders the work on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "cuda/context.h"

namespace gridmask::cuda {

// What the driver knows about an address: nothing if the type is 0.
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

// Queried all at once: then an unknown address is an answer, not an error that a tool such as
// compute-sanitizer would report. Throws Error.
PointerInfo pointerInfo(const Driver& driver, CUdeviceptr pointer);

class Allocation {
 public:
  // New memory for work on `stream`; allocates none if `bytes` is 0. Throws Error.
  static std::unique_ptr<Allocation> create(Device& device, size_t bytes, CUstream stream);

  // Another's memory, ordered by `stream`. Null if something is wrong with it: `problem` says what,
  // in the words of lib/execution/device-tensor.ts. Throws Error.
  static std::unique_ptr<Allocation> wrap(Device& device, CUdeviceptr pointer, size_t bytes,
                                          CUstream stream, const char*& problem);

  ~Allocation();
  Allocation(const Allocation&) = delete;
  Allocation& operator=(const Allocation&) = delete;

  // Frees memory of ours before the destructor would: once what is on its stream now is done.
  // Throws Error; if the driver could not be asked, the memory is freed later.
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
