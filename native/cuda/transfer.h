// SPDX-License-Identifier: MIT
//
// Moves images between the host and memory of a device. The device reads and writes pinned host
// memory directly; several threads stage other memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "cuda/allocation.h"
#include "cuda/staging.h"
#include "cuda/stream.h"

namespace gridmask::cuda {

// Whether an operation has begun to write to its target.
using Wrote = std::atomic<bool>;

// Bytes of a batch that a thread moves at a time: each thread gets so many pieces, within the
// limits of what is worth a copy and what may be staged.
size_t pieceBytesOf(size_t bytes, size_t piecesPerThread, const Staging& staging);

// Copies allocation.bytes() bytes. Returns when `source` has been read or, if it is pinned, when
// the copy is on the allocation's stream. Whether it is pinned. Throws Error.
bool upload(Stream& stream, const Allocation& allocation, const uint8_t* source,
            const Staging& staging);

// The same for memory that is not pinned: `read` copies `bytes` bytes from `begin` on. It is called
// on several threads.
using Read = std::function<void(size_t begin, size_t bytes, uint8_t* to)>;
void uploadPieces(Stream& stream, const Allocation& allocation, const Staging& staging,
                  const Read& read);

// Copies allocation.bytes() bytes, and returns when that is done. Throws Error.
void download(Stream& stream, const Allocation& allocation, uint8_t* target, const Staging& staging,
              Wrote& wrote);

// `work` (a stream, a batch, its source and its target on the device, wrote) on a batch of host
// arrays that goes to the device as a whole and comes back. Throws Error.
template <class Batch, class Work>
void asWhole(Device& device, const Batch& batch, const Staging& staging, Wrote& wrote,
             const Work& work) {
  const StreamLease lease(device);
  Stream& stream = lease.stream();
  const auto memory = Allocation::create(device, batch.bytes(), stream.handle());
  upload(stream, *memory, batch.source, staging);
  Batch onDevice = batch;
  onDevice.source = memory->data();
  onDevice.target = memory->data();
  Wrote wroteOnDevice{false};
  work(stream, onDevice, *memory, *memory, wroteOnDevice);
  download(stream, *memory, batch.target, staging, wrote);
  memory->free();
}

// A download on other threads, of what the allocation holds when this is made, whatever is put on
// its stream afterwards. For that it is copied on the device, in stream order.
class Snapshot {
 public:
  // Null if the device has no memory for it. Throws Error.
  static std::unique_ptr<Snapshot> take(Stream& stream, const Allocation& allocation);

  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  // On any thread. Throws Error.
  void download(uint8_t* target, const Staging& staging, Wrote& wrote) const;

 private:
  explicit Snapshot(Device& device) : device_(device) {}

  Device& device_;
  CUevent made_ = nullptr;
  std::unique_ptr<Allocation> memory_;
};

// The completion of what is on a stream now.
class Completion {
 public:
  // Null if it is already done, or very soon. Throws Error, also for failures on the device.
  static std::unique_ptr<Completion> of(Device& device, CUstream stream);

  ~Completion();
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;

  // On any thread. Throws as of() does.
  void wait() const;

 private:
  explicit Completion(Device& device) : device_(device) {}

  Device& device_;
  CUevent reached_ = nullptr;
};

}  // namespace gridmask::cuda
