// SPDX-License-Identifier: MIT
//
// The kernels as cuModuleLoadData() takes them, compiled by nvcc: an image with machine code and
// PTX, and behind it one with the kernel of noise in PTX alone, which each driver translates when
// it is first used. As machine code for all GPUs it would take five times the room.
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
inline const unsigned char* noiseImage() {
  uint16_t headBytes;
  uint64_t bytes;
  std::memcpy(&headBytes, gridmask_cuda_image + 6, sizeof headBytes);
  std::memcpy(&bytes, gridmask_cuda_image + 8, sizeof bytes);
  return gridmask_cuda_image + headBytes + bytes;
}

}  // namespace gridmask::cuda
