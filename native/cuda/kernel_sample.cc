// SPDX-License-Identifier: MIT
//
// How exact the phases are. A position on an axis is V/period, as integers V and
// period = d·2¹⁶ (lattice/lattice.h); a pixel lies in the gap if V mod period, from the stripe's
// end on, is below the gap. Phases are V/period in 2⁻⁶⁴, of which the upper 32 bits are compared
// with the gap in 2⁻³². In these units of 2⁻³²:
//
//   - Positions lie 2¹⁶/d apart, and are moved half way towards the next one: so an error of less
//     than 2¹⁵/d moves no pixel over an edge.
//   - The gap is rounded to the nearest: off by at most 1/2, and 2⁻¹⁷ by which Fraction is.
//   - Origin, across and down are each at most d + 2 of 2⁻⁶⁴ too small (Fraction says why). An
//   image
//     has at most 16384 rows, and 16384 columns and 16 before them: a pixel's phase is less than
//     32786·(d + 2)·2⁻³² off, 0.015 for d <= 1920 and 0.251 for any d.
//
// With the upper half of 64 bits, which cuts off what a comparison with a whole number does not
// see, that is together less than 0.752, and 2¹⁵/d is more than 1.
//
// With 32 bits a thread starts with less than 1 cut off, and takes up to 31 steps that are off by
// up to 1/2 each, and the 0.015 of 64-bit phases at their end: 1 + 31/2 + 1/2 + 0.03 < 2¹⁵/d up to
// kMaxCoarseUnit. Beyond it samples are kFine.

#include "cuda/kernel_sample.h"

#include <algorithm>

namespace gridmask::cuda {
namespace {

constexpr int64_t kMaxCoarseUnit = 1920;
static_assert(1703 * kMaxCoarseUnit < 100 * (1 << 15), "");

// Turns positions 0 <= V < period into fractions of the period, by the one division of a sample.
//
// With Q = floor((2⁶⁴ - 1) / d), 2⁶⁴/d is Q and at most 1. A position is V = whole·2¹⁶ + rest,
// whole < d, and
//
//   2⁶⁴·V/period = whole·2⁶⁴/d + rest·2⁶⁴/d/2¹⁶.
//
// whole·Q is at most d less than the first, rest·Q/2¹⁶ less than 1 less than the second, and less
// than 1 is cut off. The products do not overflow: whole·Q < 2⁶⁴, and of rest·Q, of 80 bits, the
// upper and the lower half are taken apart.
class Fraction {
 public:
  explicit Fraction(uint32_t d) : perUnit_(UINT64_MAX / d) {}

  uint64_t of(uint32_t position) const {
    const uint64_t whole = position >> kFractionBits;
    const uint64_t rest = position & ((1u << kFractionBits) - 1);
    const uint64_t upper = rest * (perUnit_ >> 32);
    const uint64_t lower = rest * (perUnit_ & UINT32_MAX);
    return whole * perUnit_ + (upper << 16) + (lower >> 16);
  }

  // Half way between two positions: V = 1/2.
  uint64_t half() const { return perUnit_ >> 17; }

  // Of so many pixels, fewer than d, in 2⁻³² to the nearest.
  uint32_t ofPixels(uint32_t pixels) const {
    return static_cast<uint32_t>((pixels * perUnit_ + (uint64_t{1} << 31)) >> 32);
  }

 private:
  uint64_t perUnit_;
};

KernelAxis kernelAxisOf(const LatticeAxis& axis, const Lattice& lattice, const Fraction& fraction,
                        int32_t firstRow) {
  // A step is at most a pixel, and the period at least one.
  const auto modulo = [&](int32_t step) {
    const uint32_t positive =
        step < 0 ? lattice.period - static_cast<uint32_t>(-step) : static_cast<uint32_t>(step);
    return positive == lattice.period ? 0 : positive;
  };
  const uint32_t phase =
      unitAndPhase(axis.at(kOriginColumn, firstRow) - lattice.stripe, lattice).phase;
  return {fraction.of(phase) + fraction.half(), fraction.of(modulo(axis.stepX)),
          fraction.of(modulo(axis.stepY))};
}

KernelUnitAxis kernelUnitAxisOf(const LatticeAxis& axis, const Lattice& lattice, int32_t height,
                                int32_t width, int32_t firstRow) {
  const int64_t lowest = std::min({axis.at(0, 0), axis.at(width - 1, 0), axis.at(0, height - 1),
                                   axis.at(width - 1, height - 1)}) -
                         lattice.stripe;
  // The lowest position becomes less than a period, that is 2³¹, and the others exceed it by less
  // than 16384 · √2 · 2¹⁶ < 2³¹: all are below 2³².
  const int64_t shift = -unitAndPhase(lowest, lattice).unit;
  const int64_t origin = axis.at(0, firstRow) - lattice.stripe + shift * int64_t{lattice.period};
  return {static_cast<uint32_t>(origin), static_cast<uint32_t>(axis.stepX),
          static_cast<uint32_t>(axis.stepY), static_cast<uint32_t>(shift)};
}

// Whether the gap and what a tile spans are together a period or more, on one of the axes.
bool isDense(const KernelSample& sample) {
  const auto steps = [](uint64_t step) {
    const auto coarse =
        static_cast<int64_t>(static_cast<int32_t>((step + (uint64_t{1} << 31)) >> 32));
    return static_cast<uint64_t>(coarse < 0 ? -coarse : coarse);
  };
  const auto reach = [&](const KernelAxis& axis) {
    return sample.gap + kMaxColumnSteps * steps(axis.across) + kMaxRowSteps * steps(axis.down);
  };
  return std::max(reach(sample.x), reach(sample.y)) > UINT32_MAX;
}

}  // namespace

KernelSample kernelSampleOf(const Lattice& lattice, uint32_t number, int32_t firstRow) {
  KernelSample sample{};
  sample.place = number * KernelSample::kPlaces;
  if (!lattice.masked) return sample;
  const uint32_t d = lattice.period >> kFractionBits;
  const Fraction fraction(d);
  sample.x = kernelAxisOf(lattice.x, lattice, fraction, firstRow);
  sample.y = kernelAxisOf(lattice.y, lattice, fraction, firstRow);
  sample.gap = fraction.ofPixels(lattice.gap() >> kFractionBits);
  if (lattice.reverse) sample.place |= KernelSample::kReverse;
  if (lattice.random) sample.place |= KernelSample::kRandom;
  if (d > kMaxCoarseUnit) sample.place |= KernelSample::kFine;
  if (isDense(sample)) sample.place |= KernelSample::kDense;
  return sample;
}

KernelUnits kernelUnitsOf(const Lattice& lattice, int32_t height, int32_t width, int32_t firstRow) {
  KernelUnits units{};
  units.x = kernelUnitAxisOf(lattice.x, lattice, height, width, firstRow);
  units.y = kernelUnitAxisOf(lattice.y, lattice, height, width, firstRow);
  units.dropBelow = lattice.dropBelow;
  for (int k = 0; k < 2; ++k) {
    units.key[k] = lattice.unitKey[k];
    units.seed[k] = lattice.seed[k];
  }
  units.reciprocal = {UINT32_MAX / (lattice.period >> kFractionBits)};
  return units;
}

}  // namespace gridmask::cuda
