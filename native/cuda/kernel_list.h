// SPDX-License-Identifier: MIT
//
// The kernels' entry points.
#pragma once

#include <cstddef>

// KERNEL(name, bytes of a value, values of a pixel, one plane, in place): cuda/mask_kernel.h, for
// batches whose rows are all aligned. A pixel of 1, 2 or 4 bytes in a plane is one value, whatever
// it is made of. What one plane has a kernel for is not masked by the others.
#define GRIDMASK_MASK_KERNELS_OF(KERNEL, kind, bytes, values, onePlane)              \
  KERNEL(gridmask_##kind##_##bytes##x##values##_new, bytes, values, onePlane, false) \
  KERNEL(gridmask_##kind##_##bytes##x##values##_in_place, bytes, values, onePlane, true)

#define GRIDMASK_MASK_KERNELS(KERNEL)                       \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 1, 1, true) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 4, 1, true) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 4, 2, true) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 4, 4, true) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 1, 3, true) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 2, 3, true) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 4, 3, true) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, planar, 1, 1, false)     \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, planar, 2, 1, false)     \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, planar, 4, 1, false)

// The same with units that keep their squares.
#define GRIDMASK_RANDOM_KERNELS(KERNEL)                 \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, random, 1, 1, false) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, random, 2, 1, false) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, random, 4, 1, false)

// KERNEL(name, bytes of a value, several values a pixel, in place): cuda/mask_rows_kernel.h, for
// all others.
#define GRIDMASK_MASK_ROWS_KERNELS_OF(KERNEL, bytes)                  \
  KERNEL(gridmask_rows_planar_##bytes##_new, bytes, false, false)     \
  KERNEL(gridmask_rows_planar_##bytes##_in_place, bytes, false, true) \
  KERNEL(gridmask_rows_interleaved_##bytes##_new, bytes, true, false) \
  KERNEL(gridmask_rows_interleaved_##bytes##_in_place, bytes, true, true)

#define GRIDMASK_MASK_ROWS_KERNELS(KERNEL) \
  GRIDMASK_MASK_ROWS_KERNELS_OF(KERNEL, 1) \
  GRIDMASK_MASK_ROWS_KERNELS_OF(KERNEL, 2) \
  GRIDMASK_MASK_ROWS_KERNELS_OF(KERNEL, 4)

// KERNEL(name, vectors of 16 bytes, in place): cuda/mix_kernel.h.
#define GRIDMASK_MIX_KERNELS(KERNEL)    \
  KERNEL(gridmask_mix_new, true, false) \
  KERNEL(gridmask_mix_in_place, true, true)
#define GRIDMASK_MIX_NARROW_KERNELS(KERNEL)     \
  KERNEL(gridmask_mix_narrow_new, false, false) \
  KERNEL(gridmask_mix_narrow_in_place, false, true)

// KERNEL(name, bytes of a value, in place): cuda/noise_kernel.h.
#define GRIDMASK_NOISE_KERNELS(KERNEL)       \
  KERNEL(gridmask_noise_1_new, 1, false)     \
  KERNEL(gridmask_noise_1_in_place, 1, true) \
  KERNEL(gridmask_noise_2_new, 2, false)     \
  KERNEL(gridmask_noise_2_in_place, 2, true) \
  KERNEL(gridmask_noise_4_new, 4, false)     \
  KERNEL(gridmask_noise_4_in_place, 4, true)

// Of the two images (cuda/fatbin.h): the one with machine code, and the one of PTX alone, with what
// is rare.
#define GRIDMASK_COMPILED_KERNELS(KERNEL) \
  GRIDMASK_MASK_KERNELS(KERNEL)           \
  GRIDMASK_MASK_ROWS_KERNELS(KERNEL)      \
  GRIDMASK_MIX_KERNELS(KERNEL)
#define GRIDMASK_PORTABLE_KERNELS(KERNEL) \
  GRIDMASK_RANDOM_KERNELS(KERNEL)         \
  GRIDMASK_MIX_NARROW_KERNELS(KERNEL)     \
  GRIDMASK_NOISE_KERNELS(KERNEL)

#define GRIDMASK_KERNELS(KERNEL)    \
  GRIDMASK_COMPILED_KERNELS(KERNEL) \
  GRIDMASK_PORTABLE_KERNELS(KERNEL)

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

constexpr bool isPortable(Kernel kernel) {
  constexpr bool kPortable[] = {
#define GRIDMASK_IS(...) false,
      GRIDMASK_COMPILED_KERNELS(GRIDMASK_IS)
#undef GRIDMASK_IS
#define GRIDMASK_IS(...) true,
          GRIDMASK_PORTABLE_KERNELS(GRIDMASK_IS)
#undef GRIDMASK_IS
  };
  return kPortable[static_cast<size_t>(kernel)];
}

}  // namespace gridmask::cuda
