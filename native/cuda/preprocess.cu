// SPDX-License-Identifier: MIT
//
// The last image (cuda/fatbin.h): the kernels that make batches of decoded images.
#include "cuda/entry.h"
#include "cuda/preprocess_kernel.h"

#define GRIDMASK_PREPROCESS(name, ...)                                                    \
  GRIDMASK_ENTRY(name, (gridmask::cuda::PreprocessShape<__VA_ARGS__>::minBlocks)) {       \
    using Shape = gridmask::cuda::PreprocessShape<__VA_ARGS__>;                           \
    gridmask::cuda::PreprocessTile<Shape>(params).run(blockIdx.x, blockIdx.y, blockIdx.z, \
                                                      threadIdx.x);                       \
  }
GRIDMASK_PREPROCESS_KERNELS(GRIDMASK_PREPROCESS)

#define GRIDMASK_PREPROCESS_PIXELS(name, Pixel)                                         \
  GRIDMASK_ENTRY(name, gridmask::cuda::Pixel::kMinBlocks) {                             \
    gridmask::cuda::Pixel(params).run(blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x); \
  }
GRIDMASK_PREPROCESS_PIXELS_KERNEL(GRIDMASK_PREPROCESS_PIXELS)
