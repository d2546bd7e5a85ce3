// SPDX-License-Identifier: MIT
//
// The last image (cuda/fatbin.h): the kernels that make batches of decoded images.
#include "cuda/entry.h"
#include "cuda/preprocess_kernel.h"

namespace gridmask::cuda {

template <class Shape>
__device__ inline void preprocess(const KernelParams& params) {
  using Tile = PreprocessTile<Shape>;
  Tile tile;
  // A warp leaves as a whole.
  if (!tile.make(params, blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x)) return;
  if constexpr (Shape::together) {
    __shared__ Vector exchanged[kMaxBlockThreads / kWarp * Tile::kExchanged];
    Vector* const ofWarp = exchanged + threadIdx.x / kWarp * Tile::kExchanged;
    tile.give(ofWarp);
    __syncwarp();
    tile.write(params, ofWarp);
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
