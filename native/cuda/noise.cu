// SPDX-License-Identifier: MIT
//
// The entry point of the kernel that fills with noise. What it does is in noise_thread.h, which
// compiles for the host too.
#include "cuda/noise_thread.h"

extern "C" __global__ void __launch_bounds__(gridmask::cuda::kMaxBlockThreads, 4)
    gridmask_noise(const GRIDMASK_GRID_CONSTANT gridmask::cuda::KernelParams params) {
  gridmask::cuda::noiseThread(params, blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x);
}
