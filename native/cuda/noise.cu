// SPDX-License-Identifier: MIT
//
// Entry points of the kernels that fill with noise. What they do is in noise_kernel.h, which
// compiles for the host too.
#include "cuda/kernel_list.h"
#include "cuda/noise_kernel.h"

#define GRIDMASK_NOISE(name, bytes, inPlace)                                               \
  extern "C" __global__ void __launch_bounds__(gridmask::cuda::kMaxBlockThreads, 5)        \
      name(const GRIDMASK_GRID_CONSTANT gridmask::cuda::KernelParams params) {             \
    gridmask::cuda::NoiseTile<gridmask::cuda::NoiseShape<bytes, inPlace>>(params).run(     \
        blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x);                                  \
  }
GRIDMASK_NOISE_KERNELS(GRIDMASK_NOISE)
