// SPDX-License-Identifier: MIT
//
// Which pixels lie in the lattice's squares, as bits.
//
// On each axis of the lattice a pixel has a phase, a fraction of a period: whole units vanish, and
// the pixel lies between two stripes if its phase is below the gap. The first pixel's phases come
// from two multiplications by the sample's constants, modulo 2⁶⁴. From there one addition leads to
// the next pixel, and the wrap at the end of a unit is the overflow of the sum. The decisions are
// those of the exact arithmetic of lattice/lattice.h; kernel_sample.cc bounds the error.
#pragma once

#include <cstdint>

#include "cuda/kernel_params.h"
#include "cuda/memory.h"
#include "cuda/vector_bits.h"
#include "lattice/philox.h"

namespace gridmask::cuda {

// Of successive pixels of a row.
template <class T>
struct Phases {
  T x, y;
  T acrossX, acrossY;
  uint32_t gap;

  GRIDMASK_HD bool inSquare() const {
    constexpr int kBelow = 8 * (sizeof(T) - sizeof(uint32_t));
    return static_cast<uint32_t>(x >> kBelow) < gap && static_cast<uint32_t>(y >> kBelow) < gap;
  }
  GRIDMASK_HD void next() {
    x += acrossX;
    y += acrossY;
  }
};

// sum + factor·number, modulo 2⁶⁴.
GRIDMASK_HD inline uint64_t addProduct(uint64_t sum, uint32_t factor, uint64_t number) {
#ifdef __CUDA_ARCH__
  // Two instructions; compilers make three to five of the expression.
  asm("{\n\t"
      ".reg .u32 low, high, numberLow, numberHigh;\n\t"
      "mov.b64 {numberLow, numberHigh}, %2;\n\t"
      "mad.wide.u32 %0, %1, numberLow, %0;\n\t"
      "mov.b64 {low, high}, %0;\n\t"
      "mad.lo.u32 high, %1, numberHigh, high;\n\t"
      "mov.b64 %0, {low, high};\n\t"
      "}"
      : "+l"(sum)
      : "r"(factor), "l"(number));
  return sum;
#else
  return sum + factor * number;
#endif
}

// `Sample`: a KernelSample, or another with its numbers.
template <class Sample>
GRIDMASK_HD inline Phases<uint64_t> phasesAt(const Sample& sample, int32_t x, int32_t y) {
  // Never negative: 32 bits of the one factor are enough.
  const auto column = static_cast<uint32_t>(x - kOriginColumn);
  const auto row = static_cast<uint32_t>(y);
  return {addProduct(addProduct(sample.originX, column, sample.acrossX), row, sample.downX),
          addProduct(addProduct(sample.originY, column, sample.acrossY), row, sample.downY()),
          sample.acrossX, sample.acrossY, sample.gap};
}

GRIDMASK_HD inline uint32_t coarse(uint64_t phase) { return static_cast<uint32_t>(phase >> 32); }
// Rounded to nearest.
GRIDMASK_HD inline uint32_t coarseStep(uint64_t step) {
  return coarse(step) + (static_cast<uint32_t>(step) >> 31);
}

// Just as good if the sample is not kFine, at half the work.
GRIDMASK_HD inline Phases<uint32_t> coarse(const Phases<uint64_t>& phases) {
  return {coarse(phases.x), coarse(phases.y), coarseStep(phases.acrossX),
          coarseStep(phases.acrossY), phases.gap};
}

// Bit k for value k of `count`, of which the first `end` belong to the first pixel, and each
// further `step` to the next.
template <class T>
GRIDMASK_HD inline uint32_t squaresOfValues(Phases<T> phases, uint32_t end, uint32_t step,
                                            uint32_t count) {
  uint32_t bits = 0;
  GRIDMASK_NO_UNROLL
  for (uint32_t from = 0; from < count; from = end, end += step, phases.next()) {
    // Later pixels overwrite the bits beyond their own start.
    const uint32_t rest = 0xFFFFFFFFu << from;
    bits = phases.inSquare() ? bits | rest : bits & ~rest;
  }
  return bits;
}

GRIDMASK_HD inline uint32_t squaresOfValues(const Phases<uint64_t>& phases, bool fine, uint32_t end,
                                            uint32_t step, uint32_t count) {
  return fine ? squaresOfValues(phases, end, step, count)
              : squaresOfValues(coarse(phases), end, step, count);
}

// Coarse phases of a tile of pixels.
struct TilePhases {
  Phases<uint32_t> row;
  uint32_t downX, downY;

  GRIDMASK_HD TilePhases(const KernelSample& sample, int32_t x, int32_t y)
      : row(coarse(phasesAt(sample, x, y))),
        downX(coarseStep(sample.downX)),
        downY(coarseStep(sample.downY())) {}

