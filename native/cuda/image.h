// SPDX-License-Identifier: MIT
//
// The kernels as cuModuleLoadData() takes them: machine code and PTX, compiled by nvcc.
#pragma once

#include <cstddef>

extern "C" {
extern const unsigned char gridmask_cuda_image[];
extern const size_t gridmask_cuda_image_bytes;  // 0: built without kernels
}
