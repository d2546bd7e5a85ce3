// SPDX-License-Identifier: MIT
//
// A stream of ours, with what launches need beside it. One thread uses it at a time: each
// JavaScript thread has one for each device, and an operation that runs elsewhere takes one for
// itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "cuda/driver.h"
#include "cuda/launch.h"

namespace gridmask::cuda {

class Device;

// Host memory that the device reads and device memory behind it, for the constants of one launch at
// a time: where they are too many to travel with it.
struct ConstantBuffer {
  uint8_t* pinned = nullptr;
  CUdeviceptr onDevice = 0;
  size_t bytes = 0;
  CUevent unused = nullptr;  // once it is reached, where `used` is set
  bool used = false;
};

// All functions want the device's context to be current, and throw Error.
class Stream {
 public:
  explicit Stream(Device& device);
  // Waits until its buffers are out of use. What the driver refuses to say of, or to take, is lost.
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Device& device() const { return device_; }

  // Made when it is first asked for.
  CUstream handle();

  // What is put on `later` from now on begins after all that is on `earlier` now.
  void order(CUstream later, CUstream earlier);

  // The same for any number of streams, of other threads too, until mark() is called again:
  // cuStreamWaitEvent(later, mark(earlier)).
  CUevent mark(CUstream earlier);

  // For prepareMask() and prepareMix(), so that each need not make its own.
  Launch& launch() { return launch_; }

  // Puts that launch on `on`, behind an upload of its constants where they do not travel with it:
  // through buffers of which there are many, so that it waits only where very many are in use.
  void start(CUstream on);

  // Gives back what nobody uses.
  void trim() noexcept;

 private:
  ConstantBuffer& takeConstants(size_t bytes);
  void giveConstants(ConstantBuffer& buffer, CUstream stream) noexcept;
  void reserve(ConstantBuffer& buffer, size_t bytes);
  void release(ConstantBuffer& buffer) noexcept;

  Device& device_;
  const Driver& driver_;
  CUstream stream_ = nullptr;
  CUevent mark_ = nullptr;
  Launch launch_;
  std::vector<ConstantBuffer> constants_;  // a ring, in which
  size_t oldest_ = 0;                      // has been in use for the longest time
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

// Puts a kernel on a stream; its constants are where it says.
void launchKernel(Device& device, Launch& launch, CUstream stream);

}  // namespace gridmask::cuda
