// SPDX-License-Identifier: MIT
//
// Masks a batch of images on a CUDA device. The functions throw Error if a driver call fails,
// TooLarge, and std::bad_alloc.
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

// False if there is nothing to do. Throws TooLarge.
inline bool isToBeDone(Prepared prepared) {
  if (prepared == Prepared::kUnsupported) throw TooLarge{};
  return prepared == Prepared::kReady;
}

// Calls `work(on)`, which puts what reads `source` and writes `target` on the target's stream:
// after what is now on the streams of both, and before what is put on them later. Throws Error;
// then nothing reads the source any more, unless it has that stream too: it may be freed on its
// own.
template <class Work>
void enqueue(Stream& stream, const Allocation& source, const Allocation& target, const Work& work) {
  const Current current(target.device());
  const CUstream on = target.stream();
  stream.order(on, source.stream());
  try {
    work(on);
    stream.order(source.stream(), on);
  } catch (...) {
    if (on != source.stream()) (void)target.device().driver.cuStreamSynchronize(on);
    throw;
  }
}

// Dropped pixels become the fill; everything else keeps its bits. The images are in two memories,
// which may be the same. Returns when the work is on the target's stream, as enqueue() puts it
// there.
void apply(Stream& stream, const MaskBatch& batch, const Allocation& source,
           const Allocation& target, Wrote& wrote);

// The same for arrays on the host, piece by piece. Returns when everything is done; after an error,
// too, nothing is in progress any more.
void applyHost(Device& device, const MaskBatch& batch, const Staging& staging, Wrote& wrote);

}  // namespace gridmask::cuda
