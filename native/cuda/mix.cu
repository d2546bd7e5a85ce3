// SPDX-License-Identifier: MIT
//
// The third image (cuda/fatbin.h): the kernels of GridMix.
#include "cuda/entry.h"
#include "cuda/mix_in_place_kernel.h"
#include "cuda/mix_kernel.h"
#include "cuda/mix_pixels_kernel.h"

namespace gridmask::cuda {

template <class Thread>
__device__ inline void mixInPlace(const KernelParams& params) {
  __shared__ typename Thread::Shared shared;
  Thread::prepare(params, threadIdx.x, shared);
  if (Thread::kPrepares) __syncthreads();
  Thread thread(params, blockIdx.x, threadIdx.x);
  const auto decide = [&](uint32_t turn) {
    thread.decide(params, turn, shared);
    thread.join(Thread::kBlends ? ofNeighbour(thread.any()) : 0);
  };
  const uint32_t begin = blockIdx.y * params.planesPerBlock;
  const uint32_t end = min(begin + params.planesPerBlock, params.planes);
  const uint32_t turns = Thread::kTakesTurns ? params.turns : 1;
  const uint32_t step = Thread::kTakesTurns ? 1 : params.planesAtOnce;
  const uint64_t stepBytes = step * params.planeBytes;
  if (!Thread::kTakesTurns) decide(0);
  uint8_t* images = params.target + begin * params.planeBytes;
  GRIDMASK_NO_UNROLL
  for (uint32_t plane = begin; plane < end; plane += step, images += stepBytes) {
    GRIDMASK_NO_UNROLL
    for (uint32_t turn = 0; turn < turns; ++turn) {
      if (Thread::kTakesTurns && (plane == begin || turns > 1)) decide(turn);
      Vector vectors[Thread::kVectors];
      thread.read(params, turn, images, vectors);
      if (Thread::kPrefetches) {
        // What is read after the next barrier, and first what is read before it, too.
        GRIDMASK_NO_UNROLL
        for (uint32_t ahead = plane == begin ? 1 : 2; ahead <= 2; ++ahead) {
          if (plane + ahead * step < end) thread.prefetchFrom(images + ahead * stepBytes);
        }
      }
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

#define GRIDMASK_MIX_IN_PLACE_OF(name, threads, minBlocks, ...)                \
  extern "C" __global__ void __launch_bounds__(threads, minBlocks)             \
      name(const GRIDMASK_GRID_CONSTANT gridmask::cuda::KernelParams params) { \
    gridmask::cuda::mixInPlace<__VA_ARGS__>(params);                           \
  }
#define GRIDMASK_MIX_IN_PLACE(name, Thread)                        \
  GRIDMASK_MIX_IN_PLACE_OF(name, gridmask::cuda::Thread::kThreads, \
                           gridmask::cuda::Thread::kMinBlocks, gridmask::cuda::Thread)
GRIDMASK_MIX_IN_PLACE_KERNELS(GRIDMASK_MIX_IN_PLACE)

namespace gridmask::cuda {
template <int valueBytes, int valuesPerPixel>
using MixPixelsOf = MixPixels<MixShape<valueBytes, valuesPerPixel>>;
}  // namespace gridmask::cuda

#define GRIDMASK_MIX_PIXELS(name, ...)                                                 \
  GRIDMASK_MIX_IN_PLACE_OF(name, (gridmask::cuda::MixPixelsOf<__VA_ARGS__>::kThreads), \
                           (gridmask::cuda::MixPixelsOf<__VA_ARGS__>::kMinBlocks),     \
                           gridmask::cuda::MixPixelsOf<__VA_ARGS__>)
GRIDMASK_MIX_PIXELS_KERNELS(GRIDMASK_MIX_PIXELS)
