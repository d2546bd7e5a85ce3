// SPDX-License-Identifier: MIT
//
// Host only: from a batch to the mixing kernel's parameters and its grid.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cuda/mix_kernel.h"
#include "lattice/mix.h"

namespace gridmask::cuda {

// `batch` has at least one byte, and its images are on the device, as are the other pointers:
// `walks` are cyclesOf() in place, else null. No threads: no kernel takes rows of 2 GiB, or samples
// of 4 GiB (64 GiB where vectors have 16 bytes).
MixParams mixParamsOf(const MixBatch& batch, const KernelSample* samples, const int32_t* partner,
                      const int32_t* walks, size_t walkCount);

}  // namespace gridmask::cuda
