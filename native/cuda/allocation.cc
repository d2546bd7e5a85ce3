// SPDX-License-Identifier: MIT

#include "cuda/allocation.h"

#include <exception>
#include <utility>

namespace gridmask::cuda {

std::unique_ptr<Allocation> Allocation::create(Device& device, size_t bytes, CUstream stream) {
  std::unique_ptr<Allocation> allocation(new Allocation(device, bytes, stream));
  if (bytes == 0) return allocation;
  const Current current(device);
  allocation->block_ = device.allocate(bytes, stream);
  allocation->owned_ = true;
  return allocation;
}

PointerInfo pointerInfo(const Driver& driver, CUdeviceptr pointer) {
  PointerInfo info;
  int attributes[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_IS_MANAGED,
                      CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR,
                      CU_POINTER_ATTRIBUTE_RANGE_SIZE};
  void* values[] = {&info.type, &info.managed, &info.ordinal, &info.start, &info.bytes};
  CUDA_CALL(driver, cuPointerGetAttributes, 5, attributes, values, pointer);
  return info;
}

std::unique_ptr<Allocation> Allocation::wrap(Device& device, CUdeviceptr pointer, size_t bytes,
                                             CUstream stream, const char*& problem) {
  const Current current(device);
  const Driver& driver = device.driver;
  const PointerInfo info = pointerInfo(driver, pointer);
  if (info.type == 0) {
    problem = "unknown";
  } else if (info.type != CU_MEMORYTYPE_DEVICE && info.managed == 0) {
    problem = "host";
  } else if (info.ordinal != device.ordinal) {
    problem = "device";
  } else if (info.bytes == 0) {
    problem = "unknown";
  } else if (!info.holds(pointer, bytes)) {
    problem = "range";
  }
  if (problem != nullptr) return nullptr;
  std::unique_ptr<Allocation> allocation(new Allocation(device, bytes, stream));
  allocation->block_ = {pointer, bytes};
  return allocation;
}

void Allocation::free() {
  if (!std::exchange(owned_, false) || device_.freeWithoutContext(block_, stream_)) return;
  bool reached = false;
  try {
    const Current current(device_);
    reached = true;
    device_.free(block_, stream_);
  } catch (const Error&) {
    if (!reached) device_.freeLater(block_, stream_);
    throw;
  }
}

Allocation::~Allocation() {
  // Nobody is there to tell.
  try {
    free();
  } catch (const Error&) {
  } catch (const std::exception&) {
  }
}

}  // namespace gridmask::cuda
