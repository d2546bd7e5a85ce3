// SPDX-License-Identifier: MIT
//
// Ranges of time that a profiler shows, through NVIDIA's NVTX; they do nothing if none is attached.
// This is the part of the protocol that ranges need, so that no toolkit's headers are needed to
// build.
#pragma once

namespace gridmask::cuda {

// A range from here until this is destroyed, on this thread. `name` is a string literal.
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
