// SPDX-License-Identifier: MIT
//
// The last image (cuda/fatbin.h): the kernels that make batches of decoded images.
#include "cuda/entry.h"
#include "cuda/preprocess_kernel.h"

#define GRIDMASK_PREPROCESS(name, type, together)                                         \
  GRIDMASK_ENTRY(                                                                         \
      name, (gridmask::cuda::PreprocessShape<gridmask::ValueType::type, together>::minBlocks)) { \
    gridmask::cuda::PreprocessTile<                                                       \
        gridmask::cuda::PreprocessShape<gridmask::ValueType::type, together>>(params)     \
        .run(blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x);                            \
  }
GRIDMASK_PREPROCESS_KERNELS(GRIDMASK_PREPROCESS)

#define GRIDMASK_PREPROCESS_PIXELS(name, Pixel)                                                   \
  GRIDMASK_ENTRY(name, gridmask::cuda::Pixel::kMinBlocks) {                                       \
    gridmask::cuda::Pixel(params).run(blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x);           \
  }
GRIDMASK_PREPROCESS_PIXELS_KERNEL(GRIDMASK_PREPROCESS_PIXELS)
