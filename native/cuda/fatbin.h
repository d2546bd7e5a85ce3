// SPDX-License-Identifier: MIT
//
// The kernels as cuModuleLoadData() takes them, compiled by nvcc: five images, one after another.
// The first has machine code and PTX, the others PTX alone, which a driver translates when one of
// their kernels is first used, and keeps. As machine code for all GPUs they would take five times
// the space.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" {
extern const unsigned char gridmask_cuda_image[];
extern const size_t gridmask_cuda_image_bytes;  // 0: built without kernels
}

namespace gridmask::cuda {

// An image begins with four bytes that identify it, its version and the size of this head in bytes
// (16 bits each), and the number of bytes that follow (64).
inline const unsigned char* cudaImage(size_t number) {
  const unsigned char* image = gridmask_cuda_image;
  for (; number > 0; --number) {
    uint16_t headBytes;
    uint64_t bytes;
    std::memcpy(&headBytes, image + 6, sizeof headBytes);
    std::memcpy(&bytes, image + 8, sizeof bytes);
    image += headBytes + bytes;
  }
  return image;
}

}  // namespace gridmask::cuda
