// SPDX-License-Identifier: MIT
//
// Mixes a batch of images on a CUDA device. As the functions of cuda/backend.h, these return when
// everything is done, and throw where a call of the driver fails.
#pragma once

#include <optional>

#include "cuda/backend.h"
#include "lattice/mix.h"

namespace gridmask::cuda {

// Dropped pixels become the partner's. `source` and `target` are on the device, the rest is on the
// host. Work of others on the two memories that is on the streams, where there are such, comes
// first.
void mix(Device& device, const MixBatch& batch, std::optional<CUstream> sourceStream,
         std::optional<CUstream> targetStream, Wrote& wrote);

// The same for arrays on the host. The batch lies on the device as a whole meanwhile, since any
// sample may be another's partner.
void mixHost(Device& device, const MixBatch& batch, const Staging& staging, Wrote& wrote);

}  // namespace gridmask::cuda
