// SPDX-License-Identifier: MIT
//
// The last image (cuda/fatbin.h): the kernels that make batches of decoded images.
#include "cuda/entry.h"
#include "cuda/preprocess_kernel.h"

namespace gridmask::cuda {

template <class Shape>
__device__ inline void preprocess(const KernelParams& params) {
  PreprocessTile<Shape> tile;
  const uint32_t row = blockIdx.y * blockDim.y + threadIdx.y;
  const uint32_t entry = entryOfBlock();
  tile.make(params, blockIdx.x * blockDim.x + threadIdx.x, row, entry);
  if constexpr (Shape::together) {
    __shared__ Vector exchanged[kMaxBlockThreads * kTogether];
    Vector* const ofRow = exchanged + threadIdx.y * blockDim.x * kTogether;
    tile.give(ofRow + threadIdx.x * kTogether);
    __syncthreads();
    tile.write(params, ofRow, blockIdx.x, threadIdx.x, row, entry);
  }
}

}  // namespace gridmask::cuda

#define GRIDMASK_PREPROCESS(name, ...)                                                \
  GRIDMASK_ENTRY(name, (gridmask::cuda::PreprocessShape<__VA_ARGS__>::minBlocks)) {   \
    gridmask::cuda::preprocess<gridmask::cuda::PreprocessShape<__VA_ARGS__>>(params); \
  }
GRIDMASK_PREPROCESS_KERNELS(GRIDMASK_PREPROCESS)

#define GRIDMASK_PREPROCESS_PIXELS(name, Pixel)                                         \
  GRIDMASK_ENTRY(name, gridmask::cuda::Pixel::kMinBlocks) {                             \
    gridmask::cuda::Pixel(params).run(blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x); \
  }
GRIDMASK_PREPROCESS_PIXELS_KERNEL(GRIDMASK_PREPROCESS_PIXELS)
