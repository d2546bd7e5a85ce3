// SPDX-License-Identifier: MIT
//
// Masks a batch of images on a CUDA device, and moves images there and back. All functions return
// when everything is done, and throw Error where a call of the driver fails; then too nothing is
// under way any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "cuda/allocation.h"
#include "cuda/context.h"
#include "lattice/mask_batch.h"

namespace gridmask::cuda {

// How host memory is moved.
struct Staging {
  size_t chunkBytes;  // a piece of host memory that is under way at a time
  // Copies on several threads.
  void (*copy)(uint8_t* to, const uint8_t* from, size_t bytes, unsigned threads);
  unsigned threads;
};

// Thrown for rows or samples that no kernel takes, gigabytes each.
struct TooLarge {};

// Whether a failed operation has begun to write to its target.
using Wrote = bool;

// Dropped pixels become the fill, kept ones keep their bits. The masks are GridMask's: there are no
// kernels for others. `source` and `target` are on the device, the rest is on the host. Work of
// others on the two memories that is on `sourceStream` and `targetStream`, where there are such,
// comes first.
void apply(Device& device, const MaskBatch& batch, std::optional<CUstream> sourceStream,
           std::optional<CUstream> targetStream, Wrote& wrote);

// The same for arrays on the host, piece by piece.
void applyHost(Device& device, const MaskBatch& batch, const Staging& staging, Wrote& wrote);

// Copies allocation.bytes() bytes.
void upload(Allocation& allocation, const uint8_t* source, const Staging& staging);
void download(Allocation& allocation, uint8_t* target, const Staging& staging, Wrote& wrote);

}  // namespace gridmask::cuda
