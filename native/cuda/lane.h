// SPDX-License-Identifier: MIT
//
// What one operation needs for itself: streams, each with a piece of pinned host memory and of
// device memory. Operations of several threads each have a lane of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "cuda/context.h"
#include "cuda/driver.h"

namespace gridmask::cuda {

// Pieces under way at a time: one in upload, one in the kernel, one in download, one in the hands
// of the host.
constexpr size_t kSlots = 4;

class Slot {
 public:
  explicit Slot(Device& device) : device_(device), driver_(device.driver) {}
  ~Slot();
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  // Makes room for `bytes` on both sides, where `onDevice` is set, else on the host's. Idle.
  void reserve(size_t bytes, bool onDevice = true);

  CUstream stream() const { return stream_; }
  uint8_t* pinned() const { return static_cast<uint8_t*>(pinned_); }
  uint8_t* onDevice() const {
    return reinterpret_cast<uint8_t*>(static_cast<uintptr_t>(onDevice_));
  }

  // Work was put, or is about to be, on `stream`, which may be another's.
  void use(CUstream stream) { used_ = stream; }
  bool busy() const { return used_.has_value(); }
  // Waits until all is done that was put on the stream.
  void wait();
  // The same after an error. False where the driver refuses: work may still be under way.
  bool drain();

 private:
  Device& device_;
  const Driver& driver_;
  CUstream stream_ = nullptr;
  void* pinned_ = nullptr;
  CUdeviceptr onDevice_ = 0;
  size_t pinnedBytes_ = 0;
  size_t deviceBytes_ = 0;
  std::optional<CUstream> used_;
};

class Lane {
 public:
  explicit Lane(Device& device) : device_(device), driver_(device.driver) {}
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  Slot& slot(size_t i) { return slots_[i]; }

  // What is put on `stream` from now on begins after all that is on `earlier` now.
  void order(CUstream stream, CUstream earlier);

  // After an error: whether nothing is under way any more.
  bool drain();

 private:
  Device& device_;
  const Driver& driver_;
  CUevent event_ = nullptr;
  Slot slots_[kSlots] = {Slot(device_), Slot(device_), Slot(device_), Slot(device_)};
};

// A lane in use by this thread, the device's context current.
class Work {
 public:
  explicit Work(Device& device) : device_(device), current_(device), lane_(device.takeLane()) {}
  // Gives the lane back if all its work is known to be done, else destroys it.
  ~Work();

  Lane& lane() { return *lane_; }
  // Nothing is under way any more.
  void done() { done_ = true; }

 private:
  Device& device_;
  Current current_;
  std::unique_ptr<Lane> lane_;
  bool done_ = false;
};

}  // namespace gridmask::cuda
