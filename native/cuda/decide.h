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
  constexpr int kVectors = sizeof(T) / sizeof(Vector);
  static_assert(kVectors * sizeof(Vector) == sizeof(T), "");
  Vector vectors[kVectors];
  for (int k = 0; k < kVectors; ++k) vectors[k] = load<Vector>(from + k * sizeof(Vector));
  T value;
  memcpy(&value, vectors, sizeof value);
  return value;
}

GRIDMASK_HD inline LatticePart loadLatticePart(const uint8_t* sample) {
  static_assert(offsetof(KernelSample, units) == sizeof(LatticePart), "");
  return loadVectors<LatticePart>(sample);
}

GRIDMASK_HD inline uint32_t quotient(uint32_t n, Reciprocal reciprocal) {
  const uint64_t next = uint64_t{n} + 1;
  const uint64_t low = next * static_cast<uint32_t>(reciprocal.multiplier);
  const uint64_t high = next * (reciprocal.multiplier >> 32);
  return static_cast<uint32_t>((high + (low >> 32)) >> 32);
}

// The turns of successive pixels of a row. Turns32 is as good where they allow it: see launch.cc.
struct Turns64 {
  uint64_t x, y;
  uint64_t acrossX, acrossY;
  uint32_t gap;

  GRIDMASK_HD bool inSquare() const {
    return static_cast<uint32_t>(x >> 32) < gap && static_cast<uint32_t>(y >> 32) < gap;
  }
  GRIDMASK_HD void next() {
    x += acrossX;
    y += acrossY;
  }
};

struct Turns32 {
  uint32_t x, y;
  uint32_t acrossX, acrossY;
  uint32_t gap;

  GRIDMASK_HD explicit Turns32(const Turns64& turns)
      : x(static_cast<uint32_t>(turns.x >> 32)),
        y(static_cast<uint32_t>(turns.y >> 32)),
        acrossX(nearest(turns.acrossX)),
        acrossY(nearest(turns.acrossY)),
        gap(turns.gap) {}

  GRIDMASK_HD static uint32_t nearest(uint64_t turns) {
    return static_cast<uint32_t>((turns + 0x80000000u) >> 32);
  }
  GRIDMASK_HD bool inSquare() const { return x < gap && y < gap; }
  GRIDMASK_HD void next() {
    x += acrossX;
    y += acrossY;
  }
};

GRIDMASK_HD inline Turns64 turnsAt(const LatticePart& sample, int32_t x, int32_t y) {
  // As 64-bit numbers modulo 2⁶⁴: x may be negative, left of the image, where nobody asks.
  const auto column = static_cast<uint64_t>(int64_t{x});
  const auto row = static_cast<uint64_t>(int64_t{y});
  return {sample.x.origin + column * sample.x.across + row * sample.x.down,
          sample.y.origin + column * sample.y.across + row * sample.y.down, sample.x.across,
          sample.y.across, sample.gap};
}

// Whether units drop their squares, in a Random GridMask. The last answer is kept: neighbours
// mostly lie in the same unit.
class UnitDraws {
 public:
  GRIDMASK_HD explicit UnitDraws(const uint8_t* sample)
      : units_(loadVectors<KernelUnits>(sample + sizeof(LatticePart))) {}

  GRIDMASK_HD bool drops(int32_t x, int32_t y) {
    const uint32_t i = unit(0, x, y);
    const uint32_t j = unit(1, x, y);
    if (!known_ || i != i_ || j != j_) {
      const Philox4 draw =
          philox4x32({{units_.key[0], units_.key[1], i, j}}, units_.seed[0], units_.seed[1]);
      drops_ = draw.word[0] < units_.dropBelow;
      i_ = i;
      j_ = j;
      known_ = true;
    }
    return drops_;
  }

