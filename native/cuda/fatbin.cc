// SPDX-License-Identifier: MIT
//
// fatbin.inc is the compiled kernels as a list of bytes. The build makes it if there is an nvcc;
// the published package includes it.

#include "cuda/fatbin.h"

#if !defined(GRIDMASK_NO_CUDA_IMAGE) && __has_include("cuda/fatbin.inc")

alignas(16) const unsigned char gridmask_cuda_image[] = {
#include "cuda/fatbin.inc"
};
const size_t gridmask_cuda_image_bytes = sizeof gridmask_cuda_image;

#else

const unsigned char gridmask_cuda_image[] = {0};
const size_t gridmask_cuda_image_bytes = 0;

#endif
