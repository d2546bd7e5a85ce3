// SPDX-License-Identifier: MIT
//
// The third image (cuda/fatbin.h): the kernels of GridMix.
#include "cuda/entry.h"
#include "cuda/mix_kernel.h"

namespace gridmask::cuda {

template <bool whole>
__device__ inline void mixInPlace(const KernelParams& params) {
  MixThread<whole> thread(params, blockIdx.x, threadIdx.x);
  const uint32_t begin = blockIdx.y * params.planesPerBlock;
  const uint32_t end = min(begin + params.planesPerBlock, params.planes);
  for (uint32_t plane = begin; plane < end; ++plane) {
    for (uint32_t turn = 0; turn < params.turns; ++turn) {
      if (plane == begin || params.turns > 1) thread.decide(params, turn);
      thread.read(params, turn, plane);
      __syncthreads();
      thread.write(params, turn, plane);
    }
  }
}

template <bool whole, bool inPlace>
__device__ inline void mix(const KernelParams& params) {
  if constexpr (inPlace) {
    mixInPlace<whole>(params);
  } else {
    mixNewThread<whole>(params, blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x);
  }
}

}  // namespace gridmask::cuda

#define GRIDMASK_MIX(name, whole, inPlace)                      \
  GRIDMASK_ENTRY(name, gridmask::cuda::minMixBlocks(inPlace)) { \
    gridmask::cuda::mix<whole, inPlace>(params);                \
  }
GRIDMASK_MIX_KERNELS(GRIDMASK_MIX)
