// SPDX-License-Identifier: MIT
//
// What the process holds of each device, shared by all its threads and kept until it ends: nothing
// of CUDA is called from a static destructor, when the driver may be gone already.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cuda/driver.h"
#include "cuda/kernel_list.h"

namespace gridmask::cuda {

class Lane;

// A device with its primary context, the one that other CUDA code in the process uses too: so that
// pointers mean the same to both.
class Device {
 public:
  Device(const Driver& driver, int ordinal, CUdevice device);
  ~Device();

  const Driver& driver;
  const int ordinal;

  // Retains the context and loads the kernels where that has not been done. Throws Error, and then
  // holds nothing; the next call tries again.
  void prepare();

  CUcontext context() const { return context_; }
  CUfunction function(Kernel kernel);

  // The lanes: what an operation needs for itself, kept for the next one.
  std::unique_ptr<Lane> takeLane();
  void giveLane(std::unique_ptr<Lane> lane);

  // Memory of the device, whose context is current. Where there is no more, what idle lanes hold is
  // given back first. Throws Error.
  CUdeviceptr allocate(size_t bytes);

 private:
  std::mutex mutex_;
  CUdevice device_;
  CUcontext context_ = nullptr;
  CUmodule module_ = nullptr;
  CUmodule noiseModule_ = nullptr;
  CUfunction functions_[kKernels] = {};
  std::vector<std::unique_ptr<Lane>> lanes_;
};

// The context of a prepared device is this thread's current one while this lives.
class Current {
 public:
  explicit Current(Device& device);
  ~Current();
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

 private:
  const Driver& driver_;
};

// A device as found, before anything was done with it.
struct DeviceDescription {
  Device* device;
  std::string name;
  int major;
  int minor;
  int multiprocessors;
  size_t totalMemory;
};

// What opening a driver found: `reason` is empty, or why there is no CUDA, in the words of
// lib/cuda.ts. `detail` is the library's message, function or error that shows it.
struct Opened {
  const char* reason = "";
  std::string detail;
  int version = 0;  // of CUDA that the driver supports: 1000 · major + 10 · minor
  std::vector<DeviceDescription> devices;
};

// The driver library at `path`, or where it is empty the system's. Loaded once; what failed is
// tried again.
Opened openDriver(const std::string& path);

}  // namespace gridmask::cuda
