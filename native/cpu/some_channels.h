// SPDX-License-Identifier: MIT
//
// Masks only some channels of a batch on the CPU, for example all but alpha.
#pragma once

#include "cpu/backend.h"

namespace gridmask::cpu {

// Like applyJob(), for a non-empty batch that says which bytes are filled.
std::unique_ptr<Job> someChannelsJob(const MaskBatch& batch, unsigned threads,
                                     const Kernels& kernels);

}  // namespace gridmask::cpu
