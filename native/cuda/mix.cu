// SPDX-License-Identifier: MIT
//
// The third image (cuda/fatbin.h): the kernels of GridMix.
#include "cuda/entry.h"
#include "cuda/mix_kernel.h"

namespace gridmask::cuda {

template <class Shape>
__device__ inline void mixInPlace(const KernelParams& params) {
  MixThread<Shape> thread(params, blockIdx.x, threadIdx.x);
  const uint32_t begin = blockIdx.y * params.planesPerBlock;
  const uint32_t end = min(begin + params.planesPerBlock, params.planes);
  for (uint32_t plane = begin; plane < end; plane += Shape::planes) {
    for (uint32_t turn = 0; turn < params.turns; ++turn) {
      if (plane == begin || params.turns > 1) thread.decide(params, turn);
      thread.read(params, turn, plane);
      __syncthreads();
      thread.write(params, plane);
    }
  }
}

template <bool inPlace, bool whole, bool severalPlanes>
__device__ inline void mix(const KernelParams& params) {
  if constexpr (inPlace) {
    mixInPlace<MixShape<whole, severalPlanes>>(params);
  } else {
    mixNewThread<whole>(params, blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x);
  }
}

}  // namespace gridmask::cuda

#define GRIDMASK_MIX(name, inPlace, ...)                                                \
  extern "C" __global__ void __launch_bounds__(                                         \
      (inPlace) ? gridmask::cuda::kMaxMixThreads : gridmask::cuda::kMaxBlockThreads,    \
      (inPlace) ? gridmask::cuda::kMinMixInPlaceBlocks : gridmask::cuda::kMinMixBlocks) \
      name(const GRIDMASK_GRID_CONSTANT gridmask::cuda::KernelParams params) {          \
    gridmask::cuda::mix<inPlace, __VA_ARGS__>(params);                                  \
  }
GRIDMASK_MIX_KERNELS(GRIDMASK_MIX)
