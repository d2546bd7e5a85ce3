// SPDX-License-Identifier: MIT
//
// The kernels on the host: block by block, and in a block phase by phase, each for all threads
// before the next.
#pragma once

#include "cuda/kernel_list.h"
#include "cuda/kernel_params.h"

namespace gridmask::cuda {

struct HostBlock {
  uint32_t x, y, z;
};
using HostKernel = void (*)(const KernelParams& params, HostBlock block);

HostKernel hostKernel(Kernel kernel);

}  // namespace gridmask::cuda
