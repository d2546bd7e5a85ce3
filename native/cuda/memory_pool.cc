// SPDX-License-Identifier: MIT

#include "cuda/memory_pool.h"

#include <cstdint>
#include <utility>

namespace gridmask::cuda {
namespace {

// Blocks of our own come in steps, so that batches of slightly different sizes share them.
size_t rounded(size_t bytes) {
  const size_t step = bytes < (size_t{1} << 20) ? size_t{512} : size_t{2} << 20;
  return (bytes + step - 1) / step * step;
}

// Null, CU_STREAM_LEGACY and CU_STREAM_PER_THREAD.
bool isDefault(CUstream stream) { return reinterpret_cast<uintptr_t>(stream) <= 2; }

}  // namespace

void MemoryPool::open() noexcept {
  int supported = 0;
  if (!driver_.hasPools() ||
      driver_.cuDeviceGetAttribute(&supported, CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED,
                                   device_) != CUDA_SUCCESS ||
      supported == 0) {
    return;
  }
  // Not the device's default pool, whose settings belong to its other users.
  CUmemPoolProps properties{};
  properties.allocType = CU_MEM_ALLOCATION_TYPE_PINNED;
  properties.locationType = CU_MEM_LOCATION_TYPE_DEVICE;
  properties.locationId = device_;
  CUmemoryPool pool = nullptr;
  if (driver_.cuMemPoolCreate(&pool, &properties) != CUDA_SUCCESS) return;
  uint64_t most = mostKept_;
  if (driver_.cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &most) ==
      CUDA_SUCCESS) {
    pool_ = pool;
  } else {
    (void)driver_.cuMemPoolDestroy(pool);
  }
}

MemoryBlock MemoryPool::allocate(size_t bytes, CUstream stream) {
  if (pool_ == nullptr) return allocateKept(rounded(bytes), stream);
  CUdeviceptr pointer = 0;
  CUDA_CALL(driver_, cuMemAllocFromPoolAsync, &pointer, bytes, pool_, stream);
  return {pointer, bytes};
}

void MemoryPool::free(const MemoryBlock& block, CUstream stream) {
  if (pool_ == nullptr) {
    keep(block, stream);
  } else {
    CUDA_CALL(driver_, cuMemFreeAsync, block.pointer, stream);
  }
}

// A driver's pool takes the context from the stream, unless that is a default one of any context.
bool MemoryPool::freeWithoutContext(const MemoryBlock& block, CUstream stream) {
  if (pool_ == nullptr || isDefault(stream) || wantsContext_) return false;
  const CUresult result = driver_.cuMemFreeAsync(block.pointer, stream);
  if (result == CUDA_ERROR_INVALID_CONTEXT) {
    wantsContext_ = true;
    return false;
  }
  check(result, "cuMemFreeAsync");
  return true;
}

void MemoryPool::trim() noexcept {
  if (pool_ != nullptr) (void)driver_.cuMemPoolTrimTo(pool_, 0);
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [bytes, kept] : kept_) release(kept);
  kept_.clear();
  keptBytes_ = 0;
  for (const CUevent event : std::exchange(events_, {})) (void)driver_.cuEventDestroy(event);
}

MemoryBlock MemoryPool::allocateKept(size_t bytes, CUstream stream) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = kept_.lower_bound(bytes);
    if (found != kept_.end() && found->first - bytes <= bytes / 4) {
      const auto [blockBytes, kept] = *found;
      if (kept.stream != stream) CUDA_CALL(driver_, cuStreamWaitEvent, stream, kept.unused, 0);
      events_.push_back(kept.unused);
      keptBytes_ -= blockBytes;
      kept_.erase(found);
      return {kept.pointer, blockBytes};
    }
  }
  CUdeviceptr pointer = 0;
  CUDA_CALL(driver_, cuMemAlloc, &pointer, bytes);
  return {pointer, bytes};
}

void MemoryPool::keep(const MemoryBlock& block, CUstream stream) {
  const std::lock_guard<std::mutex> lock(mutex_);
  Kept kept{block.pointer, stream, nullptr};
  try {
    events_.reserve(events_.size() + 1);
    if (events_.empty()) {
      CUDA_CALL(driver_, cuEventCreate, &kept.unused, CU_EVENT_DISABLE_TIMING);
    } else {
      kept.unused = events_.back();
      events_.pop_back();
    }
    CUDA_CALL(driver_, cuEventRecord, kept.unused, stream);
    kept_.emplace(block.bytes, kept);
  } catch (...) {
    // Nothing shows when it is out of use, except that the stream is done.
    if (kept.unused != nullptr) events_.push_back(kept.unused);
    if (driver_.cuStreamSynchronize(stream) == CUDA_SUCCESS) (void)driver_.cuMemFree(block.pointer);
    throw;
  }
  keptBytes_ += block.bytes;
  while (keptBytes_ > mostKept_) {
    const auto largest = --kept_.end();
    release(largest->second);
    keptBytes_ -= largest->first;
    kept_.erase(largest);
  }
}

// If the driver refuses, the memory is lost: a failed call may have done its work, and freeing an
// address twice may free somebody else's memory.
void MemoryPool::release(const Kept& kept) noexcept {
  if (driver_.cuEventSynchronize(kept.unused) == CUDA_SUCCESS)
    (void)driver_.cuMemFree(kept.pointer);
  (void)driver_.cuEventDestroy(kept.unused);
}

}  // namespace gridmask::cuda
