// SPDX-License-Identifier: MIT
//
// Host only: a sample's constants for the kernels.
#pragma once

#include <cstdint>

#include "cuda/kernel_params.h"
#include "lattice/lattice.h"

namespace gridmask::cuda {

// Of sample `number` of a batch, at most kMaxSamples. Its rows are those of an image of which they
// are the rows from `firstRow` on. A sample that is not masked has no squares.
KernelSample kernelSampleOf(const Lattice& lattice, uint32_t number, int32_t firstRow = 0);

// The same for an image of height x width pixels, only where the sample is random.
KernelUnits kernelUnitsOf(const Lattice& lattice, int32_t height, int32_t width,
                          int32_t firstRow = 0);

}  // namespace gridmask::cuda
