// SPDX-License-Identifier: MIT
//
// Masks a batch of images on the CPU.
#pragma once

#include "cpu/kernels.h"
#include "lattice/mask_batch.h"

namespace gridmask::cpu {

// Dropped pixels become the fill, kept ones keep their bits. On up to `threads` threads.
void apply(const MaskBatch& batch, unsigned threads, const Kernels& kernels = bestKernels());

}  // namespace gridmask::cpu
