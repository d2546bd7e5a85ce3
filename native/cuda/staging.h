// SPDX-License-Identifier: MIT
//
// What a thread needs to move host memory that is not pinned: a stream, and two pieces of pinned
// memory, so that it copies into one or out of it while the device reads or writes the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "cuda/context.h"
#include "cuda/driver.h"

namespace gridmask::cuda {

// How host memory is moved.
struct Staging {
  size_t pieceBytes;  // at most so many bytes in progress at a time
  unsigned threads;
  // Calls work(context) on up to `threads` threads at a time, of which the caller is one. Returns
  // when all are done.
  void (*onThreads)(unsigned threads, void (*work)(void* context), void* context);
};

// All functions need the device's context to be current, and throw Error.
class StagingBuffers {
 public:
  explicit StagingBuffers(Device& device) : device_(device), driver_(device.driver) {}
  // Waits until they are out of use. If the driver refuses to say or to free, they are lost.
  ~StagingBuffers();
  StagingBuffers(const StagingBuffers&) = delete;
  StagingBuffers& operator=(const StagingBuffers&) = delete;

  struct Half {
    uint8_t* pinned = nullptr;
    size_t bytes = 0;
    CUevent done = nullptr;
    bool busy = false;  // what comes before `done` may be in progress
  };

  // The stream that they are used on, unless another is named. Made on first use.
  CUstream stream();

  // One half, then the other. Earlier copies from or to it may still be in progress.
  Half& next() { return halves_[next_++ % 2]; }

  // Waits until no copy from or to it is in progress.
  void wait(Half& half);

  // Makes room for `bytes` in a half that no copy is in progress from or to.
  void reserve(Half& half, size_t bytes);

  // Work that uses the half was put on `stream`.
  void mark(Half& half, CUstream stream);

  // Comes after everything that has been marked on one stream; null if nothing has.
  CUevent last() const { return last_; }

  // After an error: waits until its own stream and `other` are idle. Whether that is known.
  bool drain(std::optional<CUstream> other) noexcept;

  // Another operation begins.
  void restart() { last_ = nullptr; }

 private:
  Device& device_;
  const Driver& driver_;
  CUstream stream_ = nullptr;
  Half halves_[2];
  size_t next_ = 0;
  CUevent last_ = nullptr;
};

// The threads of an operation that moves host memory: each takes a piece that none has taken yet,
// until there are no more or one has failed.
class Crew {
 public:
  // The device's context is current for as long as this lives.
  Crew(Device& device, size_t pieces) : device_(device), pieces_(pieces) {}
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Runs `work(buffers)` on at most `threads` threads; it calls next() for each piece. Throws the
  // first Error or std::bad_alloc; by then the buffers' streams are idle and, if work() uses it,
  // `stream` too.
  template <typename Work>
  void run(const Staging& staging, unsigned threads, std::optional<CUstream> stream,
           const Work& work) {
    struct Context {
      Crew* crew;
      std::optional<CUstream> stream;
      const Work* work;
    } context{this, stream, &work};
    staging.onThreads(
        threads,
        [](void* opaque) {
          const auto& own = *static_cast<Context*>(opaque);
          own.crew->join(
              own.stream,
              [](const void* function, StagingBuffers& buffers) {
                (*static_cast<const Work*>(function))(buffers);
              },
              own.work);
        },
        &context);
    finish(stream);
  }

  // The number of a piece; none if there is nothing left to do.
  std::optional<size_t> next();

  // The buffers that were used, until this is destroyed.
  const std::vector<std::unique_ptr<StagingBuffers>>& buffers() const { return buffers_; }

  // After an error that comes later: waits until nothing is in progress.
  void drain(std::optional<CUstream> stream) noexcept;

 private:
  void join(std::optional<CUstream> stream, void (*work)(const void*, StagingBuffers&),
            const void* function);
  void finish(std::optional<CUstream> stream);

  Device& device_;
  const size_t pieces_;
  std::mutex mutex_;  // guards those below
  size_t next_ = 0;
  bool failed_ = false;
  std::optional<Error> error_;  // none although it failed: there was no memory on the host
  std::vector<std::unique_ptr<StagingBuffers>> buffers_;
};

}  // namespace gridmask::cuda
