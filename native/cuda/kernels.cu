// SPDX-License-Identifier: MIT
//
// The image with machine code: the kernels of ordinary batches.
#include "cuda/entry.h"
#include "cuda/mask_rows_kernel.h"

// Turing's multiprocessors have no room for more than four blocks, and ptxas warns.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ == 750
#define GRIDMASK_AT_MOST(blocks) ((blocks) < 4 ? (blocks) : 4)
#else
#define GRIDMASK_AT_MOST(blocks) (blocks)
#endif

#define GRIDMASK_MASK(name, bytes, values, onePlane, inPlace)                                     \
  GRIDMASK_ENTRY(name,                                                                            \
                 GRIDMASK_AT_MOST(                                                                \
                     (gridmask::cuda::MaskShape<bytes, values, onePlane, inPlace>::minBlocks))) { \
    gridmask::cuda::mask<gridmask::cuda::MaskShape<bytes, values, onePlane, inPlace>>(params);    \
  }
GRIDMASK_MASK_KERNELS(GRIDMASK_MASK)

#define GRIDMASK_MASK_ROWS(name, bytes, interleaved, inPlace)                                   \
  GRIDMASK_ENTRY(name, gridmask::cuda::kMinRowsBlocks) {                                        \
    gridmask::cuda::maskRowsThread<bytes, interleaved, inPlace>(params, blockIdx.x, blockIdx.y, \
                                                                blockIdx.z, threadIdx.x);       \
  }
GRIDMASK_MASK_ROWS_KERNELS(GRIDMASK_MASK_ROWS)

GRIDMASK_MIX_KERNELS(GRIDMASK_MIX_ENTRY)
