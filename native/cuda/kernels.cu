// SPDX-License-Identifier: MIT
//
// The first image (cuda/fatbin.h): the kernels of ordinary batches.
#include "cuda/entry.h"

// Turing's multiprocessors have no room for more than four blocks, and ptxas warns.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ == 750
#define GRIDMASK_AT_MOST(blocks) ((blocks) < 4 ? (blocks) : 4)
#else
#define GRIDMASK_AT_MOST(blocks) (blocks)
#endif

#define GRIDMASK_MASK(name, ...)                                                                   \
  GRIDMASK_MASK_ENTRY(name, GRIDMASK_AT_MOST((gridmask::cuda::MaskShape<__VA_ARGS__>::minBlocks)), \
                      __VA_ARGS__)
GRIDMASK_MASK_KERNELS(GRIDMASK_MASK)
