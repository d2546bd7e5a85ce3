// SPDX-License-Identifier: MIT
//
// Mixes a batch of images on the CPU.
#pragma once

#include "cpu/words.h"
#include "lattice/mix.h"

namespace gridmask::cpu {

// Dropped pixels become the partner's, kept ones keep their bits. On up to `threads` threads.
void mix(const MixBatch& batch, unsigned threads, const Kernels& kernels = bestKernels(),
         Way way = Way::kCheaper);

}  // namespace gridmask::cpu
