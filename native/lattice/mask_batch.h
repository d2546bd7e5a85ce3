// SPDX-License-Identifier: MIT
//
// A batch to be masked, as every backend takes it.
#pragma once

#include <cstdint>
#include <variant>

#include "lattice/batch.h"
#include "lattice/draw.h"
#include "lattice/noise.h"
#include "lattice/regions.h"

namespace gridmask {

// What is dropped of each sample: GridMask's lattices, or rectangles.
using Masks = std::variant<Samples, Regions>;

struct MaskBatch : ImageBatch {
  Masks masks;                    // `count` of them
  const uint8_t* fill = nullptr;  // planes * pixelBytes bytes: what a dropped pixel becomes
  Noise noise{};                  // instead of the fill, where it has a kind
};

}  // namespace gridmask
