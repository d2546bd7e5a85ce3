// SPDX-License-Identifier: MIT
//
// The process's threads for CPU work: started when first needed, kept for good, shared by every
// environment (main thread and workers). None of it is Node's own pool, whose four threads file and
// DNS requests need.
//
// A job is one call being carried out. Its threads take shares of it, a few consecutive items each,
// until none are left, so no thread has to stand by and wait for the others. The caller either
// takes part and returns at the end (run), or is notified by the last thread to leave (start).
//
// Each thread starts with shares of a part of its own. The next call of the same size gives it the
// same part, which may still be in its core's caches. When that is done it helps with other parts.
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
    unsigned threads;     // how many may work on it at a time
    size_t scratchBytes;  // for each thread
  };

  // Allocates everything up front: this may throw std::bad_alloc, but nothing after it throws.
  explicit Job(const Size& size);
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Does items [begin, end). Called from several threads at a time, for ranges that together make
  // up all items. Each thread has scratch of its own: its first kScratchAlignment bytes start as 0,
  // and its contents are kept from one range to the next.
  virtual void work(size_t begin, size_t end, uint8_t* scratch) noexcept = 0;

 private:
  friend class Pool;

  // What each thread has for itself: the next share of its part; its scratch follows in memory.
  struct alignas(kScratchAlignment) Part {
    std::atomic<size_t> next;
  };

  Part& partOf(size_t place) const;
  uint8_t* scratchOf(size_t place) const { return reinterpret_cast<uint8_t*>(&partOf(place) + 1); }
  size_t firstShareOf(size_t place) const;
  // A share of the place's own part, or else of another part. If not below shares_, none is left.
  size_t takeShare(size_t place);
  void takeAll();
  bool mayHaveShares() const { return emptyParts_ < threads_; }

  const size_t items_;
  const size_t grain_;
  const size_t shares_;
  const unsigned threads_;
  const size_t partStride_;
  const Scratch parts_;
  std::atomic<size_t> emptyParts_{0};  // parts found to have no shares left
  std::atomic<unsigned> working_{0};   // threads on it; written under the pool's mutex

  // Guarded by the pool's mutex.
  std::bitset<kMaxThreads> places_;  // in use
  Job* following_ = nullptr;
  bool listed_ = false;
  bool waits_ = false;
  void (*done_)(void*) noexcept = nullptr;
  void* context_ = nullptr;
};

// A job with nothing to do.
inline std::unique_ptr<Job> noJob() {
  class Nothing final : public Job {
   public:
    Nothing() : Job({0, 1, 1, 0}) {}
    void work(size_t, size_t, uint8_t*) noexcept override {}
  };
  return std::make_unique<Nothing>();
}

// Carries out a job with the calling thread and the pool's. Returns when it is done.
void run(Job& job) noexcept;

// Wakes a sleeping thread, if there is one, for a run() that will follow within microseconds: to
// wake takes longer than a caller needs to check its arguments.
void expectJob() noexcept;

struct Start {
  // How many of the pool's threads may work on started jobs, all jobs together. The largest number
  // ever given counts.
  unsigned poolThreads;
  // The job mostly waits for something other than the processor, so its threads do not count.
  bool waits;
  // Called by the thread that leaves the job last; the job may be destroyed from then on.
  void (*done)(void* context) noexcept;
  void* context;
};

// Carries out a job with the pool's threads alone. A free thread goes to the job that has the
// fewest threads, and among equals to the one started first: so jobs finish roughly in the order in
// which they were started, but a long one does not hold up a short one.
void start(Job& job, const Start& how) noexcept;

// No further share of a started job is begun; done() is called as usual.
void cancel(Job& job) noexcept;

// Calls `work(begin, end)` for disjoint ranges that together make up [0, items): of at most `grain`
// items, or of all items if there is only one thread. Uses up to `threads` threads, the caller
// among them, and returns when all are done. May be called from several threads at once. `work`
// must not throw.
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
