// SPDX-License-Identifier: MIT
//
// A batch to be masked, as every backend takes it.
#pragma once

#include <cstdint>
#include <variant>

#include "lattice/batch.h"
#include "lattice/noise.h"
#include "lattice/rectangles.h"
#include "lattice/sample_draws.h"

namespace gridmask {

// What is dropped of each sample: GridMask's lattices, or rectangles.
using Masks = std::variant<Samples, Rectangles>;

struct MaskBatch : ImageBatch {
  Masks masks;                    // `count` of them
  const uint8_t* fill = nullptr;  // planes * pixelBytes bytes: what a dropped pixel becomes
  Noise noise{};                  // instead of the fill, where it has a kind
  // As many bytes as the fill has: all ones for the bytes that the fill is written to, 0 for those
  // that stay. Null where it is written to all.
  const uint8_t* filled = nullptr;
};

// The most rectangles that one of its samples drops.
inline size_t mostRectangles(const MaskBatch& batch) {
  const auto* rectangles = std::get_if<Rectangles>(&batch.masks);
  return rectangles != nullptr ? rectangles->mostOf(batch.count) : 0;
}

}  // namespace gridmask
