// SPDX-License-Identifier: MIT
//
// What the bits of a mask's rows are computed from.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lattice/phase32.h"

namespace gridmask::cpu {

// How many pixels of a row are decided together: a chunk.
constexpr uint32_t kPixelsAtOnce = 32;

// Where the edges of squares can lie along a row, on one axis. The first pixel of a unit has a
// phase below `step`. The unit's gap then has `gapPixels` pixels, and all of it `unitPixels`: one
// more if that phase is below `gapRest` or `unitRest`.
struct AxisEdges {
  static constexpr uint32_t kMostStep = 1u << 28;   // units of at least kPixelsAtOnce / 2 pixels
  static constexpr uint32_t kLeastStep = 1u << 16;  // units whose pixels a float can count

  // Writes member by member: copying a struct that has just been written in parts stalls until the
  // parts are in the cache.
  void find(uint32_t stepX, uint32_t gap) {
    isMirrored = stepX > kMostStep;
    step = isMirrored ? 0 - stepX : stepX;
    lastPhase = step - 1;
    unitPixels = 0;
    if (step < kLeastStep || step > kMostStep) return;
    const double pixels = kWholeUnit / static_cast<int32_t>(step);
    unitPixels = static_cast<uint32_t>(static_cast<int32_t>(pixels));
    unitRest = 0 - unitPixels * step;
    // A product is faster than another quotient, but may be one pixel off.
    const double ofGap = static_cast<double>(gap) * (pixels * (1 / kWholeUnit));
    gapPixels = static_cast<uint32_t>(static_cast<int32_t>(ofGap));
    gapRest = gap - gapPixels * step;
    if (gapRest > kMostStep) {
      --gapPixels;
      gapRest += step;
    } else if (gapRest >= step) {
      ++gapPixels;
      gapRest -= step;
    }
    perHalfStep = static_cast<float>(pixels * kPerHalfUnit);
  }

  // The most edges that a chunk can cross: 2, 4 or 5; 0 if there are more than this code handles.
  int most() const {
    constexpr uint32_t kLast = kPixelsAtOnce - 1;
    return unitPixels == 0 ? 0 : gapPixels >= kLast ? 2 : unitPixels + gapPixels >= kLast ? 4 : 5;
  }

  bool isMirrored = false;  // phases fall along the row, so it is gone through from its end
  uint32_t step = 0, lastPhase = 0;  // of a unit's first pixel
  uint32_t gapPixels = 0, gapRest = 0;
  uint32_t unitPixels = 0, unitRest = 0;
  // Pixels in half a phase, rounded down a little: so a product is never too large, and at most one
  // pixel too small.
  float perHalfStep = 0;

 private:
  static constexpr double kWholeUnit = 4294967296.0;
  static constexpr double kPerHalfUnit = (1 - 1.0 / (1 << 20)) / (kWholeUnit / 2);
};

// The phases at the first row of a block.
struct MaskPhases {
  Phase32 x, y;
  uint32_t gap;  // as a phase
  bool reverse;
  AxisEdges edgesX, edgesY;
  int mostEdges;  // 0: every pixel has to be looked at

  void findEdges() {
    mostEdges = 0;
    if (x.stepX == 0 || y.stepX == 0) return;
    edgesX.find(x.stepX, gap);
    edgesY.find(y.stepX, gap);
    const int mostX = edgesX.most(), mostY = edgesY.most();
    mostEdges = mostX == 0 || mostY == 0 ? 0 : std::max(mostX, mostY);
  }
};

}  // namespace gridmask::cpu
