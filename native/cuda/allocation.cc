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

std::unique_ptr<Allocation> Allocation::wrap(Device& device, CUdeviceptr pointer, size_t bytes,
                                             CUstream stream, const char*& problem) {
  const Current current(device);
  const Driver& driver = device.driver;
  // The driver answers "invalid value" for an address that it does not know.
  const auto attribute = [&](auto& value, int which) {
    const CUresult result = driver.cuPointerGetAttribute(&value, which, pointer);
    if (result != CUDA_SUCCESS && result != CUDA_ERROR_INVALID_VALUE) {
      throw Error{result, "cuPointerGetAttribute"};
    }
    return result == CUDA_SUCCESS;
  };
  unsigned type = 0;
  unsigned managed = 0;
  int ordinal = -1;
  CUdeviceptr start = 0;
  size_t size = 0;
  if (!attribute(type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE)) {
    problem = "unknown";
  } else if (type != CU_MEMORYTYPE_DEVICE &&
             !(attribute(managed, CU_POINTER_ATTRIBUTE_IS_MANAGED) && managed != 0)) {
    problem = "host";
  } else if (!attribute(ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL) ||
             ordinal != device.ordinal) {
    problem = "device";
  } else if (!attribute(start, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR) ||
             !attribute(size, CU_POINTER_ATTRIBUTE_RANGE_SIZE)) {
    problem = "unknown";
  } else if (pointer < start || bytes > size || pointer - start > size - bytes) {
    problem = "range";
  }
  if (problem != nullptr) return nullptr;
  std::unique_ptr<Allocation> allocation(new Allocation(device, bytes, stream));
  allocation->block_ = {pointer, bytes};
  return allocation;
}

void Allocation::free() {
  if (!std::exchange(owned_, false)) return;
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
