// SPDX-License-Identifier: MIT
//
// Counts the pixels that masks keep, without making the masks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/kernels.h"
#include "lattice/mask_batch.h"

namespace gridmask::cpu {

// The number of an image's pixels that each of `count` masks keeps, into `counts`. On up to
// `threads` threads. Throws std::bad_alloc, and has written nothing then.
void countKept(const Samples& samples, size_t count, int32_t height, int32_t width, double* counts,
               unsigned threads, const Kernels& kernels = bestKernels());

// Pixels x0 <= x < x1, y0 <= y < y1 of an image.
struct Box {
  int32_t x0;
  int32_t y0;
  int32_t x1;
  int32_t y1;
};

// The number of pixels of each box that the first of `masks` keeps; otherwise as above.
void countKept(const Masks& masks, int32_t height, int32_t width, const Box* boxes, size_t count,
               double* counts);

}  // namespace gridmask::cpu
