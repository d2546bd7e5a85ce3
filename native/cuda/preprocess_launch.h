// SPDX-License-Identifier: MIT
//
// Host only: from a batch of decoded images to a launch, as cuda/launch.h does for masks.
#pragma once

#include "cuda/launch.h"
#include "lattice/preprocess.h"

namespace gridmask::cuda {

// Memory of the device that may be read, of which the images are parts.
struct Readable {
  const uint8_t* begin;
  const uint8_t* end;
};

// The images and the target are on the device; all else is on the host.
Prepared preparePreprocess(const PreprocessBatch& batch, const Readable& readable, Launch& launch);

}  // namespace gridmask::cuda
