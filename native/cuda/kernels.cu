// SPDX-License-Identifier: MIT
//
// The first image (cuda/fatbin.h): the kernels of ordinary batches.
#include "cuda/entry.h"

// Some multiprocessors have no room for eight blocks, and ptxas warns.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ == 750
#define GRIDMASK_ROOM 4
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ == 1200
#define GRIDMASK_ROOM 6
#else
#define GRIDMASK_ROOM 8
#endif
#define GRIDMASK_AT_MOST(blocks) ((blocks) < GRIDMASK_ROOM ? (blocks) : GRIDMASK_ROOM)

#define GRIDMASK_MASK(name, ...)                                                                   \
  GRIDMASK_MASK_ENTRY(name, GRIDMASK_AT_MOST((gridmask::cuda::MaskShape<__VA_ARGS__>::minBlocks)), \
                      __VA_ARGS__)
GRIDMASK_MASK_KERNELS(GRIDMASK_MASK)
