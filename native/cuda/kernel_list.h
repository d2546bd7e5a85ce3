// SPDX-License-Identifier: MIT
//
// The kernels' entry points.
#pragma once

#include <cstddef>
#include <cstdint>

// KERNEL(name, bytes of a value, values of a pixel, one plane, in place, random):
// cuda/mask_kernel.h, for batches whose rows are all aligned. A pixel of 1, 2 or 4 bytes in a plane
// is one value, whatever it consists of. If there is a kernel for one plane, the others do not mask
// it. Random: with units that keep their squares.
#define GRIDMASK_MASK_KERNELS_OF(KERNEL, kind, bytes, values, onePlane, random)              \
  KERNEL(gridmask_##kind##_##bytes##x##values##_new, bytes, values, onePlane, false, random) \
  KERNEL(gridmask_##kind##_##bytes##x##values##_in_place, bytes, values, onePlane, true, random)

#define GRIDMASK_MASK_KERNELS(KERNEL)                              \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 1, 1, true, false) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 4, 1, true, false) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 1, 3, true, false) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 4, 3, true, false) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, planar, 1, 1, false, false)     \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, planar, 2, 1, false, false)     \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, planar, 4, 1, false, false)
#define GRIDMASK_RARE_MASK_KERNELS(KERNEL)                         \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 2, 3, true, false) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 4, 2, true, false) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, interleaved, 4, 4, true, false) \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, random, 1, 1, false, true)      \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, random, 2, 1, false, true)      \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, random, 4, 1, false, true)      \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, random, 1, 3, true, true)       \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, random, 2, 3, true, true)       \
  GRIDMASK_MASK_KERNELS_OF(KERNEL, random, 4, 3, true, true)

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

// KERNEL(name, vectors of 16 bytes): cuda/mix_kernel.h.
#define GRIDMASK_MIX_NEW_KERNELS(KERNEL) \
  KERNEL(gridmask_mix_new, true)         \
  KERNEL(gridmask_mix_narrow_new, false)

// KERNEL(name, class): cuda/mix_in_place_kernel.h.
#define GRIDMASK_MIX_IN_PLACE_KERNELS(KERNEL)         \
  KERNEL(gridmask_mix_bytes_in_place, MixBytes<true>) \
  KERNEL(gridmask_mix_narrow_in_place, MixBytes<false>)

// KERNEL(name, bytes of a value, values of a pixel): cuda/mix_pixels_kernel.h, for vectors of 16
// bytes.
#define GRIDMASK_MIX_PIXELS_KERNELS(KERNEL) \
  KERNEL(gridmask_mix_1x1_in_place, 1, 1)   \
  KERNEL(gridmask_mix_2x1_in_place, 2, 1)   \
  KERNEL(gridmask_mix_4x1_in_place, 4, 1)   \
  KERNEL(gridmask_mix_1x3_in_place, 1, 3)   \
  KERNEL(gridmask_mix_4x3_in_place, 4, 3)

// KERNEL(name, bytes of a value, in place): cuda/noise_kernel.h.
#define GRIDMASK_NOISE_KERNELS(KERNEL)       \
  KERNEL(gridmask_noise_1_new, 1, false)     \
  KERNEL(gridmask_noise_1_in_place, 1, true) \
  KERNEL(gridmask_noise_2_new, 2, false)     \
  KERNEL(gridmask_noise_2_in_place, 2, true) \
  KERNEL(gridmask_noise_4_new, 4, false)     \
  KERNEL(gridmask_noise_4_in_place, 4, true)

// KERNEL(name, bytes of a value, three channels together): PreprocessTile of
// cuda/preprocess_kernel.h.
#define GRIDMASK_PREPROCESS_KERNELS(KERNEL)          \
  KERNEL(gridmask_preprocess_planar_4, 4, false)     \
  KERNEL(gridmask_preprocess_planar_2, 2, false)     \
  KERNEL(gridmask_preprocess_interleaved_4, 4, true) \
  KERNEL(gridmask_preprocess_interleaved_2, 2, true)

// KERNEL(name, class): the one for all other images, there too.
#define GRIDMASK_PREPROCESS_PIXELS_KERNEL(KERNEL) \
  KERNEL(gridmask_preprocess_pixels, PreprocessPixel)

// By images (cuda/fatbin.h): KERNEL0 for those of the first, and so on.
#define GRIDMASK_KERNELS(KERNEL0, KERNEL1, KERNEL2, KERNEL3, KERNEL4) \
  GRIDMASK_MASK_KERNELS(KERNEL0)                                      \
  GRIDMASK_MASK_ROWS_KERNELS(KERNEL1)                                 \
  GRIDMASK_MIX_NEW_KERNELS(KERNEL2)                                   \
  GRIDMASK_MIX_IN_PLACE_KERNELS(KERNEL2)                              \
  GRIDMASK_MIX_PIXELS_KERNELS(KERNEL2)                                \
  GRIDMASK_RARE_MASK_KERNELS(KERNEL3)                                 \
  GRIDMASK_NOISE_KERNELS(KERNEL3)                                     \
  GRIDMASK_PREPROCESS_KERNELS(KERNEL4)                                \
  GRIDMASK_PREPROCESS_PIXELS_KERNEL(KERNEL4)

namespace gridmask::cuda {

enum class Kernel {
#define GRIDMASK_NAME(name, ...) name,
  GRIDMASK_KERNELS(GRIDMASK_NAME, GRIDMASK_NAME, GRIDMASK_NAME, GRIDMASK_NAME, GRIDMASK_NAME)
#undef GRIDMASK_NAME
      kCount
};
constexpr size_t kKernels = static_cast<size_t>(Kernel::kCount);

// For cuModuleGetFunction().
constexpr const char* kKernelNames[] = {
#define GRIDMASK_NAME(name, ...) #name,
    GRIDMASK_KERNELS(GRIDMASK_NAME, GRIDMASK_NAME, GRIDMASK_NAME, GRIDMASK_NAME, GRIDMASK_NAME)
#undef GRIDMASK_NAME
};

constexpr size_t kImages = 5;
#define GRIDMASK_0(...) 0,
#define GRIDMASK_1(...) 1,
#define GRIDMASK_2(...) 2,
#define GRIDMASK_3(...) 3,
#define GRIDMASK_4(...) 4,
constexpr uint8_t kImageOf[] = {
    GRIDMASK_KERNELS(GRIDMASK_0, GRIDMASK_1, GRIDMASK_2, GRIDMASK_3, GRIDMASK_4)};
#undef GRIDMASK_0
#undef GRIDMASK_1
#undef GRIDMASK_2
#undef GRIDMASK_3
#undef GRIDMASK_4
constexpr size_t imageOf(Kernel kernel) { return kImageOf[static_cast<size_t>(kernel)]; }

}  // namespace gridmask::cuda
