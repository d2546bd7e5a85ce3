// SPDX-License-Identifier: MIT
//
// Masks a batch on the CPU in some of its channels, as where alpha is to stay.
#pragma once

#include "cpu/backend.h"

namespace gridmask::cpu {

// As applyJob(), of a batch, not an empty one, that says which bytes are filled.
std::unique_ptr<Job> someChannelsJob(const MaskBatch& batch, unsigned threads,
                                     const Kernels& kernels);

}  // namespace gridmask::cpu
