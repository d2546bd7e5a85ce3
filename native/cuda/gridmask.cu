// SPDX-License-Identifier: MIT
//
// The kernels' entry points. What they do is in mask_thread.h, which compiles for the host too.
#include "cuda/kernel_list.h"
#include "cuda/mask_thread.h"

#define GRIDMASK_KERNEL(name, bytes, interleaved, aligned, inPlace)                      \
  extern "C" __global__ void __launch_bounds__(256)                                      \
      name(const __grid_constant__ gridmask::cuda::KernelParams params) {                \
    gridmask::cuda::maskThread<bytes, interleaved, aligned, inPlace>(                    \
        params, blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x);                        \
  }
GRIDMASK_KERNELS(GRIDMASK_KERNEL)
