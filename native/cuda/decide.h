// SPDX-License-Identifier: MIT
//
// Which of the values that begin at some place of a row are dropped.
//
// Each axis of the lattice is a number of turns modulo 1: whole units fall away, and a pixel lies
// between two stripes while its turns are below the gap's. The first pixel's come from two
// multiplications by the sample's constants, modulo 2⁶⁴; from there an addition leads to the next
// pixel, and the wrap at a unit's end is the overflow of the sum. This decides as the exact
// arithmetic of lattice/lattice.h does; launch.cc bounds the error.
#pragma once

#include <cstdint>

#include "cuda/kernel.h"
#include "cuda/memory.h"
#include "lattice/philox.h"

namespace gridmask::cuda {

// KernelSample as far as every masked sample needs it.
struct LatticePart {
  KernelAxis x;
  KernelAxis y;
  uint32_t gap;
  uint32_t flags;
  uint32_t padding[2];
};

template <class T>
GRIDMASK_HD inline T loadVectors(const uint8_t* from) {
  constexpr size_t kVectors = sizeof(T) / sizeof(Vector);
  static_assert(kVectors * sizeof(Vector) == sizeof(T), "");
  Vector vectors[kVectors];
  for (size_t k = 0; k < kVectors; ++k) vectors[k] = load<Vector>(from + k * sizeof(Vector));
  T value;
  memcpy(&value, vectors, sizeof value);
  return value;
}

GRIDMASK_HD inline LatticePart loadLatticePart(const uint8_t* sample) {
  static_assert(offsetof(KernelSample, units) == sizeof(LatticePart), "");
  return loadVectors<LatticePart>(sample);
}

// n < 2³² - 1.
GRIDMASK_HD inline uint32_t quotient(uint32_t n, Reciprocal reciprocal) {
  const uint64_t next = n + 1;
  const uint64_t low = next * static_cast<uint32_t>(reciprocal.multiplier);
  const uint64_t high = next * static_cast<uint32_t>(reciprocal.multiplier >> 32);
  return static_cast<uint32_t>((high + (low >> 32)) >> 32);
}

// The turns of successive pixels of a row, modulo 1.
template <class T>
struct Turns {
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

GRIDMASK_HD inline Turns<uint64_t> turnsAt(const LatticePart& sample, int32_t x, int32_t y) {
  // Never negative: 32 bits of the one factor are enough.
  const uint64_t column = static_cast<uint32_t>(x - kOriginColumn);
  const uint64_t row = static_cast<uint32_t>(y);
  return {sample.x.origin + column * sample.x.across + row * sample.x.down,
          sample.y.origin + column * sample.y.across + row * sample.y.down, sample.x.across,
          sample.y.across, sample.gap};
}

// As good where the sample is not kFine (launch.cc says why), and half the work.
GRIDMASK_HD inline Turns<uint32_t> coarse(const Turns<uint64_t>& turns) {
  const auto upper = [](uint64_t value) { return static_cast<uint32_t>(value >> 32); };
  constexpr uint64_t kHalf = 0x80000000u;
  return {upper(turns.x), upper(turns.y), upper(turns.acrossX + kHalf),
          upper(turns.acrossY + kHalf), turns.gap};
}

// Whether units drop their squares, in a Random GridMask. The last answer is kept: neighbours
// mostly lie in the same unit. All else is read again for every unit, so that registers stay free.
class UnitDraws {
 public:
  GRIDMASK_HD explicit UnitDraws(const uint8_t* sample) : units_(sample + sizeof(LatticePart)) {}

  GRIDMASK_HD bool drops(int32_t x, int32_t y) {
    const uint32_t i = unit(0, x, y);
    const uint32_t j = unit(1, x, y);
    if (!known_ || i != i_ || j != j_) {
      const Philox4 draw = philox4x32(
          {{word(offsetof(KernelUnits, key)), word(offsetof(KernelUnits, key) + 4), i, j}},
          word(offsetof(KernelUnits, seed)), word(offsetof(KernelUnits, seed) + 4));
      const uint64_t below = word(offsetof(KernelUnits, dropBelow)) |
                             uint64_t{word(offsetof(KernelUnits, dropBelow) + 4)} << 32;
      drops_ = draw.word[0] < below;
      i_ = i;
      j_ = j;
      known_ = true;
    }
    return drops_;
  }

 private:
  GRIDMASK_HD uint32_t word(size_t offset) const { return load<uint32_t>(units_ + offset); }

