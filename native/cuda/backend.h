// SPDX-License-Identifier: MIT
//
// Masks a batch of images on a CUDA device. The functions throw Error where a call of the driver
// fails, TooLarge, and std::bad_alloc.
#pragma once

#include "cuda/allocation.h"
#include "cuda/launch.h"
#include "cuda/staging.h"
#include "cuda/stream.h"
#include "cuda/transfer.h"
#include "lattice/mask_batch.h"

namespace gridmask::cuda {

// Thrown for rows or samples that no kernel takes, gigabytes each.
struct TooLarge {};

// False: nothing is. Throws TooLarge.
inline bool isToBeDone(Prepared prepared) {
  if (prepared == Prepared::kUnsupported) throw TooLarge{};
  return prepared == Prepared::kReady;
}

// Dropped pixels become the fill, all else keeps its bits. The images are in the two memories,
// which may be one. Returns when the work is on the target's stream, where it comes after what is
// on the stream of either now, and before what is put on them later.
void apply(Stream& stream, const MaskBatch& batch, const Allocation& source,
           const Allocation& target, Wrote& wrote);

// The same for arrays on the host, piece by piece. Returns when everything is done; then, and after
// an error, nothing is under way any more.
void applyHost(Device& device, const MaskBatch& batch, const Staging& staging, Wrote& wrote);

}  // namespace gridmask::cuda
