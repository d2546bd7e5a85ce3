// SPDX-License-Identifier: MIT
//
// The fourth image (cuda/fatbin.h): pixels of 8 and 16 bytes, Random GridMask, noise.
#include "cuda/entry.h"
#include "cuda/noise_kernel.h"

#define GRIDMASK_MASK(name, ...) \
  GRIDMASK_MASK_ENTRY(name, (gridmask::cuda::MaskShape<__VA_ARGS__>::minBlocks), __VA_ARGS__)
GRIDMASK_RARE_MASK_KERNELS(GRIDMASK_MASK)

#define GRIDMASK_NOISE(name, bytes, inPlace)                                           \
  GRIDMASK_ENTRY(name, gridmask::cuda::kMinNoiseBlocks) {                              \
    gridmask::cuda::NoiseTile<gridmask::cuda::NoiseShape<bytes, inPlace>>(params).run( \
        blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x);                              \
  }
GRIDMASK_NOISE_KERNELS(GRIDMASK_NOISE)
