// SPDX-License-Identifier: MIT
//
// Mixes a batch of images on a CUDA device, as the functions of cuda/backend.h mask it.
#pragma once

#include "cuda/backend.h"
#include "lattice/mix.h"

namespace gridmask::cuda {

// Dropped pixels become the partner's.
void mix(Stream& stream, const MixBatch& batch, const Allocation& source, const Allocation& target,
         Wrote& wrote);

// The same for arrays on the host. The batch lies on the device as a whole meanwhile, since any
// sample may be another's partner.
void mixHost(Device& device, const MixBatch& batch, const Staging& staging, Wrote& wrote);

}  // namespace gridmask::cuda
