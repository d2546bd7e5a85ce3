// SPDX-License-Identifier: MIT

#include "cuda/stream.h"

#include <cstring>
#include <utility>

#include "cuda/context.h"

namespace gridmask::cuda {
namespace {

// This many launches with constants of their own can be in progress before their thread waits.
constexpr size_t kMostBuffers = 64;
// A larger buffer is not kept for small constants: a batch of a million samples comes once.
constexpr size_t kMostKept = size_t{1} << 20;
// Buffers grow in steps, so that batches of slightly different sizes do not allocate each time.
constexpr size_t kStep = size_t{16} << 10;

}  // namespace

Stream::Stream(Device& device) : device_(device), driver_(device.driver) {}

Stream::~Stream() {
  for (ConstantBuffer& buffer : constants_) release(buffer);
  if (mark_ != nullptr) (void)driver_.cuEventDestroy(mark_);
  if (stream_ != nullptr) (void)driver_.cuStreamDestroy(stream_);
}

CUstream Stream::handle() {
  if (stream_ == nullptr) {
    CUstream stream = nullptr;
    CUDA_CALL(driver_, cuStreamCreate, &stream, CU_STREAM_NON_BLOCKING);
    stream_ = stream;
  }
  return stream_;
}

void Stream::order(CUstream later, CUstream earlier) {
  if (later == earlier) return;
  CUDA_CALL(driver_, cuStreamWaitEvent, later, mark(earlier), 0);
}

CUevent Stream::mark(CUstream earlier) {
  if (mark_ == nullptr) {
    CUevent event = nullptr;
    CUDA_CALL(driver_, cuEventCreate, &event, CU_EVENT_DISABLE_TIMING);
    mark_ = event;
  }
  CUDA_CALL(driver_, cuEventRecord, mark_, earlier);
  return mark_;
}

void Stream::start(CUstream on) {
  const size_t bytes = launch_.constants.size();
  if (bytes == 0) {
    launchKernel(device_, launch_, on);
    return;
  }
  ConstantBuffer& buffer = takeConstants(bytes);
  try {
    std::memcpy(buffer.pinned, launch_.constants.data(), bytes);
    launch_.params.constants =
        reinterpret_cast<const uint8_t*>(static_cast<uintptr_t>(buffer.onDevice));
    CUDA_CALL(driver_, cuMemcpyHtoDAsync, buffer.onDevice, buffer.pinned, bytes, on);
    launchKernel(device_, launch_, on);
  } catch (const Error&) {
    giveConstants(buffer, on);
    throw;
  }
  giveConstants(buffer, on);
}

// At least `bytes` on both sides that nobody uses, until they are given back.
ConstantBuffer& Stream::takeConstants(size_t bytes) {
  const auto isFree = [&](ConstantBuffer& buffer) {
    if (!buffer.used) return true;
    const CUresult result = driver_.cuEventQuery(buffer.unused);
    if (result == CUDA_ERROR_NOT_READY) return false;
    check(result, "cuEventQuery");
    buffer.used = false;
    return true;
  };
  if (constants_.empty() || (!isFree(constants_[oldest_]) && constants_.size() < kMostBuffers)) {
    constants_.insert(constants_.begin() + static_cast<std::ptrdiff_t>(oldest_), ConstantBuffer{});
  }
  ConstantBuffer& buffer = constants_[oldest_];
  if (buffer.used) {
    CUDA_CALL(driver_, cuEventSynchronize, buffer.unused);
    buffer.used = false;
  }
  reserve(buffer, bytes);
  oldest_ = (oldest_ + 1) % constants_.size();
  return buffer;
}

// What has been put on `stream` so far may use them.
void Stream::giveConstants(ConstantBuffer& buffer, CUstream stream) noexcept {
  buffer.used = driver_.cuEventRecord(buffer.unused, stream) == CUDA_SUCCESS;
  if (buffer.used || driver_.cuStreamSynchronize(stream) == CUDA_SUCCESS) return;
  // What may still be read or written is left alone for good.
  buffer.pinned = nullptr;
  buffer.onDevice = 0;
  buffer.bytes = 0;
}

void Stream::trim() noexcept {
  for (ConstantBuffer& buffer : constants_) {
    if (!buffer.used || driver_.cuEventQuery(buffer.unused) == CUDA_SUCCESS) release(buffer);
  }
}

void Stream::reserve(ConstantBuffer& buffer, size_t bytes) {
  if (buffer.unused == nullptr) {
    CUevent event = nullptr;
    CUDA_CALL(driver_, cuEventCreate, &event, CU_EVENT_DISABLE_TIMING);
    buffer.unused = event;
  }
  const bool oversize = buffer.bytes > kMostKept && bytes <= kMostKept;
  if (buffer.bytes >= bytes && !oversize) return;
  buffer.bytes = 0;
  void* const oldPinned = std::exchange(buffer.pinned, nullptr);
  if (oldPinned != nullptr) CUDA_CALL(driver_, cuMemFreeHost, oldPinned);
  const CUdeviceptr oldOnDevice = std::exchange(buffer.onDevice, 0);
  if (oldOnDevice != 0) CUDA_CALL(driver_, cuMemFree, oldOnDevice);
  const size_t rounded = (bytes + kStep - 1) / kStep * kStep;
  buffer.pinned = device_.allocatePinned(rounded);
  buffer.onDevice = device_.allocateForGood(rounded);
  buffer.bytes = rounded;
}

void Stream::release(ConstantBuffer& buffer) noexcept {
  const bool unused = !buffer.used || driver_.cuEventSynchronize(buffer.unused) == CUDA_SUCCESS;
  if (unused && buffer.pinned != nullptr) (void)driver_.cuMemFreeHost(buffer.pinned);
  if (unused && buffer.onDevice != 0) (void)driver_.cuMemFree(buffer.onDevice);
  if (buffer.unused != nullptr) (void)driver_.cuEventDestroy(buffer.unused);
  buffer = ConstantBuffer{};
}

StreamLease::StreamLease(Device& device) : device_(device), stream_(device.takeStream()) {}

StreamLease::~StreamLease() { device_.giveStream(std::move(stream_)); }

void launchKernel(Device& device, Launch& launch, CUstream stream) {
  const CUfunction function = device.function(launch.kernel);
  void* parameters[] = {&launch.params};
  CUDA_CALL(device.driver, cuLaunchKernel, function, launch.gridX, launch.gridY, launch.gridZ,
            launch.blockX, launch.blockY, 1, 0, stream, parameters, nullptr);
}

}  // namespace gridmask::cuda
