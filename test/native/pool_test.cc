// SPDX-License-Identifier: MIT
//
// The thread pool: every item once, from several callers at once; started jobs end in a fair order.
// Meant for ThreadSanitizer too.

#include "cpu/pool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "check.h"

using namespace gridmask;
using cpu::parallelFor;

namespace {

// A flag to wait for.
class Signal {
 public:
  void set() {
    const std::lock_guard<std::mutex> lock(mutex_);
    set_ = true;
    condition_.notify_all();
  }
  void wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    condition_.wait(lock, [&] { return set_; });
  }
  bool isSet() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return set_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool set_ = false;
};

// A job that is started, and its end.
class Started final : public cpu::Job {
 public:
  using Work = std::function<void(size_t begin, size_t end, uint8_t* scratch)>;

  Started(const Size& size, Work work) : Job(size), work_(std::move(work)) {}

  void work(size_t begin, size_t end, uint8_t* scratch) noexcept override {
    work_(begin, end, scratch);
  }
  void start(unsigned poolThreads, bool waits = false) {
    const auto done = [](void* self) noexcept {
      auto& job = *static_cast<Started*>(self);
      job.order = ++ended;
      job.finished.set();
    };
    cpu::start(*this, {poolThreads, waits, done, this});
  }

  static std::atomic<int> ended;
  Signal finished;
  std::atomic<int> order{0};

 private:
  const Work work_;
};
std::atomic<int> Started::ended{0};

// First of all: the pool has one thread then.
void whatWasStartedFirstIsDoneFirst() {
  Signal go;
  std::vector<std::unique_ptr<Started>> jobs;
  for (int k = 0; k < 20; ++k) {
    jobs.push_back(std::make_unique<Started>(cpu::Job::Size{30, 2, 4, 0},
                                             [&](size_t, size_t, uint8_t*) { go.wait(); }));
    jobs.back()->start(1);
  }
  go.set();
  for (auto& job : jobs) job->finished.wait();
  for (size_t k = 1; k < jobs.size(); ++k) CHECK(jobs[k]->order == jobs[k - 1]->order + 1);
}

// What waits for something else does not keep from the processor what does not.
void waitingTakesNoThreadFromOthers() {
  Signal go;
  std::vector<std::unique_ptr<Started>> waiting;
  for (int k = 0; k < 5; ++k) {
    waiting.push_back(std::make_unique<Started>(cpu::Job::Size{1, 1, 1, 0},
                                                [&](size_t, size_t, uint8_t*) { go.wait(); }));
    waiting.back()->start(1, true);
  }
  Started job({10, 1, 2, 0}, [](size_t, size_t, uint8_t*) {});
  job.start(1);
  job.finished.wait();
  // Nor do they keep each other.
  Started last({1, 1, 1, 0}, [](size_t, size_t, uint8_t*) {});
  last.start(1, true);
  last.finished.wait();
  go.set();
  for (auto& each : waiting) each->finished.wait();
}

// A job that has all threads lets one go to a job that has none.
void aLongJobDoesNotKeepAShortOneWaiting() {
  std::atomic<unsigned> working{0};
  Signal bothWork;
  Started* other = nullptr;
  Started longer({1000000, 1, 2, 0}, [&](size_t, size_t, uint8_t*) {
    if (++working == 2) bothWork.set();
    std::this_thread::sleep_for(std::chrono::microseconds(20));
    --working;
  });
  Started shorter({4, 1, 2, 0}, [](size_t, size_t, uint8_t*) {});
  other = &shorter;
  longer.start(2);
  bothWork.wait();
  other->start(2);
  other->finished.wait();
  CHECK(!longer.finished.isSet());
  cpu::cancel(longer);
  longer.finished.wait();
}

void aCancelledJobEnds() {
  // Not begun: the pool's two threads are at another.
  Signal go, bothWork;
  std::atomic<int> done{0}, working{0};
  Started busy({2, 1, 2, 0}, [&](size_t, size_t, uint8_t*) {
    if (++working == 2) bothWork.set();
    go.wait();
  });
  busy.start(2);
  bothWork.wait();
  Started never({10, 1, 2, 0}, [&](size_t, size_t, uint8_t*) { ++done; });
  never.start(2);
  cpu::cancel(never);
  CHECK(never.finished.isSet() && done == 0);
  // Under way: no share is begun any more.
  cpu::cancel(busy);
  go.set();
  busy.finished.wait();
  // Done.
  cpu::cancel(busy);
}

