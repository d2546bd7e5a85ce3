// SPDX-License-Identifier: MIT
//
// What the process holds of each device, shared by all its threads and kept until it ends: no
// static destructor calls CUDA, since the driver may be gone by then.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cuda/driver.h"
#include "cuda/kernel_list.h"
#include "cuda/memory_pool.h"

namespace gridmask::cuda {

class PinnedMemory;
class StagingBuffers;
class Stream;

// A device with its primary context. Other CUDA code in the process uses that too, so pointers mean
// the same to both.
class Device {
 public:
  Device(const Driver& driver, int ordinal, CUdevice device, size_t totalMemory);
  ~Device();

  const Driver& driver;
  const int ordinal;

  // Retains the context and loads the kernels, if that has not been done. If it throws Error, it
  // holds nothing, and the next call tries again.
  void prepare();

  CUcontext context() const { return context_; }

  // All functions below need the context to be current, and throw Error.

  // Only the caller who needs the first kernel of a later image waits until the driver has
  // translated it.
  CUfunction function(Kernel kernel);

  // Memory for what is put on `stream` from now on. If there is none left, what is only kept for
  // reuse is freed first.
  MemoryBlock allocate(size_t bytes, CUstream stream);
  // What is on `stream` now may still use it.
  void free(const MemoryBlock& block, CUstream stream) { memory_.free(block, stream); }
  // The same without the context. False, and nothing is freed, if the driver needs it for that.
  bool freeWithoutContext(const MemoryBlock& block, CUstream stream) {
    return memory_.freeWithoutContext(block, stream);
  }
  // If the context could not be made current: frees at the next opportunity.
  void freeLater(const MemoryBlock& block, CUstream stream) noexcept;

  // The same for memory that is kept for good, on the device and on the host.
  CUdeviceptr allocateForGood(size_t bytes);
  uint8_t* allocatePinned(size_t bytes);

  // An event to wait for, without timing; waiting threads sleep. Giving it back needs no context,
  // since it is kept.
  CUevent takeEvent();
  void giveEvent(CUevent event) noexcept;

  // What an operation or a thread needs for itself; kept for the next one.
  std::unique_ptr<Stream> takeStream();
  void giveStream(std::unique_ptr<Stream> stream) noexcept;
  std::unique_ptr<StagingBuffers> takeStaging();
  void giveStaging(std::unique_ptr<StagingBuffers> buffers) noexcept;

  // Host memory that was pinned for somebody.
  void addPinned(PinnedMemory& memory);
  void removePinned(const PinnedMemory& memory) noexcept;
  // If the whole of this host memory is pinned, calls `copy()`, which puts a copy from or to it on
  // `stream`; the memory stays pinned until the copy is done. Whether it is pinned.
  template <typename Copy>
  bool copyPinned(const uint8_t* data, size_t bytes, CUstream stream, const Copy& copy) {
    const std::lock_guard<std::mutex> lock(mutex_);
    PinnedMemory* const memory = pinnedAt(data, bytes);
    if (memory == nullptr) return false;
    const CUevent used = eventFor(*memory, stream);
    copy();
    markUsed(used, stream);
    return true;
  }

  // Frees everything that is only kept for reuse.
  void trim() noexcept;

 private:
  friend class Current;
  PinnedMemory* pinnedAt(const uint8_t* data, size_t bytes) const;
  static CUevent eventFor(PinnedMemory& memory, CUstream stream);
  void markUsed(CUevent used, CUstream stream) const;
  void load();
  void loadImage(size_t number);
  void freeWhatWaits() noexcept;

  std::mutex mutex_;
  std::atomic<bool> prepared_{false};
  const CUdevice device_;
  CUcontext context_ = nullptr;
  MemoryPool memory_;
  std::array<CUfunction, kKernels> functions_{};
  // Not std::call_once(), which needs a newer C library than Node does. The first image is loaded
  // with the context.
  std::array<std::mutex, kImages> loading_;
  std::array<std::atomic<bool>, kImages> loaded_{};
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::unique_ptr<StagingBuffers>> staging_;
  std::vector<CUevent> events_;
  std::vector<PinnedMemory*> pinned_;
  std::vector<std::pair<MemoryBlock, CUstream>> waiting_;
  std::atomic<bool> isWaiting_{false};
};

// Keeps a context the thread's current one while this lives. Does not push it if it already is, and
// does not ask the driver within another one's life.
class PushedContext {
 public:
  // Throws Error.
  PushedContext(const Driver& driver, CUcontext context);
  ~PushedContext();
  PushedContext(const PushedContext&) = delete;
  PushedContext& operator=(const PushedContext&) = delete;

 private:
  const Driver& driver_;
  const CUcontext outer_;
  CUcontext pushed_ = nullptr;
};

// The same for a device, which it prepares.
class Current {
 public:
  // Throws Error.
  explicit Current(Device& device);

 private:
  const PushedContext pushed_;
};

// A device as found, before anything is done with it.
struct DeviceDescription {
  Device* device;
  std::string name;
  int major;
  int minor;
  int multiprocessors;
  size_t totalMemory;
};

// What opening a driver found. `reason` is empty, or says why there is no CUDA, in the words of
// lib/backend/cuda.ts. `detail` is the message, function or error that shows it.
struct Opened {
  const char* reason = "";
  std::string detail;
  int version = 0;  // of CUDA that the driver supports: 1000 · major + 10 · minor
  std::vector<DeviceDescription> devices;
};

// The driver library at `path`, or the system's if that is empty. Loaded once; a failure is tried
// again.
Opened openDriver(const std::string& path);

}  // namespace gridmask::cuda
