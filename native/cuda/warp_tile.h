// SPDX-License-Identifier: MIT
//
// Where a thread stands in a grid whose warps are tiles (setTiles() of cuda/launch_parts.h):
// 2^tileShift threads side by side, the rest of the 32 below; tiles along x, samples along y and z.
#pragma once

#include <cstdint>

#include "cuda/kernel_params.h"

namespace gridmask::cuda {

constexpr uint32_t kWarp = 32;

struct WarpTile {
  uint32_t entry;  // of the sample
  uint32_t number;
  uint32_t lane;
  uint32_t firstColumn;
  uint32_t firstRow;

  WarpTile() = default;
  GRIDMASK_HD WarpTile(const KernelParams& params, uint32_t blockX, uint32_t blockY,
                       uint32_t blockZ, uint32_t threadX)
      : entry(blockZ * params.gridY + blockY),
        number((blockX * params.threadsPerBlock + threadX) / kWarp),
        lane(threadX % kWarp) {
    const uint32_t tileRow = quotient(number, params.tileColumnsReciprocal);
    firstColumn = (number - tileRow * params.tileColumns) << params.tileShift;
    firstRow = tileRow << (5 - params.tileShift);
  }

  // The same for a whole warp.
  GRIDMASK_HD bool exists(const KernelParams& params) const {
    return entry < params.entries && number < params.tilesPerSample;
  }
  // Of the warp's threads, in vectors, blocks or pixels of a sample; some lie beyond it.
  GRIDMASK_HD uint32_t columnOf(const KernelParams& params, uint32_t thread) const {
    return firstColumn + (thread & ((1u << params.tileShift) - 1));
  }
  GRIDMASK_HD uint32_t rowOf(const KernelParams& params, uint32_t thread) const {
    return firstRow + (thread >> params.tileShift);
  }
};

}  // namespace gridmask::cuda