 private:
  GRIDMASK_HD uint32_t unit(int axis, int32_t x, int32_t y) const {
    const uint32_t position = units_.origin[axis] + static_cast<uint32_t>(x * units_.across[axis]) +
                              static_cast<uint32_t>(y * units_.down[axis]);
    // Whole pixels: below 2¹⁶, so that the division is exact.
    const uint64_t next = (position >> 16) + 1;
    return static_cast<uint32_t>(next * units_.reciprocal >> 32) -
           static_cast<uint32_t>(units_.shift[axis]);
  }

  KernelUnits units_;
  uint32_t i_ = 0;
  uint32_t j_ = 0;
  bool known_ = false;
  bool drops_ = false;
};

// One value a pixel: bit k for pixel x + k.
template <int count, class Turns>
GRIDMASK_HD inline uint32_t squaresOf(Turns& turns) {
  uint32_t bits = 0;
#ifdef __CUDACC__
#pragma unroll
#endif
  for (int k = 0; k < count; ++k) {
    if (turns.inSquare()) bits |= 1u << k;
    turns.next();
  }
  return bits;
}

template <int count, class Turns>
GRIDMASK_HD inline uint32_t planarSquares(Turns turns, uint32_t vectors) {
  const uint32_t bits = squaresOf<count>(turns);
  return vectors == 1 ? bits : bits | squaresOf<count>(turns) << count;
}

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

// A value's pixel. Those left of the row, where nobody asks, count to the first.
GRIDMASK_HD inline uint32_t pixelOf(const KernelParams& params, int32_t value) {
  return quotient(static_cast<uint32_t>(value < 0 ? 0 : value), params.valuesPerPixelReciprocal);
}

// Several values a pixel: bit k for value begin + k of the row.
template <class Turns>
GRIDMASK_HD inline uint32_t interleavedSquares(Turns turns, const uint8_t* sampleAt, bool random,
                                               int32_t x, int32_t y, uint32_t firstEnd,
                                               uint32_t valuesPerPixel, uint32_t count) {
  uint32_t bits = 0;
  uint32_t end = firstEnd;
  for (uint32_t from = 0; from < count; from = end, end += valuesPerPixel, ++x, turns.next()) {
    bool square = turns.inSquare();
    if (square && random) square = UnitDraws(sampleAt).drops(x, y);
    // The pixels to come set the bits behind it anew.
    const uint32_t rest = 0xFFFFFFFFu << from;
    bits = square ? bits | rest : bits & ~rest;
  }
  return bits;
}

// Bit k: whether value begin + k of the row is dropped; for one vector of `values` values or two.
template <int values, bool interleaved>
GRIDMASK_HD inline uint32_t decide(const KernelParams& params, const LatticePart& sample,
                                   const uint8_t* sampleAt, int32_t begin, int32_t row,
                                   uint32_t vectors) {
  const bool random = (sample.flags & KernelSample::kRandom) != 0;
  const bool fine = (sample.flags & KernelSample::kFine) != 0;
  uint32_t bits;
  if (interleaved) {
    const auto x = static_cast<int32_t>(pixelOf(params, begin));
    const uint32_t firstEnd =
        static_cast<uint32_t>(x + 1) * params.valuesPerPixel - static_cast<uint32_t>(begin);
    const Turns64 turns = turnsAt(sample, x, row);
    bits = fine ? interleavedSquares(turns, sampleAt, random, x, row, firstEnd,
                                     params.valuesPerPixel, values * vectors)
                : interleavedSquares(Turns32(turns), sampleAt, random, x, row, firstEnd,
                                     params.valuesPerPixel, values * vectors);
  } else {
    const Turns64 turns = turnsAt(sample, begin, row);
    bits = fine ? planarSquares<values>(turns, vectors)
                : planarSquares<values>(Turns32(turns), vectors);
    if (random) bits = drawnSquares(bits, sampleAt, begin, row);
  }
  return (sample.flags & KernelSample::kReverse) != 0 ? ~bits : bits;
}

}  // namespace gridmask::cuda
