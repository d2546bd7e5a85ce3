// SPDX-License-Identifier: MIT
//
// Masks a batch on the CPU, with noise as the fill.
#pragma once

#include "cpu/backend.h"

namespace gridmask::cpu {

// Like applyJob(), for a non-empty batch whose `noise` has a kind. Its channels must outlive the
// job.
std::unique_ptr<Job> noiseJob(const MaskBatch& batch, unsigned threads, const Kernels& kernels);

}  // namespace gridmask::cpu
