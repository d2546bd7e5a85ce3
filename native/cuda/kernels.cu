// SPDX-License-Identifier: MIT
//
// Entry points of the kernels that mask with a constant and that mix. What they do is in
// mask_kernel.h, mask_rows_kernel.h and mix_kernel.h, which compile for the host too; here is what
// happens between their phases.
#include "cuda/kernel_list.h"
#include "cuda/mask_kernel.h"
#include "cuda/mask_rows_kernel.h"
#include "cuda/mix_kernel.h"

namespace gridmask::cuda {

// Blocks that a multiprocessor must have room for, which bounds the registers. Without the bound, the
// compiler of some toolkits spills to keep to 32 of them.
constexpr int kMinBlocks = 4;
constexpr int kMinMixBlocks = 3;  // whose threads hold vectors of many samples

__device__ inline uint32_t ofNeighbour(uint32_t bits) {
  return __shfl_xor_sync(0xFFFFFFFFu, bits, 1);
}

template <class Shape>
__device__ inline void mask(const KernelParams& params) {
  MaskTile<Shape> tile;
  // A warp leaves as a whole.
  if (!tile.decide(params, blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x)) return;
  if (Shape::inPlace && !__any_sync(0xFFFFFFFFu, tile.dropsAny())) return;
  uint32_t neighbours[MaskTile<Shape>::kRows];
  GRIDMASK_UNROLL
  for (int r = 0; r < MaskTile<Shape>::kRows; ++r) {
    neighbours[r] = Shape::blends ? ofNeighbour(tile.dropped[r]) : 0;
  }
  tile.move(params, neighbours);
}

template <bool whole>
__device__ inline void mixInPlace(const KernelParams& params) {
  MixThread<whole> thread(params, blockIdx.x, threadIdx.x);
  const uint32_t begin = blockIdx.y * params.planesPerBlock;
  const uint32_t end = min(begin + params.planesPerBlock, params.planes);
  for (uint32_t plane = begin; plane < end; ++plane) {
    for (uint32_t turn = 0; turn < params.turns; ++turn) {
      if (plane == begin || params.turns > 1) thread.decide(params, turn);
      thread.read(params, turn, plane);
      __syncthreads();
      thread.write(params, turn, plane);
    }
  }
}

}  // namespace gridmask::cuda

#define GRIDMASK_ENTRY(name, minBlocks)                                                       \
  extern "C" __global__ void __launch_bounds__(gridmask::cuda::kMaxBlockThreads,              \
                                               gridmask::cuda::minBlocks)                     \
      name(const GRIDMASK_GRID_CONSTANT gridmask::cuda::KernelParams params)

#define GRIDMASK_MASK(name, bytes, values, inPlace) \
  GRIDMASK_ENTRY(name, kMinBlocks) { gridmask::cuda::mask<gridmask::cuda::MaskShape<bytes, values, inPlace>>(params); }
GRIDMASK_MASK_KERNELS(GRIDMASK_MASK)

#define GRIDMASK_MASK_ROWS(name, bytes, interleaved, inPlace)                               \
  GRIDMASK_ENTRY(name, kMinBlocks) {                                                                    \
    gridmask::cuda::maskRowsThread<bytes, interleaved, inPlace>(params, blockIdx.x,         \
                                                                blockIdx.y, blockIdx.z,     \
                                                                threadIdx.x);               \
  }
GRIDMASK_MASK_ROWS_KERNELS(GRIDMASK_MASK_ROWS)

#define GRIDMASK_MIX_NEW(name, whole)                                                           \
  GRIDMASK_ENTRY(name, kMinBlocks) {                                                                        \
    gridmask::cuda::mixNewThread<whole>(params, blockIdx.x, blockIdx.y, blockIdx.z,             \
                                        threadIdx.x);                                           \
  }
GRIDMASK_MIX_NEW_KERNELS(GRIDMASK_MIX_NEW)

#define GRIDMASK_MIX_IN_PLACE(name, whole) \
  GRIDMASK_ENTRY(name, kMinMixBlocks) { gridmask::cuda::mixInPlace<whole>(params); }
GRIDMASK_MIX_IN_PLACE_KERNELS(GRIDMASK_MIX_IN_PLACE)
