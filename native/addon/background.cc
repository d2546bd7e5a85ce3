// SPDX-License-Identifier: MIT

#include "addon/background.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace gridmask::addon {
namespace {

class Threads {
 public:
  void run(const void* line, std::function<void()> work) {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto known = lines_.find(line);
    if (known != lines_.end()) {
      known->second.push_back(std::move(work));
      return;
    }
    if (idle_ == 0) {
      try {
        std::thread([this] { serve(); }).detach();
      } catch (const std::system_error&) {
        lock.unlock();
        work();
        return;
      }
      ++idle_;
    }
    --idle_;
    lines_[line].push_back(std::move(work));
    waiting_.push_back(line);
    changed_.notify_one();
  }

 private:
  void serve() {
    // Not wait(), which asks for a newer C++ library than Node does.
    constexpr std::chrono::hours kLong{1};
    std::unique_lock<std::mutex> lock(mutex_);
    for (;;) {
      while (waiting_.empty()) {
        changed_.wait_until(lock, std::chrono::system_clock::now() + kLong);
      }
      const void* const line = waiting_.front();
      waiting_.pop_front();
      for (;;) {
        std::deque<std::function<void()>>& works = lines_[line];
        if (works.empty()) break;
        std::function<void()> work = std::move(works.front());
        works.pop_front();
        lock.unlock();
        work();
        work = nullptr;  // what it holds too is not let go of under the lock
        lock.lock();
      }
      lines_.erase(line);
      ++idle_;
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<const void*, std::deque<std::function<void()>>> lines_;  // each has a thread
  std::deque<const void*> waiting_;  // lines whose thread has not yet come
  size_t idle_ = 0;                  // threads that no line has
};

// Never destroyed: its threads outlive main().
Threads& threads() {
  static Threads* instance = new Threads;
  return *instance;
}

}  // namespace

void runInBackground(const void* line, std::function<void()> work) {
  threads().run(line, std::move(work));
}

}  // namespace gridmask::addon
