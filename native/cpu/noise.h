// SPDX-License-Identifier: MIT
//
// Masks a batch on the CPU with noise for a fill.
#pragma once

#include "cpu/backend.h"

namespace gridmask::cpu {

// As applyJob(), of a batch, not an empty one, whose `noise` has a kind. Needs its channels'
// memory.
std::unique_ptr<Job> noiseJob(const MaskBatch& batch, unsigned threads, const Kernels& kernels);

}  // namespace gridmask::cpu