// One thread is woken, and wakes others: of items that wait for each other, each needs a thread.
void allThreadsThatMayHelpCome() {
  constexpr unsigned kThreads = 6;
  for (int i = 0; i < 20; ++i) {
    std::atomic<unsigned> here{0};
    const auto waitForAll = [&](size_t, size_t) {
      ++here;
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
      while (here < kThreads && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::microseconds(20));
      }
      CHECK(here == kThreads);
    };
    // A thread that was told to expect this job, or that has already given up.
    if (i % 4 < 2) cpu::expectJob();
    if (i % 8 < 2) std::this_thread::sleep_for(std::chrono::microseconds(i % 8 == 0 ? 20 : 200));
    if (i % 2 == 0) {
      parallelFor(kThreads, 1, kThreads, waitForAll);
    } else {
      Started job({kThreads, 1, kThreads, 0},
                  [&](size_t begin, size_t end, uint8_t*) { waitForAll(begin, end); });
      job.start(kThreads);
      job.finished.wait();
    }
    // So that all are asleep.
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

void everyItemIsDoneOnce() {
  Random random(6);
  for (int i = 0; i < 500; ++i) {
    const auto items = static_cast<size_t>(random.between(0, 300));
    const auto grain = static_cast<size_t>(random.between(1, 20));
    const auto threads = static_cast<unsigned>(random.between(1, 8));
    std::vector<int> done(items);  // not atomic: each item belongs to one thread
    const auto work = [&](size_t begin, size_t end) {
      CHECK(end - begin <= grain || threads == 1 || items <= grain);
      for (size_t k = begin; k < end; ++k) ++done[k];
    };
    if (random.chance(0.5)) {
      parallelFor(items, grain, threads, work);
    } else {
      Started job({items, grain, threads, 0},
                  [&](size_t begin, size_t end, uint8_t*) { work(begin, end); });
      job.start(static_cast<unsigned>(random.between(1, 6)));
      job.finished.wait();
    }
    for (const int times : done) CHECK(times == 1);
  }
}

void threadsHaveScratchOfTheirOwn() {
  constexpr size_t kBytes = 100;
  std::atomic<int> next{0};
  Started job({300, 1, 6, kBytes}, [&](size_t, size_t, uint8_t* scratch) {
    CHECK(reinterpret_cast<uintptr_t>(scratch) % cpu::kScratchAlignment == 0);
    const auto mine = static_cast<uint8_t>(++next);
    for (size_t k = 0; k < kBytes; ++k) scratch[k] = mine;
    std::this_thread::yield();
    for (size_t k = 0; k < kBytes; ++k) CHECK(scratch[k] == mine);
  });
  job.start(6);
  job.finished.wait();
}

void callersDoNotDisturbEachOther() {
  std::vector<std::thread> callers;
  std::atomic<int> finished{0};
  for (int caller = 0; caller < 6; ++caller) {
    callers.emplace_back([&finished, caller] {
      for (int i = 0; i < 300; ++i) {
        std::vector<int> done(64);
        const auto work = [&](size_t begin, size_t end) {
          for (size_t k = begin; k < end; ++k) ++done[k];
        };
        Started job({done.size(), 3, 4, 0},
                    [&](size_t begin, size_t end, uint8_t*) { work(begin, end); });
        if (i % 3 == 0) cpu::expectJob();
        if (caller % 2 == 0) {
          parallelFor(done.size(), 3, 4, work);
        } else {
          job.start(4, i % 7 == 0);
          if (i % 5 == 0) cpu::cancel(job);
          job.finished.wait();
          if (i % 5 == 0) continue;
        }
        for (const int times : done) CHECK(times == 1);
      }
      ++finished;
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(finished == 6);
}

}  // namespace

int main() {
  whatWasStartedFirstIsDoneFirst();
  waitingTakesNoThreadFromOthers();
  aLongJobDoesNotKeepAShortOneWaiting();
  aCancelledJobEnds();
  allThreadsThatMayHelpCome();
  everyItemIsDoneOnce();
  threadsHaveScratchOfTheirOwn();
  callersDoNotDisturbEachOther();
}
