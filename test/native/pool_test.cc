// SPDX-License-Identifier: MIT
//
// The thread pool: every item once, from several callers at a time. Meant for ThreadSanitizer too.

#include "cpu/pool.h"

#include <atomic>
#include <thread>
#include <vector>

#include "check.h"

using gridmask::cpu::parallelFor;

static void everyItemIsDoneOnce() {
  Random random(6);
  for (int i = 0; i < 500; ++i) {
    const auto items = static_cast<size_t>(random.between(0, 300));
    const auto grain = static_cast<size_t>(random.between(1, 20));
    const auto threads = static_cast<unsigned>(random.between(1, 8));
    std::vector<int> done(items);  // not atomic: each item belongs to one thread
    parallelFor(items, grain, threads, [&](size_t begin, size_t end) {
      CHECK(end - begin <= grain || threads == 1 || items <= grain);
      for (size_t k = begin; k < end; ++k) ++done[k];
    });
    for (const int times : done) CHECK(times == 1);
  }
}

static void callersDoNotDisturbEachOther() {
  std::vector<std::thread> callers;
  std::atomic<int> finished{0};
  for (int caller = 0; caller < 6; ++caller) {
    callers.emplace_back([&finished] {
      for (int i = 0; i < 300; ++i) {
        std::vector<int> done(64);
        parallelFor(done.size(), 3, 4, [&](size_t begin, size_t end) {
          for (size_t k = begin; k < end; ++k) ++done[k];
        });
        for (const int times : done) CHECK(times == 1);
      }
      ++finished;
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(finished == 6);
}

int main() {
  everyItemIsDoneOnce();
  callersDoNotDisturbEachOther();
}
