// SPDX-License-Identifier: MIT
//
// The process's threads for CPU work: started when first needed, kept for good, shared by every
// environment (main thread and workers). None of it is Node's own pool, whose four threads file and
// DNS requests need.
//
// A job is one call in execution. Its threads take shares of it, some items in a row, until there
// are none left; so a job needs no thread of its own that waits for the others. Whoever wants its
// end is the caller itself, which takes part (run), or is told by the last thread (start).
//
// Each thread begins with shares of a part of its own, the same one in the next call of that size:
// what that call works on may be in its core's caches. Then it takes shares of the others' parts.
#pragma once

#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "cpu/scratch.h"

namespace gridmask::cpu {

constexpr unsigned kMaxThreads = 1024;

class Job {
 public:
  struct Size {
    size_t items;
    size_t grain;         // items of a share
    unsigned threads;     // that may work on it at a time
    size_t scratchBytes;  // for each of them
  };

  // All memory is there before anything is done: throws std::bad_alloc, and nothing later does.
  explicit Job(const Size& size);
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Does items [begin, end). Called for ranges that together are all items, from several threads at
  // a time, each with scratch of its own: memory whose first kScratchAlignment bytes are 0 at
  // first, and that stays as it is left from one range to the next.
  virtual void work(size_t begin, size_t end, uint8_t* scratch) noexcept = 0;

 private:
  friend class Pool;

  // What a thread has of its own: the next share of its part, then its scratch.
  struct alignas(kScratchAlignment) Part {
    std::atomic<size_t> next;
  };

  Part& partOf(size_t place) const;
  uint8_t* scratchOf(size_t place) const { return reinterpret_cast<uint8_t*>(&partOf(place) + 1); }
  size_t firstShareOf(size_t place) const;
  // Of the place's part, or else of another's; none is left if it is not below shares_.
  size_t takeShare(size_t place);
  void takeAll();
  bool mayHaveShares() const { return emptyParts_ < threads_; }

  const size_t items_;
  const size_t grain_;
  const size_t shares_;
  const unsigned threads_;
  const size_t partStride_;
  const Scratch parts_;
  std::atomic<size_t> emptyParts_{0};  // that were found to have no more shares
  std::atomic<unsigned> working_{0};   // threads; written under the pool's mutex

  // Guarded by the pool's mutex.
  std::bitset<kMaxThreads> places_;  // in use
  Job* following_ = nullptr;
  bool listed_ = false;
  bool waits_ = false;
  void (*done_)(void*) noexcept = nullptr;
  void* context_ = nullptr;
};

// For what there is nothing to do.
inline std::unique_ptr<Job> noJob() {
  class Nothing final : public Job {
   public:
    Nothing() : Job({0, 1, 1, 0}) {}
    void work(size_t, size_t, uint8_t*) noexcept override {}
  };
  return std::make_unique<Nothing>();
}

// Works on a job with the calling thread and threads of the pool. Returns when it is done.
void run(Job& job) noexcept;

struct Start {
  // How many of the pool's threads may work for jobs that were started: for all together, as the
  // largest number ever given says.
  unsigned poolThreads;
  // The job mostly waits for something else than the processor: it does not count among them.
  bool waits;
  // Called by the thread that leaves the job last; the job may be destroyed from then on.
  void (*done)(void* context) noexcept;
  void* context;
};

// Works on a job with threads of the pool alone. Where a thread is free, it goes to the job that
// has the fewest, of several to the one that was started first: what was asked for first is done
// first, and a long job does not keep a short one waiting.
void start(Job& job, const Start& how) noexcept;

// No share is begun any more of a job that was started; done() is called as ever.
void cancel(Job& job) noexcept;

// Calls `work(begin, end)` for disjoint ranges of at most `grain` items, or of all on one thread,
// that together make up [0, items), on up to `threads` threads of which the caller is one. Returns
// when all are done. May be called from several threads at once. `work` must not throw.
template <typename Work>
void parallelFor(size_t items, size_t grain, unsigned threads, const Work& work) {
  class Shares final : public Job {
   public:
    Shares(const Size& size, const Work& use) : Job(size), use_(use) {}
    void work(size_t begin, size_t end, uint8_t*) noexcept override { use_(begin, end); }

   private:
    const Work& use_;
  };
  Shares job({items, grain, threads, 0}, work);
  run(job);
}

}  // namespace gridmask::cpu
