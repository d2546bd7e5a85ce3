// SPDX-License-Identifier: MIT
//
// The process's threads for CPU work: started when first needed, kept for good, shared by every
// environment (main thread and workers). Node's own pool has four threads, which file and DNS
// requests need.
#pragma once

#include <cstddef>

namespace gridmask::cpu {

constexpr unsigned kMaxThreads = 1024;

// Calls `work(context, begin, end)` for disjoint ranges of at most `grain` items that together make
// up [0, items), on up to `threads` threads of which the caller is one. Returns when all are done.
// May be called from several threads at once. `work` must not throw.
void parallelFor(size_t items, size_t grain, unsigned threads,
                 void (*work)(const void* context, size_t begin, size_t end), const void* context);

template <typename Work>
void parallelFor(size_t items, size_t grain, unsigned threads, const Work& work) {
  parallelFor(
      items, grain, threads,
      [](const void* context, size_t begin, size_t end) {
        (*static_cast<const Work*>(context))(begin, end);
      },
      &work);
}

}  // namespace gridmask::cpu
