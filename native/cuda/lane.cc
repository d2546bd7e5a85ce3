// SPDX-License-Identifier: MIT

#include "cuda/lane.h"

#include <algorithm>
#include <utility>

namespace gridmask::cuda {
namespace {

// Room is made in steps, so that batches of slightly different sizes do not allocate each time.
constexpr size_t kStep = size_t{64} << 10;

}  // namespace

// The stream first: what is still on it may use the memory.
Slot::~Slot() {
  if (stream_ != nullptr) (void)CUDA_RELEASE(driver_, cuStreamDestroy, stream_);
  if (onDevice_ != 0) (void)CUDA_RELEASE(driver_, cuMemFree, onDevice_);
  if (pinned_ != nullptr) (void)CUDA_RELEASE(driver_, cuMemFreeHost, pinned_);
}

void Slot::reserve(size_t bytes, bool onDevice) {
  if (stream_ == nullptr) {
    CUstream stream = nullptr;
    CUDA_CALL(driver_, cuStreamCreate, &stream, CU_STREAM_NON_BLOCKING);
    stream_ = stream;
  }
  const size_t rounded = (std::max<size_t>(bytes, 1) + kStep - 1) / kStep * kStep;
  if (pinnedBytes_ < bytes) {
    pinnedBytes_ = 0;
    void* old = std::exchange(pinned_, nullptr);
    if (old != nullptr) check(CUDA_RELEASE(driver_, cuMemFreeHost, old), "cuMemFreeHost");
    void* pinned = nullptr;
    CUDA_CALL(driver_, cuMemHostAlloc, &pinned, rounded, 0);
    pinned_ = pinned;
    pinnedBytes_ = rounded;
  }
  if (onDevice && deviceBytes_ < bytes) {
    deviceBytes_ = 0;
    const CUdeviceptr old = std::exchange(onDevice_, 0);
    if (old != 0) check(CUDA_RELEASE(driver_, cuMemFree, old), "cuMemFree");
    onDevice_ = device_.allocate(rounded);
    deviceBytes_ = rounded;
  }
}

void Slot::wait() {
  if (!used_) return;
  CUDA_CALL(driver_, cuStreamSynchronize, *used_);
  used_.reset();
}

bool Slot::drain() {
  if (used_ && CUDA_RELEASE(driver_, cuStreamSynchronize, *used_) != CUDA_SUCCESS) return false;
  used_.reset();
  return true;
}

Lane::~Lane() {
  if (event_ != nullptr) (void)CUDA_RELEASE(driver_, cuEventDestroy, event_);
}

void Lane::order(CUstream stream, CUstream earlier) {
  if (event_ == nullptr) {
    CUevent event = nullptr;
    CUDA_CALL(driver_, cuEventCreate, &event, CU_EVENT_DISABLE_TIMING);
    event_ = event;
  }
  CUDA_CALL(driver_, cuEventRecord, event_, earlier);
  CUDA_CALL(driver_, cuStreamWaitEvent, stream, event_, 0);
}

bool Lane::drain() {
  bool idle = true;
  for (Slot& slot : slots_) idle = slot.drain() && idle;
  return idle;
}

Work::~Work() {
  if (done_ || lane_->drain()) device_.giveLane(std::move(lane_));
  // Else the lane goes, while the context is still current.
  lane_.reset();
}

}  // namespace gridmask::cuda
