// SPDX-License-Identifier: MIT

#include "cuda/context.h"

#include <algorithm>
#include <exception>
#include <map>

#include "cuda/fatbin.h"
#include "cuda/pinned_memory.h"
#include "cuda/process_end.h"
#include "cuda/staging.h"
#include "cuda/stream.h"

namespace gridmask::cuda {
namespace {

// Kept while nobody uses them: 8 MiB of pinned memory each, for as many threads as move host memory
// at once.
constexpr size_t kIdleStaging = 32;

// The one that a PushedContext of this thread keeps current: nobody else's code runs meanwhile.
thread_local CUcontext keptCurrent = nullptr;

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
  // Whether CUDA can be used.
  static bool find(const std::string& path, Opened& result);
  static const char* reasonOf(CUresult error);

  std::mutex mutex_;
  std::map<std::string, Opened> opened_;
};

// Never destroyed, like everything that may call the driver.
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
    finishBeforeProcessEnds();
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
      devices[i].device = new Device(*driver, static_cast<int>(i), device, devices[i].totalMemory);
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

Device::Device(const Driver& loaded, int place, CUdevice device, size_t totalMemory)
    : driver(loaded), ordinal(place), device_(device), memory_(loaded, device, totalMemory) {}

Device::~Device() = default;

void Device::prepare() {
  if (prepared_.load(std::memory_order_acquire)) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (context_ != nullptr) return;
  CUcontext context = nullptr;
  CUDA_CALL(driver, cuDevicePrimaryCtxRetain, &context, device_);
  try {
    const PushedContext pushed(driver, context);
    load();
  } catch (const Error&) {
    (void)driver.cuDevicePrimaryCtxRelease(device_);
    throw;
  }
  context_ = context;
  prepared_.store(true, std::memory_order_release);
}

void Device::load() {
  loadImage(0);
  memory_.open();
}

void Device::loadImage(size_t number) {
  CUmodule module = nullptr;
  CUDA_CALL(driver, cuModuleLoadData, &module, cudaImage(number));
  try {
    for (size_t i = 0; i < kKernels; ++i) {
      if (imageOf(static_cast<Kernel>(i)) != number) continue;
      CUDA_CALL(driver, cuModuleGetFunction, &functions_[i], module, kKernelNames[i]);
    }
  } catch (const Error&) {
    (void)driver.cuModuleUnload(module);
    throw;
  }
}

CUfunction Device::function(Kernel kernel) {
  const size_t image = imageOf(kernel);
  if (image != 0 && !loaded_[image].load(std::memory_order_acquire)) {
    const std::lock_guard<std::mutex> lock(loading_[image]);
    if (!loaded_[image].load(std::memory_order_relaxed)) {
      loadImage(image);
      loaded_[image].store(true, std::memory_order_release);
    }
  }
  return functions_[static_cast<size_t>(kernel)];
}

MemoryBlock Device::allocate(size_t bytes, CUstream stream) {
  try {
    return memory_.allocate(bytes, stream);
  } catch (const Error& error) {
    if (error.code != CUDA_ERROR_OUT_OF_MEMORY) throw;
  }
  // What has been freed on the stream is free only once the stream gets there.
  CUDA_CALL(driver, cuStreamSynchronize, stream);
  trim();
  return memory_.allocate(bytes, stream);
}

void Device::freeLater(const MemoryBlock& block, CUstream stream) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting_.emplace_back(block, stream);
    isWaiting_.store(true, std::memory_order_relaxed);
  } catch (const std::exception&) {
    // Lost: the host has no memory to remember it.
  }
}

void Device::freeWhatWaits() noexcept {
  std::vector<std::pair<MemoryBlock, CUstream>> waiting;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    waiting.swap(waiting_);
    isWaiting_.store(false, std::memory_order_relaxed);
  }
  for (const auto& [block, stream] : waiting) {
    try {
      memory_.free(block, stream);
    } catch (const std::exception&) {
    } catch (const Error&) {
      // Nobody is there to tell.
    }
  }
}

CUdeviceptr Device::allocateForGood(size_t bytes) {
  CUdeviceptr pointer = 0;
  CUresult result = driver.cuMemAlloc(&pointer, bytes);
  if (result == CUDA_ERROR_OUT_OF_MEMORY) {
    trim();
    result = driver.cuMemAlloc(&pointer, bytes);
  }
  check(result, "cuMemAlloc");
  return pointer;
}

