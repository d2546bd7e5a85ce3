// SPDX-License-Identifier: MIT

#include "cuda/transfer.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>

#include "cuda/nvtx.h"
#include "cuda/process_end.h"

namespace gridmask::cuda {
namespace {

// Less is not worth a separate copy.
constexpr size_t kLeastPiece = size_t{1} << 20;

struct Pieces {
  size_t total;
  size_t bytes;  // of one, the last may have less

  size_t count() const { return (total + bytes - 1) / bytes; }
  size_t begin(size_t i) const { return i * bytes; }
  size_t bytesOf(size_t i) const { return std::min(bytes, total - i * bytes); }
};

unsigned threadsFor(size_t pieces, const Staging& staging) {
  return static_cast<unsigned>(std::min<size_t>(staging.threads, pieces));
}

// Whether the driver knows host memory to be pinned from its first byte to its last.
bool isPinned(const Driver& driver, const uint8_t* memory, size_t bytes) {
  const auto address = static_cast<CUdeviceptr>(reinterpret_cast<uintptr_t>(memory));
  const PointerInfo info = pointerInfo(driver, address);
  return info.type == CU_MEMORYTYPE_HOST && info.managed == 0 && info.holds(address, bytes);
}

// Puts a copy from or to host memory on the stream, if the memory is pinned. Whether it is.
template <typename Copy>
bool copyPinned(Device& device, const uint8_t* memory, size_t bytes, CUstream stream,
                const Copy& copy) {
  if (device.copyPinned(memory, bytes, stream, copy)) return true;
  if (!isPinned(device.driver, memory, bytes)) return false;
  copy();
  return true;
}

// Copies the memory, whose content is ready once `made` is reached, by threads with streams of
// their own. If there is a `stream`, a single thread uses that.
void downloadFrom(Device& device, CUdeviceptr from, size_t bytes, std::optional<CUstream> stream,
                  CUevent made, uint8_t* target, const Staging& staging, Wrote& wrote) {
  const Driver& driver = device.driver;
  // While the bus moves a thread's one piece, the thread copies the other.
  const Pieces pieces{bytes, pieceBytesOf(bytes, 2, staging)};
  const unsigned threads = threadsFor(pieces.count(), staging);
  Crew crew(device, pieces.count());
  crew.run(staging, threads, stream, [&](StagingBuffers& buffers) {
    const CUstream own = threads == 1 && stream ? *stream : buffers.stream();
    CUDA_CALL(driver, cuStreamWaitEvent, own, made, 0);
    struct {
      StagingBuffers::Half* half = nullptr;
      size_t piece = 0;
    } last;
    const auto finishLast = [&] {
      if (last.half == nullptr) return;
      buffers.wait(*last.half);
      wrote = true;
      std::memcpy(target + pieces.begin(last.piece), last.half->pinned, pieces.bytesOf(last.piece));
      last.half = nullptr;
    };
    while (const auto piece = crew.next()) {
      StagingBuffers::Half& half = buffers.next();
      buffers.wait(half);
      buffers.reserve(half, pieces.bytesOf(*piece));
      CUDA_CALL(driver, cuMemcpyDtoHAsync, half.pinned, from + pieces.begin(*piece),
                pieces.bytesOf(*piece), own);
      buffers.mark(half, own);
      finishLast();
      last = {&half, *piece};
    }
    finishLast();
  });
}

}  // namespace

size_t pieceBytesOf(size_t bytes, size_t piecesPerThread, const Staging& staging) {
  constexpr size_t kStep = size_t{64} << 10;
  const size_t share = bytes / (piecesPerThread * staging.threads) + 1;
  const size_t least = std::min(kLeastPiece, staging.pieceBytes);
  return std::clamp((share + kStep - 1) / kStep * kStep, least, staging.pieceBytes);
}

bool upload(Stream& stream, const Allocation& allocation, const uint8_t* source,
            const Staging& staging) {
  const size_t bytes = allocation.bytes();
  if (bytes == 0) return false;
  const Range range("gridmask.upload");
  Device& device = allocation.device();
  const Driver& driver = device.driver;
  const Current current(device);
  const CUstream target = allocation.stream();
  if (copyPinned(device, source, bytes, target, [&] {
        CUDA_CALL(driver, cuMemcpyHtoDAsync, allocation.pointer(), source, bytes, target);
      })) {
    return true;
  }
  uploadPieces(stream, allocation, staging, [=](size_t begin, size_t count, uint8_t* to) {
    std::memcpy(to, source + begin, count);
  });
  return false;
}

void uploadPieces(Stream& stream, const Allocation& allocation, const Staging& staging,
                  const Read& read) {
  Device& device = allocation.device();
  const Driver& driver = device.driver;
  const CUstream target = allocation.stream();
  const size_t bytes = allocation.bytes();
  // Nobody waits for the bus, which moves large pieces faster.
  const Pieces pieces{bytes, pieceBytesOf(bytes, 1, staging)};
  const unsigned threads = threadsFor(pieces.count(), staging);
  // Threads with streams of their own begin after what is on the allocation's stream now.
  const CUevent start = threads == 1 ? nullptr : stream.mark(target);
  Crew crew(device, pieces.count());
  crew.run(staging, threads, target, [&](StagingBuffers& buffers) {
    const CUstream own = threads == 1 ? target : buffers.stream();
    if (own != target) CUDA_CALL(driver, cuStreamWaitEvent, own, start, 0);
    while (const auto piece = crew.next()) {
      const size_t pieceBytes = pieces.bytesOf(*piece);
      StagingBuffers::Half& half = buffers.next();
      buffers.wait(half);
      buffers.reserve(half, pieceBytes);
      read(pieces.begin(*piece), pieceBytes, half.pinned);
      CUDA_CALL(driver, cuMemcpyHtoDAsync, allocation.pointer() + pieces.begin(*piece), half.pinned,
                pieceBytes, own);
      buffers.mark(half, own);
    }
  });
  if (threads == 1) return;
  try {
    for (const auto& buffers : crew.buffers()) {
      if (buffers->last() == nullptr) continue;
      CUDA_CALL(driver, cuStreamWaitEvent, target, buffers->last(), 0);
    }
  } catch (const Error&) {
    crew.drain(target);
    throw;
  }
}

void download(Stream& stream, const Allocation& allocation, uint8_t* target, const Staging& staging,
              Wrote& wrote) {
  const size_t bytes = allocation.bytes();
  if (bytes == 0) return;
  const Range range("gridmask.download");
  Device& device = allocation.device();
  const Driver& driver = device.driver;
  const Current current(device);
  const CUstream source = allocation.stream();
  if (copyPinned(device, target, bytes, source, [&] {
        wrote = true;
        CUDA_CALL(driver, cuMemcpyDtoHAsync, target, allocation.pointer(), bytes, source);
      })) {
    CUDA_CALL(driver, cuStreamSynchronize, source);
    return;
  }
  downloadFrom(device, allocation.pointer(), bytes, source, stream.mark(source), target, staging,
               wrote);
}

std::unique_ptr<Snapshot> Snapshot::take(Stream& stream, const Allocation& allocation) {
  Device& device = allocation.device();
  const Driver& driver = device.driver;
  std::unique_ptr<Snapshot> snapshot(new Snapshot(device));
  if (allocation.bytes() == 0) return snapshot;
  const Current current(device);
  const CUstream own = stream.handle();
  try {
    snapshot->memory_ = Allocation::create(device, allocation.bytes(), own);
  } catch (const Error& error) {
    if (error.code == CUDA_ERROR_OUT_OF_MEMORY) return nullptr;
    throw;
  }
  snapshot->made_ = device.takeEvent();
  // In the order of the allocation's stream, and of ours, on which the copy is freed.
  stream.order(allocation.stream(), own);
  try {
    CUDA_CALL(driver, cuMemcpyDtoDAsync, snapshot->memory_->pointer(), allocation.pointer(),
              allocation.bytes(), allocation.stream());
    stream.order(own, allocation.stream());
    CUDA_CALL(driver, cuEventRecord, snapshot->made_, own);
  } catch (const Error&) {
    (void)driver.cuStreamSynchronize(allocation.stream());
    throw;
  }
  return snapshot;
}

Snapshot::~Snapshot() {
  if (made_ != nullptr) device_.giveEvent(made_);
}

void Snapshot::download(uint8_t* target, const Staging& staging, Wrote& wrote) const {
  if (memory_ == nullptr) return;
  const Range range("gridmask.download");
  const Current current(device_);
  downloadFrom(device_, memory_->pointer(), memory_->bytes(), std::nullopt, made_, target, staging,
               wrote);
}

std::unique_ptr<Completion> Completion::of(Device& device, CUstream stream) {
  const Driver& driver = device.driver;
  const Current current(device);
  // Being woken takes longer than a kernel does.
  constexpr std::chrono::microseconds kSoon{30};
  const auto start = std::chrono::steady_clock::now();
  do {
    const CUresult result = driver.cuStreamQuery(stream);
    if (result == CUDA_SUCCESS) return nullptr;
    if (result != CUDA_ERROR_NOT_READY) throw Error{result, "cuStreamQuery"};
  } while (std::chrono::steady_clock::now() - start < kSoon);
  std::unique_ptr<Completion> completion(new Completion(device));
  completion->reached_ = device.takeEvent();
  CUDA_CALL(driver, cuEventRecord, completion->reached_, stream);
  return completion;
}

Completion::~Completion() {
  if (reached_ != nullptr) device_.giveEvent(reached_);
}

void Completion::wait() const {
  const DriverUse use;
  if (use.isRefused()) return;
  const Current current(device_);
  CUDA_CALL(device_.driver, cuEventSynchronize, reached_);
}

}  // namespace gridmask::cuda
