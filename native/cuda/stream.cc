// SPDX-License-Identifier: MIT

#include "cuda/stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "cuda/context.h"

namespace gridmask::cuda {
namespace {

// Launches on our stream share a block, so that it is marked and asked about once for many of them.
// A stream of others' may be gone by then: there, each launch has a block of its own.
constexpr size_t kShared = size_t{128} << 10;
// This many blocks can be in use before their thread waits.
constexpr size_t kMostBlocks = 64;
// A larger block is not kept for small constants: a batch of a million samples comes once.
constexpr size_t kMostKept = size_t{1} << 20;
// Blocks grow in steps, so that batches of slightly different sizes do not allocate each time.
constexpr size_t kStep = size_t{16} << 10;
// Constants begin at a multiple of this, like device memory.
constexpr size_t kAlignment = 256;

size_t rounded(size_t bytes, size_t step) { return (bytes + step - 1) / step * step; }

}  // namespace

Stream::Stream(Device& device) : device_(device), driver_(device.driver) {}

Stream::~Stream() {
  closeNewest();
  for (ConstantBlock& block : blocks_) release(block);
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

void Stream::finish(CUstream stream) noexcept { (void)driver_.cuStreamSynchronize(stream); }

void Stream::start(CUstream on) {
  const size_t bytes = launch_.constants.size();
  if (bytes == 0) {
    launchKernel(device_, launch_, on);
    return;
  }
  ConstantBlock& block = blockFor(bytes, on);
  const size_t at = block.filled;
  block.filled = std::min(block.bytes, at + rounded(bytes, kAlignment));
  const CUdeviceptr onDevice = block.onDevice + at;
  launch_.params.constants = reinterpret_cast<const uint8_t*>(static_cast<uintptr_t>(onDevice));
  std::memcpy(block.pinned + at, launch_.constants.data(), bytes);
  try {
    CUDA_CALL(driver_, cuMemcpyHtoDAsync, onDevice, block.pinned + at, bytes, on);
    launchKernel(device_, launch_, on);
  } catch (const Error&) {
    if (!isOpen_) close(block, on);
    throw;
  }
  if (!isOpen_) close(block, on);
}

// Has room for so many bytes more. If it is to stay open for further launches, that is noted.
ConstantBlock& Stream::blockFor(size_t bytes, CUstream on) {
  const bool isOwn = stream_ != nullptr && on == stream_;
  if (isOpen_ && isOwn && newest().bytes - newest().filled >= bytes) return newest();
  closeNewest();
  // The only one was used just now.
  if (blocks_.size() < 2 || (!isFree(blocks_[oldest_]) && blocks_.size() < kMostBlocks)) {
    blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(oldest_), ConstantBlock{});
  }
  ConstantBlock& block = blocks_[oldest_];
  if (block.recorded) {
    CUDA_CALL(driver_, cuEventSynchronize, block.unused);
    block.recorded = false;
  }
  block.filled = 0;
  reserve(block, isOwn ? std::max(bytes, kShared) : bytes);
  oldest_ = (oldest_ + 1) % blocks_.size();
  isOpen_ = isOwn;
  return block;
}

bool Stream::isFree(ConstantBlock& block) {
  if (!block.recorded) return true;
  const CUresult result = driver_.cuEventQuery(block.unused);
  if (result == CUDA_ERROR_NOT_READY) return false;
  check(result, "cuEventQuery");
  block.recorded = false;
  return true;
}

// What has been put on `stream` so far may use the block.
void Stream::close(ConstantBlock& block, CUstream stream) noexcept {
  block.recorded = driver_.cuEventRecord(block.unused, stream) == CUDA_SUCCESS;
  if (block.recorded || driver_.cuStreamSynchronize(stream) == CUDA_SUCCESS) return;
  // What may still be read or written is left alone for good.
  block.pinned = nullptr;
  block.onDevice = 0;
  block.bytes = 0;
}

void Stream::closeNewest() noexcept {
  if (std::exchange(isOpen_, false)) close(newest(), stream_);
}

void Stream::trim() noexcept {
  // An event would not be reached at once.
  if (isOpen_ && driver_.cuStreamQuery(stream_) == CUDA_SUCCESS) isOpen_ = false;
  closeNewest();
  for (ConstantBlock& block : blocks_) {
    if (!block.recorded || driver_.cuEventQuery(block.unused) == CUDA_SUCCESS) release(block);
  }
}

void Stream::reserve(ConstantBlock& block, size_t bytes) {
  if (block.unused == nullptr) {
    CUevent event = nullptr;
    CUDA_CALL(driver_, cuEventCreate, &event, CU_EVENT_DISABLE_TIMING);
    block.unused = event;
  }
  const bool oversize = block.bytes > kMostKept && bytes <= kMostKept;
  if (block.bytes >= bytes && !oversize) return;
  block.bytes = 0;
  void* const oldPinned = std::exchange(block.pinned, nullptr);
  if (oldPinned != nullptr) CUDA_CALL(driver_, cuMemFreeHost, oldPinned);
  const CUdeviceptr oldOnDevice = std::exchange(block.onDevice, 0);
  if (oldOnDevice != 0) CUDA_CALL(driver_, cuMemFree, oldOnDevice);
  const size_t all = rounded(bytes, kStep);
  block.pinned = device_.allocatePinned(all);
  block.onDevice = device_.allocateForGood(all);
  block.bytes = all;
}

void Stream::release(ConstantBlock& block) noexcept {
  const bool unused = !block.recorded || driver_.cuEventSynchronize(block.unused) == CUDA_SUCCESS;
  if (unused && block.pinned != nullptr) (void)driver_.cuMemFreeHost(block.pinned);
  if (unused && block.onDevice != 0) (void)driver_.cuMemFree(block.onDevice);
  if (block.unused != nullptr) (void)driver_.cuEventDestroy(block.unused);
  block = ConstantBlock{};
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