  GRIDMASK_HD void nextRow() {
    row.x += downX;
    row.y += downY;
  }

  // Whether one of the next pixels of the row, or of the rows below, may lie in a square. If not,
  // none does. Not for a sample that is kDense.
  template <uint32_t columns, uint32_t rows>
  GRIDMASK_HD bool mayHaveSquares() const {
    return mayBeBelow<columns - 1, rows - 1>(row.x, row.acrossX, downX) &&
           mayBeBelow<columns - 1, rows - 1>(row.y, row.acrossY, downY);
  }

 private:
  // All the tile's phases lie in [highest - span, highest], modulo 2³². Some number there is below
  // the gap, modulo 2³², exactly if highest modulo 2³² is below gap + span, which is less than 2³²
  // unless the sample is kDense.
  template <uint32_t columnSteps, uint32_t rowSteps>
  GRIDMASK_HD bool mayBeBelow(uint32_t start, uint32_t across, uint32_t down) const {
    static_assert(columnSteps <= kMaxColumnSteps && rowSteps <= kMaxRowSteps, "");
    const uint32_t right = static_cast<int32_t>(across) < 0 ? 0 : across;
    const uint32_t below = static_cast<int32_t>(down) < 0 ? 0 : down;
    const uint32_t highest = start + columnSteps * right + rowSteps * below;
    const uint32_t lowest = start + columnSteps * (across - right) + rowSteps * (down - below);
    return highest < highest - lowest + row.gap;
  }
};

// Whether units drop their squares, in a Random GridMask. The last answer is kept, since neighbours
// mostly lie in the same unit. What only a draw needs is read for each draw, to save registers.
class UnitDraws {
 public:
  GRIDMASK_HD UnitDraws(const KernelParams& params, uint32_t entry)
      : params_(params), at_(params.unitsAt + entry * static_cast<uint32_t>(sizeof(KernelUnits))) {}

  GRIDMASK_HD bool drops(int32_t x, int32_t y) {
    const ShortReciprocal perUnit{field<uint32_t>(offsetof(KernelUnits, reciprocal))};
    const auto ofX = field<KernelUnitAxis>(offsetof(KernelUnits, x));
    const uint32_t i = ofX.unit(ofX.at(x, y), perUnit);
    const auto ofY = field<KernelUnitAxis>(offsetof(KernelUnits, y));
    const uint32_t j = ofY.unit(ofY.at(x, y), perUnit);
    if (!known_ || i != i_ || j != j_) {
      constexpr size_t kKey = offsetof(KernelUnits, key);
      constexpr size_t kSeed = offsetof(KernelUnits, seed);
      const Philox4 draw = philox4x32({{field<uint32_t>(kKey), field<uint32_t>(kKey + 4), i, j}},
                                      field<uint32_t>(kSeed), field<uint32_t>(kSeed + 4));
      drops_ = draw.word[0] < field<uint64_t>(offsetof(KernelUnits, dropBelow));
      i_ = i;
      j_ = j;
      known_ = true;
    }
    return drops_;
  }

 private:
  template <class T>
  GRIDMASK_HD T field(size_t offset) const {
    return constant<T>(params_, at_ + static_cast<uint32_t>(offset));
  }

  const KernelParams& params_;
  uint32_t at_;
  uint32_t i_ = 0;
  uint32_t j_ = 0;
  bool known_ = false;
  bool drops_ = false;
};

// Removes the squares whose units keep them, row by row downwards.
//
// Neighbouring pixels are at most one pixel apart along an axis of the lattice, and a stripe is at
// least one wide. So neighbours that both lie in squares lie in the same one: a run of bits is
// drawn once, and not again if it lies below a run of the row above.
class SquareDraws {
 public:
  GRIDMASK_HD SquareDraws(const KernelParams& params, uint32_t entry) : draws_(params, entry) {}

  // `columnOf`: the pixel of a bit. Bits of the same pixel are adjacent, and a bit belongs to the
  // same pixel in all rows.
  template <class ColumnOf>
  GRIDMASK_HD uint32_t nextRow(uint32_t squares, int32_t y, const ColumnOf& columnOf) {
    uint32_t dropped = 0;
    GRIDMASK_NO_UNROLL
    for (uint32_t rest = squares; rest != 0;) {
      const uint32_t lowest = rest & (0u - rest);
      const uint32_t run = rest & ~(rest + lowest);
      const bool drops = (run & above_) != 0 ? (run & droppedAbove_) != 0
                                             : draws_.drops(columnOf(lowestBitOf(run)), y);
      if (drops) dropped |= run;
      rest &= ~run;
    }
    above_ = squares;
    droppedAbove_ = dropped;
    return dropped;
  }

 private:
  UnitDraws draws_;
  uint32_t above_ = 0;
  uint32_t droppedAbove_ = 0;
};

}  // namespace gridmask::cuda
