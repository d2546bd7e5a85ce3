// SPDX-License-Identifier: MIT
//
// What the bits of a mask's rows are worked out from.
#pragma once

#include <algorithm>
#include <cstdint>

#include "lattice/phase32.h"

namespace gridmask::cpu {

// Pixels of a row whose bits are worked out together.
constexpr uint32_t kPixelsAtOnce = 32;

// Where the edges of squares may lie on one axis, along a row. A unit's first pixel has a phase
// below `step`. So many pixels are in its gap, and in all of it: one more if that phase is below
// the rest.
struct AxisEdges {
  static constexpr uint32_t kMostStep = 1u << 28;   // a unit has at least half of kPixelsAtOnce
  static constexpr uint32_t kLeastStep = 1u << 16;  // floats tell its pixels apart

  // Where they are, member by member: to copy what has just been written by parts would take longer
  // than to work it out.
  void find(uint32_t stepX, uint32_t gap) {
    isMirrored = stepX > kMostStep;
    step = isMirrored ? 0 - stepX : stepX;
    lastPhase = step - 1;
    unitPixels = 0;
    if (step < kLeastStep || step > kMostStep) return;
    const double pixels = kWholeUnit / static_cast<int32_t>(step);
    unitPixels = static_cast<uint32_t>(static_cast<int32_t>(pixels));
    unitRest = 0 - unitPixels * step;
    // A product instead of another quotient: it may be one pixel off.
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

  // How many of them kPixelsAtOnce pixels may cross: 2, 4, 5; 0 if more than can be told.
  int most() const {
    constexpr uint32_t kLast = kPixelsAtOnce - 1;
    return unitPixels == 0 ? 0 : gapPixels >= kLast ? 2 : unitPixels + gapPixels >= kLast ? 4 : 5;
  }

  bool isMirrored = false;  // phases fall along the row, whose last pixel is then the first one
  uint32_t step = 0, lastPhase = 0;  // of a unit's first pixel
  uint32_t gapPixels = 0, gapRest = 0;
  uint32_t unitPixels = 0, unitRest = 0;
  // Pixels in half a phase, and a little less: so that a product is never one too many, and at most
  // one too few.
  float perHalfStep = 0;

 private:
  static constexpr double kWholeUnit = 4294967296.0;
  static constexpr double kPerHalfUnit = (1 - 1.0 / (1 << 20)) / (kWholeUnit / 2);
};

// Of the first row of a block.
struct MaskPhases {
  Phase32 x, y;
  uint32_t gap;  // as a phase
  bool reverse;
  AxisEdges edgesX, edgesY;
  int mostEdges;  // 0: each pixel is to be looked at

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
