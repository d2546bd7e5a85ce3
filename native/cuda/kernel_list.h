// SPDX-License-Identifier: MIT
//
// The kernels: KERNEL(name, bytes of a value, interleaved, aligned, in place).
//
//   interleaved  a pixel of a plane holds the values of several channels (NHWC), else one (NCHW)
//   aligned      only for batches whose rows all begin and end at multiples of 16 bytes
//   in place     what is kept is neither read nor written
//
// Interleaved batches have one plane: to ask there whether rows are aligned costs little, and
// kernels take room.
//
// Noise for a fill has a kernel of its own, kNoiseKernel, in an image of its own (cuda/image.h).
#pragma once

#define GRIDMASK_KERNELS_OF(KERNEL, bytes)                                        \
  KERNEL(gridmask_planar_##bytes##_in_place, bytes, false, true, true)            \
  KERNEL(gridmask_planar_##bytes##_new, bytes, false, true, false)                \
  KERNEL(gridmask_planar_##bytes##_in_place_unaligned, bytes, false, false, true) \
  KERNEL(gridmask_planar_##bytes##_new_unaligned, bytes, false, false, false)     \
  KERNEL(gridmask_interleaved_##bytes##_in_place, bytes, true, false, true)       \
  KERNEL(gridmask_interleaved_##bytes##_new, bytes, true, false, false)

#define GRIDMASK_KERNELS(KERNEL) \
  GRIDMASK_KERNELS_OF(KERNEL, 1) \
  GRIDMASK_KERNELS_OF(KERNEL, 2) \
  GRIDMASK_KERNELS_OF(KERNEL, 4)

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace gridmask::cuda {

constexpr const char* kNoiseKernel = "gridmask_noise";

// All kernels, as entries of a table.
enum class Kernel : uint32_t {
#define GRIDMASK_NAME(name, bytes, interleaved, aligned, inPlace) name,
  GRIDMASK_KERNELS(GRIDMASK_NAME)
#undef GRIDMASK_NAME
      gridmask_mix,
  gridmask_noise,
};
constexpr size_t kKernels = static_cast<size_t>(Kernel::gridmask_noise) + 1;

constexpr const char* kKernelNames[kKernels] = {
#define GRIDMASK_NAME(name, bytes, interleaved, aligned, inPlace) #name,
    GRIDMASK_KERNELS(GRIDMASK_NAME)
#undef GRIDMASK_NAME
        "gridmask_mix",
    "gridmask_noise",
};

inline Kernel kernelNamed(const char* name) {
  size_t i = 0;
  while (std::strcmp(kKernelNames[i], name) != 0) ++i;
  return static_cast<Kernel>(i);
}

}  // namespace gridmask::cuda
