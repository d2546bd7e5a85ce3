// SPDX-License-Identifier: MIT
//
// Device only: kernels as entry points. What they do is in mask_kernel.h, mask_rows_kernel.h,
// mix_kernel.h and noise_kernel.h, which compile for the host too. What happens between their
// phases is here and in mix.cu.
#pragma once

#include "cuda/kernel_list.h"
#include "cuda/mask_kernel.h"

namespace gridmask::cuda {

__device__ inline uint32_t ofNeighbour(uint32_t bits) {
  return __shfl_xor_sync(0xFFFFFFFFu, bits, 1);
}

// Of a block, in a grid whose samples lie along z. threadIdx.z is 0. Without it a compiler sees
// that a block has one sample, reads its constants into registers that a warp shares, and then
// moves each to where it is needed.
__device__ inline uint32_t entryOfBlock() { return blockIdx.z * blockDim.z + threadIdx.z; }

template <class Shape>
__device__ inline void mask(const KernelParams& params) {
  MaskTile<Shape> tile;
  tile.decide(params, blockIdx.x * blockDim.x + threadIdx.x, blockIdx.y * blockDim.y + threadIdx.y,
              entryOfBlock());
  // A warp leaves as a whole, since its lanes have to answer each other. Lanes that a block's last
  // warp lacks count as gone.
  if (Shape::inPlace && !__any_sync(0xFFFFFFFFu, tile.dropsAny())) return;
  uint32_t neighbours[MaskTile<Shape>::kRows];
  GRIDMASK_UNROLL
  for (int r = 0; r < MaskTile<Shape>::kRows; ++r) {
    neighbours[r] = Shape::blends ? ofNeighbour(tile.dropped[r]) : 0;
  }
  tile.move(params, neighbours);
}

}  // namespace gridmask::cuda

// `minBlocks`: blocks that must fit on a multiprocessor, which bounds the registers.
#define GRIDMASK_ENTRY(name, minBlocks)                                                     \
  extern "C" __global__ void __launch_bounds__(gridmask::cuda::kMaxBlockThreads, minBlocks) \
      name(const GRIDMASK_GRID_CONSTANT gridmask::cuda::KernelParams params)

#define GRIDMASK_MASK_ENTRY(name, blocks, ...)                            \
  GRIDMASK_ENTRY(name, blocks) {                                          \
    gridmask::cuda::mask<gridmask::cuda::MaskShape<__VA_ARGS__>>(params); \
  }
