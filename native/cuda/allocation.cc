// SPDX-License-Identifier: MIT

#include "cuda/allocation.h"

#include <chrono>
#include <utility>

namespace gridmask::cuda {

uint64_t Turns::take() {
  const std::lock_guard<std::mutex> lock(mutex_);
  taken_.insert(next_);
  return next_++;
}

void Turns::wait(uint64_t turn) {
  std::unique_lock<std::mutex> lock(mutex_);
  // Not wait(), which asks for a newer C++ library than Node does.
  constexpr std::chrono::hours kLong{1};
  while (*taken_.begin() != turn) {
    left_.wait_until(lock, std::chrono::system_clock::now() + kLong);
  }
}

// Also before its turn came: an operation that is called off.
void Turns::leave(uint64_t turn) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    taken_.erase(turn);
  }
  left_.notify_all();
}

std::shared_ptr<Allocation> Allocation::create(Device& device, size_t bytes) {
  const Current current(device);
  std::shared_ptr<Allocation> allocation(new Allocation(device, bytes));
  if (bytes == 0) return allocation;
  allocation->pointer_ = device.allocate(bytes);
  allocation->owned_ = true;
  return allocation;
}

std::shared_ptr<Allocation> Allocation::wrap(Device& device, CUdeviceptr pointer, size_t bytes,
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
  std::shared_ptr<Allocation> allocation(new Allocation(device, bytes));
  allocation->pointer_ = pointer;
  allocation->stream_ = stream;
  return allocation;
}

void Allocation::free() {
  if (!owned_) return;
  const Current current(device_);
  owned_ = false;
  check(CUDA_RELEASE(device_.driver, cuMemFree, pointer_), "cuMemFree");
}

Allocation::~Allocation() {
  try {
    free();
  } catch (const Error&) {
    // Nobody is there to tell. The memory is lost with its context.
  }
}

}  // namespace gridmask::cuda
