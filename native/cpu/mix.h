// SPDX-License-Identifier: MIT
//
// Mixes a batch of images on the CPU.
#pragma once

#include <memory>

#include "cpu/kernels.h"
#include "cpu/pool.h"
#include "cpu/strategy.h"
#include "lattice/mix.h"

namespace gridmask::cpu {

// Dropped pixels become the partner's, kept ones keep their bits. On up to `threads` threads.
// Throws std::bad_alloc before anything is written.
void mix(const MixBatch& batch, unsigned threads, const Kernels& kernels = bestKernels(),
         Strategy strategy = Strategy::kAuto);

// The same as a job, which still needs the memory that the batch is of.
std::unique_ptr<Job> mixJob(const MixBatch& batch, unsigned threads,
                            const Kernels& kernels = bestKernels(),
                            Strategy strategy = Strategy::kAuto);

}  // namespace gridmask::cpu
