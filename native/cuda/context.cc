// SPDX-License-Identifier: MIT

#include "cuda/context.h"

#include <map>
#include <utility>

#include "cuda/fatbin.h"
#include "cuda/lane.h"

namespace gridmask::cuda {
namespace {

// Lanes kept while nobody uses them. More are made when more threads work at a time.
constexpr size_t kIdleLanes = 4;

class Registry {
 public:
  Opened open(const std::string& path) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto known = opened_.find(path);
    if (known != opened_.end()) return known->second;
    Opened result;
    if (find(path, result)) opened_.emplace(path, result);
    return result;
  }

 private:
  // Whether there is CUDA to be used.
  static bool find(const std::string& path, Opened& result);
  static const char* reasonOf(CUresult error);

  std::mutex mutex_;
  std::map<std::string, Opened> opened_;
};

// Never destroyed, as nothing is that may call the driver.
Registry& registry() {
  static Registry* instance = new Registry;
  return *instance;
}

bool Registry::find(const std::string& path, Opened& result) {
  if (gridmask_cuda_image_bytes == 0) {
    result.reason = "no-kernels";
    return false;
  }
  std::string missing;
  const Driver* driver = Driver::load(path, result.detail, missing);
  if (driver == nullptr) {
    result.reason = missing.empty() ? "no-driver" : "driver-too-old";
    if (!missing.empty()) result.detail = missing;
    return false;
  }
  try {
    CUDA_CALL(*driver, cuDriverGetVersion, &result.version);
    CUDA_CALL(*driver, cuInit, 0);
    int count = 0;
    CUDA_CALL(*driver, cuDeviceGetCount, &count);
    if (count <= 0) throw Error{CUDA_ERROR_NO_DEVICE, "cuDeviceGetCount"};
    std::vector<DeviceDescription> devices;
    for (int ordinal = 0; ordinal < count; ++ordinal) {
      CUdevice device = 0;
      char name[256] = {};
      DeviceDescription found{};
      CUDA_CALL(*driver, cuDeviceGet, &device, ordinal);
      CUDA_CALL(*driver, cuDeviceGetName, name, static_cast<int>(sizeof name) - 1, device);
      CUDA_CALL(*driver, cuDeviceTotalMem, &found.totalMemory, device);
      CUDA_CALL(*driver, cuDeviceGetAttribute, &found.major,
                CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, device);
      CUDA_CALL(*driver, cuDeviceGetAttribute, &found.minor,
                CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, device);
      CUDA_CALL(*driver, cuDeviceGetAttribute, &found.multiprocessors,
                CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device);
      found.name = name;
      devices.push_back(found);
    }
    for (size_t i = 0; i < devices.size(); ++i) {
      CUdevice device = 0;
      CUDA_CALL(*driver, cuDeviceGet, &device, static_cast<int>(i));
      devices[i].device = new Device(*driver, static_cast<int>(i), device);
    }
    result.devices = std::move(devices);
  } catch (const Error& error) {
    result.reason = reasonOf(error.code);
    result.detail = std::string(error.call) + ": " + driver->nameOf(error.code);
    return false;
  }
  return true;
}

const char* Registry::reasonOf(CUresult error) {
  switch (error) {
    case CUDA_ERROR_NO_DEVICE:
      return "no-device";
    case CUDA_ERROR_STUB_LIBRARY:
      return "no-driver";
    case CUDA_ERROR_SYSTEM_DRIVER_MISMATCH:
    case CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE:
      return "driver-mismatch";
    default:
      return "driver-error";
  }
}

}  // namespace

Opened openDriver(const std::string& path) { return registry().open(path); }

Device::Device(const Driver& loaded, int place, CUdevice device)
    : driver(loaded), ordinal(place), device_(device) {}

Device::~Device() = default;

void Device::prepare() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (context_ != nullptr) return;
  CUcontext context = nullptr;
  CUDA_CALL(driver, cuDevicePrimaryCtxRetain, &context, device_);
  try {
    CUDA_CALL(driver, cuCtxPushCurrent, context);
    CUcontext popped = nullptr;
    CUmodule module = nullptr;
    try {
      CUDA_CALL(driver, cuModuleLoadData, &module, gridmask_cuda_image);
    } catch (const Error&) {
      (void)CUDA_RELEASE(driver, cuCtxPopCurrent, &popped);
      throw;
    }
    (void)CUDA_RELEASE(driver, cuCtxPopCurrent, &popped);
    module_ = module;
  } catch (const Error&) {
    (void)CUDA_RELEASE(driver, cuDevicePrimaryCtxRelease, device_);
    throw;
  }
  context_ = context;
}

CUfunction Device::function(Kernel kernel) {
  const std::lock_guard<std::mutex> lock(mutex_);
  CUfunction& function = functions_[static_cast<size_t>(kernel)];
  if (function != nullptr) return function;
  if (isNoise(kernel) && noiseModule_ == nullptr) {
    CUDA_CALL(driver, cuModuleLoadData, &noiseModule_, noiseImage());
  }
  CUfunction found = nullptr;
  CUDA_CALL(driver, cuModuleGetFunction, &found, isNoise(kernel) ? noiseModule_ : module_,
            kKernelNames[static_cast<size_t>(kernel)]);
  return function = found;
}

std::unique_ptr<Lane> Device::takeLane() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (lanes_.empty()) return std::make_unique<Lane>(*this);
  std::unique_ptr<Lane> lane = std::move(lanes_.back());
  lanes_.pop_back();
  return lane;
}

void Device::giveLane(std::unique_ptr<Lane> lane) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (lanes_.size() < kIdleLanes) lanes_.push_back(std::move(lane));
}

CUdeviceptr Device::allocate(size_t bytes) {
  CUdeviceptr pointer = 0;
  CUresult result = driver.cuMemAlloc(&pointer, bytes);
  if (result == CUDA_ERROR_OUT_OF_MEMORY) {
    std::vector<std::unique_ptr<Lane>> idle;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      idle.swap(lanes_);
    }
    if (!idle.empty()) {
      idle.clear();
      result = driver.cuMemAlloc(&pointer, bytes);
    }
  }
  check(result, "cuMemAlloc");
  return pointer;
}

Current::Current(Device& device) : driver_(device.driver) {
  device.prepare();
  CUDA_CALL(driver_, cuCtxPushCurrent, device.context());
}

Current::~Current() {
  CUcontext popped = nullptr;
  (void)CUDA_RELEASE(driver_, cuCtxPopCurrent, &popped);
}

}  // namespace gridmask::cuda
