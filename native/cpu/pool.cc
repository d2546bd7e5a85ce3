// SPDX-License-Identifier: MIT

#include "cpu/pool.h"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <new>
#include <thread>

#include "cpu/spin.h"

namespace gridmask::cpu {
namespace {

// How long a thread spins for the next call after one has ended: waking it takes as long as masking
// a small batch.
constexpr std::chrono::microseconds kBetweenCalls{50};
// How long a caller spins while other threads finish their last shares.
constexpr std::chrono::microseconds kLastShares{200};

}  // namespace

class Pool {
 public:
  // Never destroyed: its threads outlive main(), and the addon is linked not to be unloaded. A
  // process that was forked has none of them, and does all work on the calling thread.
  static Pool& get() {
    static Pool* instance = new Pool;
    return *instance;
  }

  void run(Job& job) {
    if (job.threads_ == 1) {
      if (job.items_ > 0) job.work(0, job.items_, job.scratchOf(0));
      return;
    }
    std::unique_lock<std::mutex> lock(mutex_);
    const unsigned helpers = job.threads_ - 1;
    capacity_ = std::max(capacity_, helpers);
    const size_t place = enter(job);
    append(job);
    startThreads(helpers);
    const bool wakes = awake_ < helpers;
    lock.unlock();
    offer();
    // At most one, which wakes the others while this thread is already working.
    if (wakes) wake_.notify_one();
    takeShares(job, place, [] { return false; });

    lockAwake(lock);
    // Taken off the list first, so that no helper can join a job that its caller is about to leave.
    unlink(job);
    leave(job, place);
    if (job.working_ == 0) return;
    lock.unlock();
    spinUntil([&] { return job.working_ == 0; }, kLastShares);
    // A helper leaves under the mutex.
    lockAwake(lock);
    left_.wait(lock, [&] { return job.working_ == 0; });
  }

  void expect() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (awake_ != 0 || idle_ == 0) return;
    expected_ = true;
    lock.unlock();
    wake_.notify_one();
  }

  void start(Job& job, const Start& how) {
    std::unique_lock<std::mutex> lock(mutex_);
    job.waits_ = how.waits;
    job.done_ = how.done;
    job.context_ = how.context;
    capacity_ = std::max({capacity_, how.poolThreads, 1u});
    startThreads(job.threads_ + unattended_);
    if (how.waits && idle_ <= unattended_) startThread();
    if (started_ == 0 || job.items_ == 0) {
      // The system had no thread to give, so the caller does the work.
      lock.unlock();
      takeShares(job, 0, [] { return false; });
      job.done_(job.context_);
      return;
    }
    append(job);
    ++unattended_;
    lock.unlock();
    offer();
    wake_.notify_one();
  }

