// SPDX-License-Identifier: MIT
//
// A stream of ours, and what else launches need. One thread uses it at a time: each JavaScript
// thread has one for each device, and an operation that runs elsewhere takes one for itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "cuda/driver.h"
#include "cuda/launch.h"

namespace gridmask::cuda {

class Device;

// Host memory that the device reads, and device memory to copy it to, for the constants of launches
// that have too many for parameters, one after another.
struct ConstantBlock {
  uint8_t* pinned = nullptr;
  CUdeviceptr onDevice = 0;
  size_t bytes = 0;
  size_t filled = 0;         // with constants of launches that may be in progress
  CUevent unused = nullptr;  // once it is reached, if it was recorded: nobody uses the block
  bool recorded = false;
};

// All functions need the device's context to be current, and throw Error.
class Stream {
 public:
  explicit Stream(Device& device);
  // Waits until its buffers are out of use. If the driver refuses to say or to free, they are lost.
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Device& device() const { return device_; }

  // Made on first use.
  CUstream handle();

  // What is put on `later` from now on begins after all that is on `earlier` now.
  void order(CUstream later, CUstream earlier);

  // As order(), for any number of streams, of other threads too, until mark() is called again:
  // cuStreamWaitEvent(later, mark(earlier)).
  CUevent mark(CUstream earlier);

  // For prepareMask() and prepareMix(), so that they need not make their own.
  Launch& launch() { return launch_; }

  // Puts that launch on `on`, after an upload of its constants if they are not its parameters.
  // There are many blocks for that, so it waits only if very many are in use.
  void start(CUstream on);

  // Frees what nobody uses.
  void trim() noexcept;

 private:
  ConstantBlock& blockFor(size_t bytes, CUstream on);
  ConstantBlock& newest() { return blocks_[(oldest_ + blocks_.size() - 1) % blocks_.size()]; }
  bool isFree(ConstantBlock& block);
  void close(ConstantBlock& block, CUstream stream) noexcept;
  void closeNewest() noexcept;
  void reserve(ConstantBlock& block, size_t bytes);
  void release(ConstantBlock& block) noexcept;

  Device& device_;
  const Driver& driver_;
  CUstream stream_ = nullptr;
  CUevent mark_ = nullptr;
  Launch launch_;
  std::vector<ConstantBlock> blocks_;  // a ring, in which
  size_t oldest_ = 0;                  // has been in use for the longest time
  bool isOpen_ = false;                // the newest takes constants of launches on `stream_`
};

// A stream for an operation that is not a JavaScript thread's own.
class StreamLease {
 public:
  explicit StreamLease(Device& device);
  ~StreamLease();
  StreamLease(const StreamLease&) = delete;
  StreamLease& operator=(const StreamLease&) = delete;

  Stream& stream() const { return *stream_; }

 private:
  Device& device_;
  std::unique_ptr<Stream> stream_;
};

// Puts a kernel on a stream; its constants are already where its parameters say.
void launchKernel(Device& device, Launch& launch, CUstream stream);

}  // namespace gridmask::cuda
