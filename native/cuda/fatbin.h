// SPDX-License-Identifier: MIT
//
// The kernels as cuModuleLoadData() takes them, compiled by nvcc: five images, one behind another.
// The first has machine code and PTX, the others PTX alone, which a driver translates when one of
// their kernels is first used, and keeps. As machine code for all GPUs they would take five times
// the room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" {
extern const unsigned char gridmask_cuda_image[];
extern const size_t gridmask_cuda_image_bytes;  // 0: built without kernels
}

namespace gridmask::cuda {

// An image begins with four bytes that tell what it is, its version and the bytes of this head (16
// bits each), and how many follow it (64).
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
