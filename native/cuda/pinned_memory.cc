// SPDX-License-Identifier: MIT

#include "cuda/pinned_memory.h"

namespace gridmask::cuda {

std::unique_ptr<PinnedMemory> PinnedMemory::pin(Device& device, uint8_t* memory, size_t bytes) {
  const Current current(device);
  std::unique_ptr<PinnedMemory> pinned(new PinnedMemory(device, memory, bytes));
  const CUevent event = device.takeEvent();
  const CUresult result = device.driver.cuMemHostRegister(memory, bytes, 0);
  if (result != CUDA_SUCCESS) {
    device.giveEvent(event);
    throw Error{result, "cuMemHostRegister"};
  }
  pinned->unused_ = event;
  device.addPinned(*pinned);
  return pinned;
}

PinnedMemory::~PinnedMemory() {
  if (unused_ == nullptr) return;
  device_.removePinned(*this);
  try {
    const Current current(device_);
    (void)device_.driver.cuEventSynchronize(unused_);
    (void)device_.driver.cuMemHostUnregister(memory_);
  } catch (const Error&) {
    // It stays pinned for as long as the context lives.
  }
  device_.giveEvent(unused_);
}

void PinnedMemory::use(CUstream stream) {
  CUDA_CALL(device_.driver, cuEventRecord, unused_, stream);
}

}  // namespace gridmask::cuda
