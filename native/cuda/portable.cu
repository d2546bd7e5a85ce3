// SPDX-License-Identifier: MIT
//
// The image of PTX alone: the kernels of Random GridMask, of GridMix where rows are not aligned,
// and of noise.
#include "cuda/entry.h"
#include "cuda/noise_kernel.h"

#define GRIDMASK_RANDOM(name, bytes, values, onePlane, inPlace)                                    \
  GRIDMASK_ENTRY(name, (gridmask::cuda::MaskShape<bytes, values, onePlane, inPlace>::minBlocks)) { \
    gridmask::cuda::mask<gridmask::cuda::MaskShape<bytes, values, onePlane, inPlace, true>>(       \
        params);                                                                                   \
  }
GRIDMASK_RANDOM_KERNELS(GRIDMASK_RANDOM)

GRIDMASK_MIX_NARROW_KERNELS(GRIDMASK_MIX_ENTRY)

#define GRIDMASK_NOISE(name, bytes, inPlace)                                           \
  GRIDMASK_ENTRY(name, gridmask::cuda::kMinNoiseBlocks) {                              \
    gridmask::cuda::NoiseTile<gridmask::cuda::NoiseShape<bytes, inPlace>>(params).run( \
        blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x);                              \
  }
GRIDMASK_NOISE_KERNELS(GRIDMASK_NOISE)
