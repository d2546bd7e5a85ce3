// SPDX-License-Identifier: MIT
//
// The kernels' entry points. What they do is in mask_thread.h, which compiles for the host too.
#include "cuda/kernel_list.h"
#include "cuda/mask_thread.h"
#include "cuda/mix_thread.h"

// Blocks of kMaxBlockThreads that a multiprocessor must have room for, which bounds the registers.
// Without the bound, the compiler of some toolkits spills to keep to 32 of them.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ == 750
constexpr int kMinBlocks = 4;  // all that there is room for
#else
constexpr int kMinBlocks = 5;
#endif

#define GRIDMASK_KERNEL(name, bytes, interleaved, aligned, inPlace)                            \
  extern "C" __global__ void __launch_bounds__(gridmask::cuda::kMaxBlockThreads, kMinBlocks)   \
      name(const GRIDMASK_GRID_CONSTANT gridmask::cuda::KernelParams params) {                      \
    gridmask::cuda::maskThread<bytes, interleaved, aligned, inPlace>(params, blockIdx.x,       \
                                                                     blockIdx.y, blockIdx.z,   \
                                                                     threadIdx.x);             \
  }
GRIDMASK_KERNELS(GRIDMASK_KERNEL)

extern "C" __global__ void __launch_bounds__(gridmask::cuda::kMaxBlockThreads, kMinBlocks)
    gridmask_mix(const GRIDMASK_GRID_CONSTANT gridmask::cuda::MixParams params) {
  gridmask::cuda::mixThread(params, blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x);
}
