// SPDX-License-Identifier: MIT
//
// The second image (cuda/fatbin.h): the kernels of batches whose rows are not aligned.
#include "cuda/entry.h"
#include "cuda/mask_rows_kernel.h"

#define GRIDMASK_MASK_ROWS(name, bytes, interleaved, inPlace)                                   \
  GRIDMASK_ENTRY(name, gridmask::cuda::kMinRowsBlocks) {                                        \
    gridmask::cuda::maskRowsThread<bytes, interleaved, inPlace>(params, blockIdx.x, blockIdx.y, \
                                                                blockIdx.z, threadIdx.x);       \
  }
GRIDMASK_MASK_ROWS_KERNELS(GRIDMASK_MASK_ROWS)
