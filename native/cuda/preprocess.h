// SPDX-License-Identifier: MIT
//
// Makes a batch of decoded images on a CUDA device, as the functions of cuda/backend.h mask one.
#pragma once

#include <memory>

#include "cuda/backend.h"
#include "cuda/source_regions.h"
#include "lattice/preprocess.h"

namespace gridmask::cuda {

// The batch's images lie in `source`; `target` is separate from it.
void preprocess(Stream& stream, const PreprocessBatch& batch, const Allocation& source,
                const Allocation& target, Wrote& wrote);

// The same for images on the host. Returns when they have been read or, if they are pinned and
// uploaded as they lie, when the upload is on the target's stream.
void preprocessHost(Stream& stream, const PreprocessBatch& batch, const Allocation& target,
                    const Staging& staging, Wrote& wrote);

// Uploads the parts of the images that are needed, for work on `on`. SourceRegions::placedAt() says
// what lies where.
std::unique_ptr<Allocation> uploadRegions(Stream& stream, const SourceRegions& regions, CUstream on,
                                          const Staging& staging);

}  // namespace gridmask::cuda
