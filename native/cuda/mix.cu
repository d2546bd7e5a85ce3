// SPDX-License-Identifier: MIT
//
// The third image (cuda/fatbin.h): the kernels of GridMix.
#include "cuda/entry.h"
#include "cuda/mix_in_place_kernel.h"
#include "cuda/mix_kernel.h"

namespace gridmask::cuda {

template <class Thread>
__device__ inline void mixInPlace(const KernelParams& params) {
  __shared__ typename Thread::Shared shared;
  Thread::prepare(params, threadIdx.x, shared);
  if (Thread::kPrepares) __syncthreads();
  Thread thread(params, blockIdx.x, threadIdx.x);
  const auto decide = [&](uint32_t turn) {
    thread.decide(params, turn, shared);
    thread.join(Thread::kBlends ? ofNeighbour(thread.dropped()) : 0);
  };
  const uint32_t begin = blockIdx.y * params.planesPerBlock;
  const uint32_t end = min(begin + params.planesPerBlock, params.planes);
  const uint32_t turns = Thread::kTakesTurns ? params.turns : 1;
  if (!Thread::kTakesTurns) decide(0);
  uint8_t* images = params.target + begin * params.planeBytes;
  GRIDMASK_NO_UNROLL
  for (uint32_t plane = begin; plane < end; ++plane, images += params.planeBytes) {
    GRIDMASK_NO_UNROLL
    for (uint32_t turn = 0; turn < turns; ++turn) {
      if (Thread::kTakesTurns && (plane == begin || turns > 1)) decide(turn);
      Vector vectors[Thread::kSamples];
      thread.read(params, turn, images, vectors);
      __syncthreads();
      thread.write(params, images, vectors);
    }
  }
}

}  // namespace gridmask::cuda

#define GRIDMASK_MIX_NEW(name, whole)                                                             \
  GRIDMASK_ENTRY(name, 4) {                                                                       \
    gridmask::cuda::mixNewThread<whole>(params, blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x); \
  }
GRIDMASK_MIX_NEW_KERNELS(GRIDMASK_MIX_NEW)

#define GRIDMASK_MIX_IN_PLACE(name, Thread)                                        \
  extern "C" __global__ void __launch_bounds__(gridmask::cuda::Thread::kThreads,   \
                                               gridmask::cuda::Thread::kMinBlocks) \
      name(const GRIDMASK_GRID_CONSTANT gridmask::cuda::KernelParams params) {     \
    gridmask::cuda::mixInPlace<gridmask::cuda::Thread>(params);                    \
  }
GRIDMASK_MIX_IN_PLACE_KERNELS(GRIDMASK_MIX_IN_PLACE)
