// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace gridmask::addon {

// Results of native calls; lib/ has the same numbers.
enum Status : int32_t {
  kDone = 0,
  kBadArguments = 1,
  kOverlap = 2,      // source and target partly overlap
  kCudaFailed = 3,   // returned as an object, see addon/cuda.cc
  kTooLarge = 4,     // for CUDA's kernels
  kOutOfMemory = 5,  // of the host
};

}  // namespace gridmask::addon