  void cancel(Job& job) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!job.listed_) return;
    job.takeAll();
    if (job.working_ != 0) return;
    --unattended_;
    unlink(job);
    lock.unlock();
    job.done_(job.context_);
  }

 private:
  // Starts threads until `wanted` are idle, within the capacity. If the system has no more to give,
  // the existing ones do the work.
  void startThreads(unsigned wanted) {
    while (idle_ < wanted && started_ - waiting_ < capacity_ && startThread()) {
    }
  }

  bool startThread() {
    if (started_ >= kMaxThreads) return false;
    try {
      std::thread([this] { help(); }).detach();
    } catch (const std::exception&) {
      return false;
    }
    ++started_;
    ++idle_;
    return true;
  }

  // The life of a thread of the pool.
  void help() {
    std::unique_lock<std::mutex> lock(mutex_);
    for (bool staysAwake = false;;) {
      Job* job = findJob();
      if (job == nullptr && staysAwake) job = awaitAwake(lock);
      if (job == nullptr) {
        wake_.wait(lock, [&] { return (job = findJob()) != nullptr || expected_; });
        expected_ = false;
        staysAwake = true;
        if (job == nullptr) continue;
      }
      --idle_;
      ++(job->waits_ ? waiting_ : computing_);
      if (job->working_ == 0) --unattended_;
      const size_t place = enter(*job);
      // A thread that has been woken wakes two more if there is work for them.
      const bool more = findJob() != nullptr;
      if (more && job->waits_ && idle_ == 0) startThreads(1);
      lock.unlock();
      if (more) {
        wake_.notify_one();
        wake_.notify_one();
      }
      // The next call comes soon after one that was waited for; after a started job it may not.
      staysAwake = job->done_ == nullptr;
      takeShares(*job, place, [&] { return unattended_ > 0 && job->working_ > 1; });

      lockAwake(lock);
      --(job->waits_ ? waiting_ : computing_);
      ++idle_;
      leave(*job, place);
      if (job->working_ != 0) continue;
      if (job->done_ == nullptr) {
        left_.notify_all();
      } else if (job->mayHaveShares()) {
        ++unattended_;
      } else {
        unlink(*job);
        const auto done = job->done_;
        void* const context = job->context_;
        lock.unlock();
        done(context);
        lock.lock();
      }
    }
  }

  // Spins for the next job. Returns it, or null after a while.
  Job* awaitAwake(std::unique_lock<std::mutex>& lock) {
    const unsigned seen = offers_.load(std::memory_order_relaxed);
    ++awake_;
    lock.unlock();
    spinUntil([&] { return offers_.load(std::memory_order_relaxed) != seen; }, kBetweenCalls);
    lockAwake(lock);
    --awake_;
    return findJob();
  }

  // Tells threads that spin. Called once the mutex is free again, or they would sleep on it.
  void offer() { offers_.fetch_add(1, std::memory_order_relaxed); }

  // The mutex is never held for long.
  static void lockAwake(std::unique_lock<std::mutex>& lock) {
    if (!spinUntil([&] { return lock.try_lock(); }, std::chrono::microseconds(10))) lock.lock();
  }

  // Of the jobs with work left, the one with the fewest threads; of several, the first.
  Job* findJob() const {
    Job* found = nullptr;
    for (Job* job = first_; job != nullptr; job = job->following_) {
      if (job->working_ >= job->threads_ || !job->mayHaveShares()) continue;
      if (!job->waits_ && computing_ >= capacity_) continue;
      if (found == nullptr || job->working_ < found->working_) found = job;
    }
    return found;
  }

  static size_t enter(Job& job) {
    size_t place = 0;
    while (job.places_[place]) ++place;
    job.places_.set(place);
    ++job.working_;
    return place;
  }

  static void leave(Job& job, size_t place) {
    job.places_.reset(place);
    --job.working_;
  }

  template <typename Leaves>
  static void takeShares(Job& job, size_t place, const Leaves& leaves) {
    do {
      const size_t share = job.takeShare(place);
      if (share >= job.shares_) return;
      const size_t begin = share * job.grain_;
      job.work(begin, std::min(begin + job.grain_, job.items_), job.scratchOf(place));
    } while (!leaves());
  }

  void append(Job& job) {
    *last_ = &job;
    last_ = &job.following_;
    job.listed_ = true;
  }

  void unlink(Job& job) {
    Job** link = &first_;
    while (*link != &job) link = &(*link)->following_;
    *link = job.following_;
    if (last_ == &job.following_) last_ = link;
    job.listed_ = false;
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable left_;
  Job* first_ = nullptr;
  Job** last_ = &first_;
  unsigned capacity_ = 0;   // threads that may compute at a time
  unsigned started_ = 0;    // threads in all
  unsigned idle_ = 0;       // those without a job
  unsigned awake_ = 0;      // idle ones that spin
  unsigned computing_ = 0;  // those on a job that computes
  unsigned waiting_ = 0;    // those on a job that waits
  bool expected_ = false;   // a thread is to wake and spin for a job
  // Jobs with work left but no thread: a reason for a thread to leave a job that has others.
  std::atomic<unsigned> unattended_{0};
  std::atomic<unsigned> offers_{0};  // changes when a job is added
};

namespace {

size_t alignedSize(size_t bytes) {
  return (bytes + kScratchAlignment - 1) / kScratchAlignment * kScratchAlignment;
}

size_t sharesOf(const Job::Size& size) { return (size.items + size.grain - 1) / size.grain; }

// No more threads than there are shares.
unsigned threadsOf(const Job::Size& size) {
  const size_t useful = std::min<size_t>({size.threads, sharesOf(size), kMaxThreads});
  return static_cast<unsigned>(std::max<size_t>(useful, 1));
}

}  // namespace

Job::Job(const Size& size)
    : items_(size.items),
      grain_(size.grain),
      shares_(sharesOf(size)),
      threads_(threadsOf(size)),
      partStride_(sizeof(Part) + alignedSize(size.scratchBytes)),
      parts_(threads_ * partStride_) {
  for (size_t place = 0; place < threads_; ++place) {
    new (&partOf(place)) Part{{firstShareOf(place)}};
    if (size.scratchBytes != 0) std::memset(scratchOf(place), 0, kScratchAlignment);
  }
  Pool::get();
}

Job::Part& Job::partOf(size_t place) const {
  return *reinterpret_cast<Part*>(parts_.data() + place * partStride_);
}

size_t Job::firstShareOf(size_t place) const {
  return shares_ / threads_ * place + std::min(place, shares_ % threads_);
}

size_t Job::takeShare(size_t place) {
  for (size_t k = 0; k < threads_; ++k, place = place + 1 == threads_ ? 0 : place + 1) {
    const size_t end = firstShareOf(place + 1);
    const size_t share = partOf(place).next.fetch_add(1, std::memory_order_relaxed);
    if (share < end) return share;
    if (share == end) ++emptyParts_;
  }
  return shares_;
}

void Job::takeAll() {
  for (size_t place = 0; place < threads_; ++place) partOf(place).next = shares_ + 1;
  emptyParts_ = threads_;
}

void run(Job& job) noexcept { Pool::get().run(job); }

void expectJob() noexcept { Pool::get().expect(); }

void start(Job& job, const Start& how) noexcept { Pool::get().start(job, how); }

void cancel(Job& job) noexcept { Pool::get().cancel(job); }

}  // namespace gridmask::cpu
