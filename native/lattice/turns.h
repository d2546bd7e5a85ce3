// SPDX-License-Identifier: MIT
//
// Phases as fractions of a turn: scaled so that a unit's side is 2³², the wrap at the next unit is
// the overflow of a 32-bit sum, and a pixel costs one addition and one comparison an axis.
//
// A step of s/period turns is rounded to 2⁻³² turns, so k steps are off by at most k/2. That is
// harmless as long as it cannot carry a phase over an edge: phases are integers, period of them to
// a turn, so they lie 2³²/period = 2¹⁶/d apart. Started half way between two of them, at an error
// of at most 1, and compared with an edge that is off by at most 1/2, columns + rows steps decide
// every pixel as exact arithmetic does if
//
//     1 + (columns - 1 + rows - 1) / 2 + 1/2 < 2¹⁶ / d / 2,  that is  (columns + rows + 1) · d <
//     2¹⁶.
#pragma once

#include <cstdint>

#include "lattice/lattice.h"

namespace gridmask {

// One axis over a block of pixels; all arithmetic on it is modulo 2³².
struct Turns {
  uint32_t start;  // of the block's first pixel, 0 where the gap between two stripes begins
  uint32_t stepX;
  uint32_t stepY;
};

inline bool turnsAreExact(const Lattice& lattice, uint32_t columns, uint32_t rows) {
  return (uint64_t{columns} + rows + 1) * lattice.period < (uint64_t{1} << 32);
}

inline Turns turnsOf(const LatticeAxis& axis, const Lattice& lattice, int32_t x, int32_t y) {
  const int64_t period = lattice.period;
  const int64_t position = axis.at(x, y) - lattice.stripe;
  const auto phase = static_cast<uint64_t>(position - floorDiv(position, period) * period);
  const auto step = [&](int32_t pixel) {
    // Rounded to nearest: floor((2·step·2³² + period) / (2·period)).
    return static_cast<uint32_t>(
        floorDiv(int64_t{pixel} * (int64_t{1} << 33) + period, 2 * period));
  };
  return {static_cast<uint32_t>((((2 * phase + 1) << 31) / lattice.period)), step(axis.stepX),
          step(axis.stepY)};
}

// The gap between two stripes in 2⁻³² turns: phases below it are in the gap.
inline uint32_t gapTurns(const Lattice& lattice) {
  return static_cast<uint32_t>(((uint64_t{lattice.gap()} << 33) / lattice.period + 1) >> 1);
}

}  // namespace gridmask