  GRIDMASK_HD uint32_t unit(uint32_t axis, int32_t x, int32_t y) const {
    const uint8_t* of = units_ + sizeof(KernelUnitAxis) * axis;
    const auto axisOf = loadVectors<KernelUnitAxis>(of);
    const uint32_t position = axisOf.origin + static_cast<uint32_t>(x) * axisOf.across +
                              static_cast<uint32_t>(y) * axisOf.down;
    // Whole pixels, below 2¹⁶, times the reciprocal of d: exact.
    const uint64_t next = (position >> 16) + 1;
    return static_cast<uint32_t>(next * word(offsetof(KernelUnits, reciprocal)) >> 32) -
           axisOf.shift;
  }

  const uint8_t* units_;
  uint32_t i_ = 0;
  uint32_t j_ = 0;
  bool known_ = false;
  bool drops_ = false;
};

// Takes out of the squares that begin at pixel (x, y) those whose units keep them.
GRIDMASK_HD inline uint32_t drawnSquares(uint32_t squares, const uint8_t* sampleAt, int32_t x,
                                         int32_t y) {
  UnitDraws draws(sampleAt);
  uint32_t drawn = 0;
  for (uint32_t bit = 1; squares != 0; bit <<= 1, ++x) {
    if ((squares & bit) == 0) continue;
    squares ^= bit;
    if (draws.drops(x, y)) drawn |= bit;
  }
  return drawn;
}

// One value a pixel: bit k for pixel x + k, of so many vectors of `values` values.
template <int values>
GRIDMASK_HD inline uint32_t planarSquares(Turns<uint64_t> exact, bool fine, uint32_t vectors) {
  uint32_t bits = 0;
  if (fine) {
    GRIDMASK_NO_UNROLL
    for (uint32_t k = 0; k < values * vectors; ++k, exact.next()) {
      if (exact.inSquare()) bits |= 1u << k;
    }
    return bits;
  }
  auto turns = coarse(exact);
  GRIDMASK_NO_UNROLL
  for (uint32_t vector = 0; vector < vectors; ++vector) {
    uint32_t ofVector = 0;
    GRIDMASK_UNROLL
    for (int k = 0; k < values; ++k, turns.next()) {
      if (turns.inSquare()) ofVector |= 1u << k;
    }
    bits |= ofVector << (vector * values);
  }
  return bits;
}

// Several values a pixel, the first of which has `firstEnd` of them left: bit k for the k-th value.
GRIDMASK_HD inline uint32_t interleavedSquares(Turns<uint64_t> turns, const uint8_t* sampleAt,
                                               bool random, int32_t x, int32_t y, uint32_t firstEnd,
                                               uint32_t valuesPerPixel, uint32_t count) {
  UnitDraws draws(sampleAt);
  uint32_t bits = 0;
  uint32_t end = firstEnd;
  GRIDMASK_NO_UNROLL
  for (uint32_t from = 0; from < count; from = end, end += valuesPerPixel, ++x, turns.next()) {
    bool square = turns.inSquare();
    if (square && random) square = draws.drops(x, y);
    // The pixels to come set the bits behind it anew.
    const uint32_t rest = 0xFFFFFFFFu << from;
    bits = square ? bits | rest : bits & ~rest;
  }
  return bits;
}

// The pixel of a row's value. Those left of the row, where nobody asks, count to the first.
GRIDMASK_HD inline uint32_t pixelOf(const KernelParams& params, int32_t value) {
  return quotient(static_cast<uint32_t>(value < 0 ? 0 : value), params.valuesPerPixelReciprocal);
}

// Bit k: whether value begin + k of the row is dropped; for one vector of `values` values or two.
template <int values, bool interleaved>
GRIDMASK_HD inline uint32_t decide(const KernelParams& params, const LatticePart& sample,
                                   const uint8_t* sampleAt, int32_t begin, int32_t row,
                                   uint32_t vectors) {
  const bool random = (sample.flags & KernelSample::kRandom) != 0;
  const bool reverse = (sample.flags & KernelSample::kReverse) != 0;
  uint32_t bits;
  if (interleaved) {
    const auto x = static_cast<int32_t>(pixelOf(params, begin));
    const uint32_t firstEnd =
        static_cast<uint32_t>(x + 1) * params.valuesPerPixel - static_cast<uint32_t>(begin);
    bits = interleavedSquares(turnsAt(sample, x, row), sampleAt, random, x, row, firstEnd,
                              params.valuesPerPixel, values * vectors);
  } else {
    const bool fine = (sample.flags & KernelSample::kFine) != 0;
    bits = planarSquares<values>(turnsAt(sample, begin, row), fine, vectors);
    if (random) bits = drawnSquares(bits, sampleAt, begin, row);
  }
  return reverse ? ~bits : bits;
}

}  // namespace gridmask::cuda
