// SPDX-License-Identifier: MIT
//
// Ranges of time that a profiler shows, by NVIDIA's NVTX: nothing where none is attached. Of its
// protocol this is what ranges need, so that no toolkit's headers are needed to build.
#pragma once

namespace gridmask::cuda {

// From here until it is destroyed, on this thread. `name` is a string literal.
class Range {
 public:
  explicit Range(const char* name);
  ~Range();
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;

 private:
  const bool pushed_;
};

}  // namespace gridmask::cuda
