// SPDX-License-Identifier: MIT
//
// Masks a batch on the CPU with noise for a fill.
#pragma once

#include "cpu/backend.h"

namespace gridmask::cpu {

// As apply(), of a batch whose `noise` has a kind.
void applyNoise(const MaskBatch& batch, unsigned threads, const Kernels& kernels);

}  // namespace gridmask::cpu
