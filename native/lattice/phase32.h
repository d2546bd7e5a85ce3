// SPDX-License-Identifier: MIT
//
// Phases of 32 bits: scaled so that a unit's side is 2³², the wrap at the next unit is the overflow
// of a sum, and a pixel costs one addition and one comparison an axis.
//
// A step of s/period units is rounded to 2⁻³² units, in doubles, whose own error of 2⁻²⁰ of that is
// carried along as ε: k steps are off by at most k(1/2 + ε). That is harmless as long as it cannot
// carry a phase over an edge: phases are integers, period of them to a unit, so they lie
// 2³²/period = 2¹⁶/d apart. Started half way between two of them, at an error of at most 1 + ε, and
// compared with an edge that is off by at most 1/2 + ε, columns + rows steps decide every pixel as
// exact arithmetic does if
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

inline bool phase32IsExact(const Lattice& lattice, uint32_t columns, uint32_t rows) {
  return (uint64_t{columns} + rows + 2) * lattice.period < (uint64_t{1} << 32);
}

// For how many rows of so many columns phases stay exact, where they are for one: in doubles, whose
// quotient may be one too large.
inline uint32_t phase32Rows(const Lattice& lattice, uint32_t columns) {
  const auto all = static_cast<int64_t>(4294967295.0 * lattice.perPeriod) - columns - 3;
  return static_cast<uint32_t>(all < 1 ? 1 : all);
}

inline Phase32 phase32Of(const LatticeAxis& axis, const Lattice& lattice, int32_t x, int32_t y) {
  const double scale = 4294967296.0 * lattice.perPeriod;
  const uint32_t phase = unitAndPhase(axis.at(x, y) - lattice.stripe, lattice).phase;
  const auto step = [&](int32_t phases) {
    const double scaled = phases * scale;
    return static_cast<uint32_t>(static_cast<int64_t>(scaled + (scaled < 0 ? -0.5 : 0.5)));
  };
  return {static_cast<uint32_t>(static_cast<int64_t>((phase + 0.5) * scale)), step(axis.stepX),
          step(axis.stepY)};
}

// The gap between two stripes: phases below it are in the gap.
inline uint32_t gap32Of(const Lattice& lattice) {
  return static_cast<uint32_t>(
      static_cast<int64_t>(lattice.gap() * (4294967296.0 * lattice.perPeriod) + 0.5));
}

}  // namespace gridmask
