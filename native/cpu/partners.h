// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "lattice/sample_draws.h"

namespace gridmask::cpu {

// Draws whose pixels each sample is to get (docs/gridmix.md): one cycle through the batch. Throws
// std::bad_alloc, and has written nothing then.
void drawPartners(const Samples& samples, size_t count, int32_t* partners);

}  // namespace gridmask::cpu