uint8_t* Device::allocatePinned(size_t bytes) {
  void* pointer = nullptr;
  CUresult result = driver.cuMemHostAlloc(&pointer, bytes, 0);
  if (result == CUDA_ERROR_OUT_OF_MEMORY) {
    trim();
    result = driver.cuMemHostAlloc(&pointer, bytes, 0);
  }
  check(result, "cuMemHostAlloc");
  return static_cast<uint8_t*>(pointer);
}

CUevent Device::takeEvent() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!events_.empty()) {
      const CUevent event = events_.back();
      events_.pop_back();
      return event;
    }
  }
  CUevent event = nullptr;
  CUDA_CALL(driver, cuEventCreate, &event, CU_EVENT_DISABLE_TIMING | CU_EVENT_BLOCKING_SYNC);
  return event;
}

void Device::giveEvent(CUevent event) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    events_.push_back(event);
  } catch (const std::exception&) {
    // Lost: the host has no memory to remember it.
  }
}

std::unique_ptr<Stream> Device::takeStream() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (streams_.empty()) return std::make_unique<Stream>(*this);
  std::unique_ptr<Stream> stream = std::move(streams_.back());
  streams_.pop_back();
  return stream;
}

// All are kept, as many as there were threads at once: memory of a tensor whose thread has ended
// may be freed on its stream later.
void Device::giveStream(std::unique_ptr<Stream> stream) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    streams_.reserve(streams_.size() + 1);
    streams_.push_back(std::move(stream));
  } catch (const std::exception&) {
    (void)stream.release();
  }
}

std::unique_ptr<StagingBuffers> Device::takeStaging() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (staging_.empty()) return std::make_unique<StagingBuffers>(*this);
  std::unique_ptr<StagingBuffers> buffers = std::move(staging_.back());
  staging_.pop_back();
  buffers->restart();
  return buffers;
}

void Device::giveStaging(std::unique_ptr<StagingBuffers> buffers) noexcept {
  try {
    const std::lock_guard<std::mutex> lock(mutex_);
    staging_.reserve(kIdleStaging);
    if (staging_.size() < kIdleStaging) staging_.push_back(std::move(buffers));
  } catch (const std::exception&) {
    // They are destroyed: the host has no memory to remember them.
  }
}

void Device::addPinned(PinnedMemory& memory) {
  const std::lock_guard<std::mutex> lock(mutex_);
  pinned_.push_back(&memory);
}

void Device::removePinned(const PinnedMemory& memory) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  pinned_.erase(std::remove(pinned_.begin(), pinned_.end(), &memory), pinned_.end());
}

PinnedMemory* Device::pinnedAt(const uint8_t* data, size_t bytes) const {
  for (PinnedMemory* memory : pinned_) {
    const uint8_t* const begin = memory->data();
    if (data >= begin && data < begin + memory->bytes() &&
        bytes <= memory->bytes() - static_cast<size_t>(data - begin)) {
      return memory;
    }
  }
  return nullptr;
}

CUevent Device::eventFor(PinnedMemory& memory, CUstream stream) { return memory.eventFor(stream); }

// If it cannot be marked, it is not used any more.
void Device::markUsed(CUevent used, CUstream stream) const {
  if (driver.cuEventRecord(used, stream) == CUDA_SUCCESS) return;
  CUDA_CALL(driver, cuStreamSynchronize, stream);
}

void Device::trim() noexcept {
  std::vector<std::unique_ptr<StagingBuffers>> staging;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    staging.swap(staging_);
    for (auto& stream : streams_) stream->trim();
  }
  staging.clear();
  memory_.trim();
}

PushedContext::PushedContext(const Driver& driver, CUcontext context)
    : driver_(driver), outer_(keptCurrent) {
  if (context == outer_) return;
  CUcontext now = nullptr;
  CUDA_CALL(driver, cuCtxGetCurrent, &now);
  if (now != context) {
    CUDA_CALL(driver, cuCtxPushCurrent, context);
    pushed_ = context;
  }
  keptCurrent = context;
}

PushedContext::~PushedContext() {
  keptCurrent = outer_;
  if (pushed_ == nullptr) return;
  CUcontext context = nullptr;
  if (driver_.cuCtxPopCurrent(&context) == CUDA_SUCCESS) return;
  // The error may be one of earlier work. The context has been popped unless it is still current,
  // since it was not before it was pushed: popping once more would pop somebody else's.
  context = nullptr;
  if (driver_.cuCtxGetCurrent(&context) == CUDA_SUCCESS && context == pushed_) {
    (void)driver_.cuCtxPopCurrent(&context);
  }
}

Current::Current(Device& device) : pushed_(device.driver, (device.prepare(), device.context())) {
  if (device.isWaiting_.load(std::memory_order_relaxed)) device.freeWhatWaits();
}

}  // namespace gridmask::cuda
