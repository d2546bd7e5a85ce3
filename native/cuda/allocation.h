// SPDX-License-Identifier: MIT
//
// Memory on a device: ours, or another's that was handed to us.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "cuda/context.h"

namespace gridmask::cuda {

// Operations on one allocation happen one after another, in the order in which they were asked for.
class Turns {
 public:
  uint64_t take();
  void wait(uint64_t turn);
  void leave(uint64_t turn);

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  std::set<uint64_t> taken_;
  uint64_t next_ = 0;
};

class Allocation {
 public:
  // New memory; none is asked for where `bytes` is 0. Throws Error.
  static std::shared_ptr<Allocation> create(Device& device, size_t bytes);

  // Another's memory, which `stream` orders. What is wrong with it is `problem`, in the words of
  // lib/device-tensor.ts; then the answer is null. Throws Error.
  static std::shared_ptr<Allocation> wrap(Device& device, CUdeviceptr pointer, size_t bytes,
                                          CUstream stream, const char*& problem);

  ~Allocation();
  Allocation(const Allocation&) = delete;
  Allocation& operator=(const Allocation&) = delete;

  // Gives memory of ours back, before the destructor would. Throws Error.
  void free();

  Device& device() const { return device_; }
  CUdeviceptr pointer() const { return pointer_; }
  uint8_t* data() const { return reinterpret_cast<uint8_t*>(static_cast<uintptr_t>(pointer_)); }
  size_t bytes() const { return bytes_; }
  // The stream that orders the work of others on it; for ours there is no such work.
  std::optional<CUstream> stream() const { return stream_; }

  Turns turns;

 private:
  Allocation(Device& device, size_t bytes) : device_(device), bytes_(bytes) {}

  Device& device_;
  CUdeviceptr pointer_ = 0;
  const size_t bytes_;
  std::optional<CUstream> stream_;
  bool owned_ = false;
};

// An operation's turn on an allocation, taken when the operation is asked for.
class Turn {
 public:
  explicit Turn(std::shared_ptr<Allocation> allocation)
      : allocation_(std::move(allocation)), turn_(allocation_->turns.take()) {}
  ~Turn() {
    if (allocation_) allocation_->turns.leave(turn_);
  }
  Turn(Turn&& other) noexcept = default;
  Turn& operator=(Turn&&) = delete;

  void wait() const { allocation_->turns.wait(turn_); }
  Allocation& allocation() const { return *allocation_; }

 private:
  std::shared_ptr<Allocation> allocation_;
  uint64_t turn_;
};

}  // namespace gridmask::cuda
