// SPDX-License-Identifier: MIT
//
// The kernels on the host, a thread at a time, for tests.
#pragma once

#include <cstring>

#include "cuda/kernel_list.h"
#include "cuda/mask_thread.h"
#include "cuda/mix_thread.h"
#include "cuda/noise_thread.h"

namespace gridmask::cuda {

using HostKernel = void (*)(const KernelParams& params, uint32_t blockX, uint32_t blockY,
                            uint32_t blockZ, uint32_t threadX);

// Null: there is no kernel of this name.
inline HostKernel hostKernel(const char* function) {
#define GRIDMASK_FIND(name, bytes, interleaved, aligned, inPlace) \
  if (std::strcmp(function, #name) == 0) return maskThread<bytes, interleaved, aligned, inPlace>;
  GRIDMASK_KERNELS(GRIDMASK_FIND)
#undef GRIDMASK_FIND
  if (std::strcmp(function, kNoiseKernel) == 0) return noiseThread;
  return nullptr;
}

// The same for the kernel that mixes, which has other parameters.
using HostMixKernel = void (*)(const MixParams& params, uint32_t blockX, uint32_t blockY,
                               uint32_t blockZ, uint32_t threadX);

inline HostMixKernel hostMixKernel(const char* function) {
  return std::strcmp(function, "gridmask_mix") == 0 ? mixThread : nullptr;
}

}  // namespace gridmask::cuda
