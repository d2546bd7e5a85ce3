// SPDX-License-Identifier: MIT

#include "cpu/pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

namespace gridmask::cpu {
namespace {

// condition_variable::wait() asks for a C++ library as new as the compiler, newer than that of many
// a system on which Node runs. A wait with an end is inline and asks for nothing.
template <typename Ready>
void await(std::condition_variable& condition, std::unique_lock<std::mutex>& lock, Ready ready) {
  constexpr std::chrono::hours kLong{1};
  while (!ready()) condition.wait_until(lock, std::chrono::system_clock::now() + kLong);
}

// One parallelFor() call; it lives on its caller's stack.
struct Job {
  void (*work)(const void*, size_t, size_t);
  const void* context;
  size_t items;
  size_t grain;
  std::atomic<size_t> next{0};
  unsigned wanted = 0;   // helpers that may still join; guarded by Pool::mutex_
  unsigned helping = 0;  // helpers at work; guarded by Pool::mutex_
  Job* following = nullptr;

  void takeShare() {
    for (;;) {
      const size_t begin = next.fetch_add(grain, std::memory_order_relaxed);
      if (begin >= items) return;
      work(context, begin, std::min(begin + grain, items));
    }
  }
};

class Pool {
 public:
  void run(Job& job, unsigned helpers) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      startThreads(helpers);
      job.wanted = helpers;
      job.following = jobs_;
      jobs_ = &job;
    }
    for (unsigned i = 0; i < helpers; ++i) newJob_.notify_one();
    job.takeShare();

    std::unique_lock<std::mutex> lock(mutex_);
    // Out of the list first: no helper can join a job that its caller is about to leave.
    Job** link = &jobs_;
    while (*link != &job) link = &(*link)->following;
    *link = job.following;
    await(helperLeft_, lock, [&] { return job.helping == 0; });
  }

 private:
  void startThreads(unsigned count) {
    while (started_ < count) {
      try {
        std::thread([this] { help(); }).detach();
      } catch (const std::system_error&) {
        return;  // no more threads to be had: those there are, and the caller, do the work
      }
      ++started_;
    }
  }

  void help() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      Job* job = nullptr;
      await(newJob_, lock, [&] { return (job = findJob()) != nullptr; });
      --job->wanted;
      ++job->helping;
      lock.unlock();
      job->takeShare();
      lock.lock();
      if (--job->helping == 0) helperLeft_.notify_all();
    }
  }

  Job* findJob() const {
    for (Job* job = jobs_; job != nullptr; job = job->following) {
      if (job->wanted > 0 && job->next.load(std::memory_order_relaxed) < job->items) return job;
    }
    return nullptr;
  }

  std::mutex mutex_;
  std::condition_variable newJob_;
  std::condition_variable helperLeft_;
  Job* jobs_ = nullptr;
  unsigned started_ = 0;
};

// Never destroyed: its threads outlive main(), and the addon is linked not to be unloaded.
Pool& pool() {
  static Pool* instance = new Pool;
  return *instance;
}

}  // namespace

void parallelFor(size_t items, size_t grain, unsigned threads,
                 void (*work)(const void*, size_t, size_t), const void* context) {
  const size_t shares = (items + grain - 1) / grain;
  const size_t useful = std::min<size_t>({threads, shares, kMaxThreads});
  if (useful <= 1) {
    if (items > 0) work(context, 0, items);
    return;
  }
  Job job{work, context, items, grain};
  pool().run(job, static_cast<unsigned>(useful - 1));
}

}  // namespace gridmask::cpu
