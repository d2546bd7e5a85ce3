// SPDX-License-Identifier: MIT
//
// What the host and the mixing kernel exchange; as cuda/kernel.h.
#pragma once

#include <cstdint>

#include "cuda/kernel.h"

namespace gridmask::cuda {

// The only parameter of the kernel. Made by mixParamsOf() (cuda/mix.h).
struct MixParams {
  const uint8_t* source;
  uint8_t* target;
  const KernelSample* samples;
  const int32_t* partner;
  const int32_t* walks;  // in place: a sample of each cycle; else null: every sample
  uint64_t sampleBytes;
  uint64_t planeBytes;
  uint64_t rowBytes;
  Reciprocal vectorsPerRowReciprocal;
  Reciprocal heightReciprocal;
  Reciprocal pixelBytesReciprocal;
  uint32_t walkCount;
  uint32_t planesOfThread;  // in place 1, else all of them
  uint32_t height;
  uint32_t pixelBytes;
  uint32_t vectorBytes;
  uint32_t vectorsPerRow;
  uint32_t threadsPerWalk;
  uint32_t threadsPerBlock;
  uint32_t gridY;  // walks lie along y and z of the grid
  uint32_t padding;
};
static_assert(sizeof(MixParams) == 128, "the same on both sides");

}  // namespace gridmask::cuda
