// SPDX-License-Identifier: MIT
//
// Phases (lattice/phase32.h) of several samples at a time: once a sample, and as costly as to
// decide some hundred pixels if it is done for each alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lattice/lattice.h"
#include "lattice/phase32.h"
#include "lattice/sample_block.h"

namespace gridmask {

// Cosines and sines of a block's angles.
struct alignas(64) Turns {
  explicit Turns(const LatticeBlock& block) {
    const Rotation* const whole = wholeRotations();
    for (size_t k = 0; k < kBlockSamples; ++k) {
      const Rotation rotation = rotationOf(block.angle[k], whole);
      cos[k] = rotation.cos;
      sin[k] = rotation.sin;
    }
  }

  Lanes<double> cos;
  Lanes<double> sin;
};

// The side of the canvas, and where on it the first pixel lies.
struct RowsOnCanvas {
  double side;
  double column;
  double row;
};

// Of each sample, where phases begin, and their steps across and down, in 2⁻⁶⁴ units; the gap in
// 2⁻³².
struct alignas(64) PhaseBlock {
  Lanes<uint64_t> startX;
  Lanes<uint64_t> acrossX;
  Lanes<uint64_t> downX;
  Lanes<uint64_t> startY;
  Lanes<uint64_t> acrossY;
  Lanes<uint64_t> gap;
};

void findPhases(const LatticeBlock& block, const Canvas& canvas, PhaseBlock& to);

// The phases of one sample. Down, those of the second axis step as those of the first do across.
struct Phases {
  uint64_t startX;
  uint64_t acrossX;
  uint64_t downX;
  uint64_t startY;
  uint64_t acrossY;
  uint32_t gap;

  // From column 0 of a row on.
  Phase32 x(int32_t row) const { return at(startX, acrossX, downX, row); }
  Phase32 y(int32_t row) const { return at(startY, acrossY, acrossX, row); }

  // As Lattice says.
  bool isUpright() const { return (downX | acrossY) == 0 || acrossX == 0; }

 private:
  static Phase32 at(uint64_t start, uint64_t across, uint64_t down, int32_t row) {
    const auto nearest = [](uint64_t step) {
      return static_cast<uint32_t>((step + (uint64_t{1} << 31)) >> 32);
    };
    const uint64_t first = start + static_cast<uint64_t>(row) * down;
    return {static_cast<uint32_t>(first >> 32), nearest(across), nearest(down)};
  }
};

inline Phases phasesOf(const PhaseBlock& block, size_t k) {
  return {block.startX[k], block.acrossX[k], block.downX[k],
          block.startY[k], block.acrossY[k], static_cast<uint32_t>(block.gap[k])};
}

}  // namespace gridmask
