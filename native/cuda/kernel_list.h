// SPDX-License-Identifier: MIT
//
// The kernels' entry points.
#pragma once

// KERNEL(name, bytes of a value, values of a pixel, in place): cuda/mask_kernel.h, for batches
// whose rows are all aligned. A pixel of 1, 2 or 4 bytes is one value, whatever it is made of.
#define GRIDMASK_MASK_KERNELS_OF(KERNEL, bytes, values)                 \
  KERNEL(gridmask_mask_##bytes##x##values##_new, bytes, values, false)  \
  KERNEL(gridmask_mask_##bytes##x##values##_in_place, bytes, values, true)

#define GRIDMASK_MASK_KERNELS(KERNEL)      \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, 1, 1)   \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, 2, 1)   \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, 4, 1)   \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, 4, 2)   \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, 4, 4)   \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, 1, 3)   \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, 2, 3)   \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, 4, 3)

// KERNEL(name, bytes of a value, several values a pixel, in place): cuda/mask_rows_kernel.h, for all others.
#define GRIDMASK_MASK_ROWS_KERNELS_OF(KERNEL, bytes)                            \
  KERNEL(gridmask_rows_planar_##bytes##_new, bytes, false, false)               \
  KERNEL(gridmask_rows_planar_##bytes##_in_place, bytes, false, true)           \
  KERNEL(gridmask_rows_interleaved_##bytes##_new, bytes, true, false)           \
  KERNEL(gridmask_rows_interleaved_##bytes##_in_place, bytes, true, true)

#define GRIDMASK_MASK_ROWS_KERNELS(KERNEL) \
  GRIDMASK_MASK_ROWS_KERNELS_OF(KERNEL, 1) \
  GRIDMASK_MASK_ROWS_KERNELS_OF(KERNEL, 2) \
  GRIDMASK_MASK_ROWS_KERNELS_OF(KERNEL, 4)

// KERNEL(name, vectors of 16 bytes): cuda/mix_kernel.h.
#define GRIDMASK_MIX_NEW_KERNELS(KERNEL) \
  KERNEL(gridmask_mix_new, true)         \
  KERNEL(gridmask_mix_new_narrow, false)
#define GRIDMASK_MIX_IN_PLACE_KERNELS(KERNEL) \
  KERNEL(gridmask_mix_in_place, true)         \
  KERNEL(gridmask_mix_in_place_narrow, false)

// KERNEL(name, bytes of a value, in place): cuda/noise_kernel.h. These are in an image of their own
// (cuda/fatbin.h), last in the list.
#define GRIDMASK_NOISE_KERNELS(KERNEL)            \
  KERNEL(gridmask_noise_1_new, 1, false)          \
  KERNEL(gridmask_noise_1_in_place, 1, true)      \
  KERNEL(gridmask_noise_2_new, 2, false)          \
  KERNEL(gridmask_noise_2_in_place, 2, true)      \
  KERNEL(gridmask_noise_4_new, 4, false)          \
  KERNEL(gridmask_noise_4_in_place, 4, true)

#define GRIDMASK_KERNELS(KERNEL)        \
  GRIDMASK_MASK_KERNELS(KERNEL)         \
  GRIDMASK_MASK_ROWS_KERNELS(KERNEL)    \
  GRIDMASK_MIX_NEW_KERNELS(KERNEL)      \
  GRIDMASK_MIX_IN_PLACE_KERNELS(KERNEL) \
  GRIDMASK_NOISE_KERNELS(KERNEL)

namespace gridmask::cuda {

enum class Kernel {
#define GRIDMASK_NAME(name, ...) name,
  GRIDMASK_KERNELS(GRIDMASK_NAME)
#undef GRIDMASK_NAME
      kCount
};
constexpr size_t kKernels = static_cast<size_t>(Kernel::kCount);

// For cuModuleGetFunction().
constexpr const char* kKernelNames[] = {
#define GRIDMASK_NAME(name, ...) #name,
    GRIDMASK_KERNELS(GRIDMASK_NAME)
#undef GRIDMASK_NAME
};

constexpr bool isNoise(Kernel kernel) { return kernel >= Kernel::gridmask_noise_1_new; }

}  // namespace gridmask::cuda
