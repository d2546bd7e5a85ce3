// SPDX-License-Identifier: MIT
//
// Phases of 32 bits: scaled so that a unit's side is 2³², the wrap at the next unit is the overflow
// of a sum, and a pixel costs one addition and one comparison an axis.
//
// A step of s/period units is rounded to 2⁻³² units, from 64 bits (lattice/phase_block.h), whose
// own errors are carried along as ε: k steps are off by at most k(1/2 + ε). That is harmless as
// long as it cannot carry a phase over an edge: phases are integers, period of them to a unit, so
// they lie 2³²/period = 2¹⁶/d apart. Started half way between two of them, at an error of at most 1
// + ε, and compared with an edge that is off by at most 1/2 + ε, columns + rows steps decide every
// pixel as exact arithmetic does if
//
//     1 + (columns - 1 + rows - 1) / 2 + 1/2 + (columns + rows) ε < 2¹⁶ / d / 2.
//
// (columns + rows + 2) · d < 2¹⁶ implies it, with more to spare than all ε of 2¹⁶ steps make up.
#pragma once

#include <cstdint>

#include "lattice/lattice.h"

namespace gridmask {

// One axis over a block of pixels; all arithmetic on it is modulo 2³².
struct Phase32 {
  uint32_t start;  // of the block's first pixel, 0 where the gap between two stripes begins
  uint32_t stepX;
  uint32_t stepY;
};

inline bool phase32IsExact(uint32_t d, uint32_t columns, uint32_t rows) {
  return (uint64_t{columns} + rows + 2) * d < (uint64_t{1} << kFractionBits);
}

// For how many rows of so many columns they stay exact, where they are for one.
inline uint32_t phase32Rows(uint32_t d, uint32_t columns) { return 65535 / d - columns - 2; }

}  // namespace gridmask
