// SPDX-License-Identifier: MIT

#include "cuda/pinned_memory.h"

namespace gridmask::cuda {

std::unique_ptr<PinnedMemory> PinnedMemory::pin(Device& device, uint8_t* memory, size_t bytes) {
  const Current current(device);
  std::unique_ptr<PinnedMemory> pinned(new PinnedMemory(device, memory, bytes));
  CUDA_CALL(device.driver, cuMemHostRegister, memory, bytes, 0);
  pinned->pinned_ = true;
  device.addPinned(*pinned);
  return pinned;
}

PinnedMemory::~PinnedMemory() {
  if (!pinned_) return;
  device_.removePinned(*this);
  const Driver& driver = device_.driver;
  try {
    const Current current(device_);
    for (const auto& [stream, event] : events_) {
      (void)driver.cuEventSynchronize(event);
      (void)driver.cuEventDestroy(event);
    }
    (void)driver.cuMemHostUnregister(memory_);
  } catch (const Error&) {
    // It stays pinned for as long as the context lives.
  }
}

CUevent PinnedMemory::eventFor(CUstream stream) {
  for (const auto& [on, event] : events_) {
    if (on == stream) return event;
  }
  events_.reserve(events_.size() + 1);
  CUevent event = nullptr;
  CUDA_CALL(device_.driver, cuEventCreate, &event,
            CU_EVENT_DISABLE_TIMING | CU_EVENT_BLOCKING_SYNC);
  events_.emplace_back(stream, event);
  return event;
}

}  // namespace gridmask::cuda
