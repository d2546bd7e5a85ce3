// SPDX-License-Identifier: MIT
//
// Masks a batch of images on the CPU.
#pragma once

#include <memory>

#include "cpu/kernels.h"
#include "cpu/pool.h"
#include "cpu/strategy.h"
#include "lattice/mask_batch.h"

namespace gridmask::cpu {

// Dropped pixels become the fill, kept ones keep their bits. On up to `threads` threads. Throws
// std::bad_alloc before anything is written.
void apply(const MaskBatch& batch, unsigned threads, const Kernels& kernels = bestKernels(),
           Strategy strategy = Strategy::kAuto);

// The same as a job, which still needs the memory that the batch is of, but not the fill's.
std::unique_ptr<Job> applyJob(const MaskBatch& batch, unsigned threads,
                              const Kernels& kernels = bestKernels(),
                              Strategy strategy = Strategy::kAuto);

}  // namespace gridmask::cpu
