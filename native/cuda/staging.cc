// SPDX-License-Identifier: MIT

#include "cuda/staging.h"

#include <new>
#include <utility>

#include "cuda/process_end.h"

namespace gridmask::cuda {
namespace {

// Buffers grow in steps, so that batches of slightly different sizes do not allocate each time.
constexpr size_t kStep = size_t{256} << 10;

}  // namespace

StagingBuffers::~StagingBuffers() {
  for (Half& half : halves_) {
    const bool unused = !half.busy || driver_.cuEventSynchronize(half.done) == CUDA_SUCCESS;
    if (unused && half.pinned != nullptr) (void)driver_.cuMemFreeHost(half.pinned);
    if (half.done != nullptr) (void)driver_.cuEventDestroy(half.done);
  }
  if (stream_ != nullptr) (void)driver_.cuStreamDestroy(stream_);
}

CUstream StagingBuffers::stream() {
  if (stream_ == nullptr) {
    CUstream stream = nullptr;
    CUDA_CALL(driver_, cuStreamCreate, &stream, CU_STREAM_NON_BLOCKING);
    stream_ = stream;
  }
  return stream_;
}

void StagingBuffers::wait(Half& half) {
  if (!half.busy) return;
  CUDA_CALL(driver_, cuEventSynchronize, half.done);
  half.busy = false;
}

void StagingBuffers::reserve(Half& half, size_t bytes) {
  if (half.done == nullptr) {
    CUevent event = nullptr;
    CUDA_CALL(driver_, cuEventCreate, &event, CU_EVENT_DISABLE_TIMING);
    half.done = event;
  }
  if (half.bytes >= bytes) return;
  half.bytes = 0;
  uint8_t* const old = std::exchange(half.pinned, nullptr);
  if (old != nullptr) CUDA_CALL(driver_, cuMemFreeHost, old);
  const size_t rounded = (bytes + kStep - 1) / kStep * kStep;
  half.pinned = device_.allocatePinned(rounded);
  half.bytes = rounded;
}

void StagingBuffers::mark(Half& half, CUstream stream) {
  CUDA_CALL(driver_, cuEventRecord, half.done, stream);
  half.busy = true;
  last_ = half.done;
}

bool StagingBuffers::drain(std::optional<CUstream> other) noexcept {
  const bool idle = (stream_ == nullptr || driver_.cuStreamSynchronize(stream_) == CUDA_SUCCESS) &&
                    (!other || driver_.cuStreamSynchronize(*other) == CUDA_SUCCESS);
  for (Half& half : halves_) {
    half.busy = false;
    if (!idle) half.pinned = nullptr;  // left alone for good
    if (!idle) half.bytes = 0;
  }
  return idle;
}

Crew::~Crew() {
  for (auto& buffers : buffers_) {
    if (buffers) device_.giveStaging(std::move(buffers));
  }
}

std::optional<size_t> Crew::next() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (failed_ || next_ == pieces_ || processEnds()) return std::nullopt;
  return next_++;
}

void Crew::join(std::optional<CUstream> stream, void (*work)(const void*, StagingBuffers&),
                const void* function) {
  const DriverUse use;
  if (use.isRefused()) return;
  std::optional<Error> error;
  try {
    {
      // A thread that comes late finds nothing to do.
      const std::lock_guard<std::mutex> lock(mutex_);
      if (failed_ || next_ == pieces_) return;
    }
    const Current current(device_);
    std::unique_ptr<StagingBuffers> buffers = device_.takeStaging();
    try {
      work(function, *buffers);
      const std::lock_guard<std::mutex> lock(mutex_);
      buffers_.push_back(std::move(buffers));
      return;
    } catch (...) {
      if (buffers && buffers->drain(stream)) device_.giveStaging(std::move(buffers));
      throw;
    }
  } catch (const Error& thrown) {
    error = thrown;
  } catch (const std::bad_alloc&) {
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!failed_) error_ = error;
  failed_ = true;
}

void Crew::finish(std::optional<CUstream> stream) {
  if (!failed_) return;
  drain(stream);
  if (error_) throw *error_;
  throw std::bad_alloc();
}

void Crew::drain(std::optional<CUstream> stream) noexcept {
  for (auto& buffers : buffers_) {
    if (buffers && !buffers->drain(stream)) buffers.reset();
  }
}

}  // namespace gridmask::cuda
