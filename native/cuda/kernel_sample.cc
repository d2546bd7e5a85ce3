// SPDX-License-Identifier: MIT
//
// How exact the phases are. A position on an axis is V/period, as integers V and
// period = d·2¹⁶ (lattice/lattice.h); a pixel lies in the gap if V mod period, from the stripe's
// end on, is below the gap. Phases are V/period in 2⁻⁶⁴, of which the upper 32 bits are compared
// with the gap in 2⁻³². In these units of 2⁻³²:
//
//   - Positions lie 2¹⁶/d apart, and are moved halfway towards the next one, so an error of less
//     than 2¹⁵/d moves no pixel over an edge.
//   - The gap is rounded to the nearest: off by at most 1/2, and 2⁻¹⁷ by which Fraction is.
//   - The origin is off by less than 2¹⁷ + 3 of 2⁻⁶⁴, a step by at most 2 (Fraction says why). An
//     image has at most 16384 rows, and 16384 columns and 16 before them: a pixel's phase is off by
//     less than (2¹⁷ + 3 + 32784·2)·2⁻³², which is 0.00005.
//
// With the upper half of 64 bits, which cuts off what a comparison with a whole number does not
// see, that is together less than 0.502, and 2¹⁵/d is more than 1.
//
// With 32 bits a thread starts with less than 1 cut off, and takes up to 31 steps that are off by
// up to 1/2 each, and the 0.00005 of 64-bit phases at their end: 1 + 31/2 + 1/2 + 0.01 < 2¹⁵/d up
// to kMaxCoarseUnit. Beyond it samples are kFine.

#include "cuda/kernel_sample.h"

#include <algorithm>
#include <cstdlib>

#include "cuda/launch_parts.h"

namespace gridmask::cuda {
namespace {

constexpr int64_t kMaxCoarseUnit = 1920;
static_assert(1701 * kMaxCoarseUnit < 100 * (1 << 15), "");

// Turns positions into fractions of the period modulo 1, by the one division of a sample.
//
// With Q = floor((2⁶⁴ - 1) / d), 2⁶⁴/d is Q and at most 1. A position is V = whole·2¹⁶ + rest,
// 0 <= rest < 2¹⁶, and
//
//   2⁶⁴·V/period = whole·2⁶⁴/d + rest·2⁶⁴/d/2¹⁶.
//
// whole·Q is at most |whole| off the first, rest·Q/2¹⁶ less than 1 below the second, and less than
// 1 is cut off. Of rest·Q, of 80 bits, the upper and the lower half are taken apart. A step is at
// most a pixel, so |whole| <= 1, and off by at most 2; positions on a canvas, less an offset and a
// stripe, are less than 2¹⁷ pixels.
class Fraction {
 public:
  explicit Fraction(uint32_t d) : perUnit_(UINT64_MAX / d) {}

  uint64_t of(int64_t position) const {
    const auto whole = static_cast<uint64_t>(position >> kFractionBits);
    const uint64_t rest = static_cast<uint64_t>(position) & ((1u << kFractionBits) - 1);
    const uint64_t upper = rest * (perUnit_ >> 32);
    const uint64_t lower = rest * (perUnit_ & UINT32_MAX);
    return whole * perUnit_ + (upper << 16) + (lower >> 16);
  }

  // Halfway between two positions: V = 1/2.
  uint64_t half() const { return perUnit_ >> 17; }

  // The fraction of a number of pixels below d, in 2⁻³², rounded to nearest.
  uint32_t ofPixels(uint32_t pixels) const {
    return static_cast<uint32_t>((pixels * perUnit_ + (uint64_t{1} << 31)) >> 32);
  }

 private:
  uint64_t perUnit_;
};

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

// For a masked sample, `stripe` in pixels. Written in place, since a copy of what has just been
// written in parts would wait for them.
inline void writeSample(KernelSample& sample, const LatticeAxis& x, int32_t deltaX,
                        const LatticeAxis& y, int32_t deltaY, uint32_t d, uint32_t stripe,
                        uint32_t place, int32_t firstRow) {
  const Fraction fraction(d);
  const auto origin = [&](const LatticeAxis& axis, int32_t delta) {
    const int64_t position =
        axis.at(kOriginColumn, firstRow) - ((int64_t{stripe} + int64_t{delta}) << kFractionBits);
    return fraction.of(position) + fraction.half();
  };
  const uint64_t across = fraction.of(x.stepX);
  const uint64_t down = fraction.of(x.stepY);
  // A rotation has the same numbers on both axes, unless one of them was halfway.
  const uint64_t acrossY = y.stepX == -x.stepY ? uint64_t{0} - down : fraction.of(y.stepX);
  const uint64_t downY = y.stepY == x.stepX ? across : fraction.of(y.stepY);
  const uint32_t gap = fraction.ofPixels(d - stripe);
  sample.x.origin = origin(x, deltaX);
  sample.x.across = across;
  sample.x.down = down;
  sample.y.origin = origin(y, deltaY);
  sample.y.across = acrossY;
  sample.y.down = downY;
  sample.gap = gap;
  const auto steps = [](uint64_t step) {
    const auto coarse = static_cast<int32_t>((step + (uint64_t{1} << 31)) >> 32);
    return static_cast<uint64_t>(std::abs(int64_t{coarse}));
  };
  const uint64_t reach = std::max(kMaxColumnSteps * steps(across) + kMaxRowSteps * steps(down),
                                  kMaxColumnSteps * steps(acrossY) + kMaxRowSteps * steps(downY));
  sample.place = place | (d > kMaxCoarseUnit ? KernelSample::kFine : 0) |
                 // The gap and what a tile spans are together a period or more.
                 (gap + reach > UINT32_MAX ? KernelSample::kDense : 0);
}

}  // namespace

KernelSample kernelSampleOf(const Lattice& lattice, uint32_t number, int32_t firstRow) {
  KernelSample sample{};
  sample.place = number * KernelSample::kPlaces;
  if (!lattice.masked) return sample;
  const uint32_t flags =
      (lattice.reverse ? KernelSample::kReverse : 0) | (lattice.random ? KernelSample::kRandom : 0);
  writeSample(sample, lattice.x, 0, lattice.y, 0, lattice.period >> kFractionBits,
              lattice.stripe >> kFractionBits, sample.place | flags, firstRow);
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

void TurnedAxesTable::reset(const Canvas& canvas) {
  const bool same = canvas.side == canvas_.side && canvas.left == canvas_.left;
  if (same && canvas.top == canvas_.top) return;
  canvas_ = canvas;
  known_.fill(false);
}

SampleConstants::SampleConstants(const BatchLayout& layout, int32_t imageHeight, int32_t firstRow,
                                 Launch& launch)
    : launch_(launch), height_(imageHeight), width_(layout.width), firstRow_(firstRow) {
  launch.axes.reset(canvasOf(imageHeight, layout.width));
  launch.constants.resize(layout.count * sizeof(KernelSample));
}

void SampleConstants::add(const PackedSample& packed, uint32_t number) {
  KernelSample& sample = reinterpret_cast<KernelSample*>(launch_.constants.data())[count_++];
  const uint32_t place = number * KernelSample::kPlaces;
  if ((packed.flags & PackedSample::kMasked) == 0) {
    sample = {{}, {}, 0, place};
    return;
  }
  const bool random = packed.unitProbability < 1;
  const uint32_t flags =
      ((packed.flags & PackedSample::kReverse) != 0 ? KernelSample::kReverse : 0) |
      (random ? KernelSample::kRandom : 0);
  const TurnedAxes& axes = launch_.axes.of(packed.angle);
  writeSample(sample, axes.x, packed.deltaX, axes.y, packed.deltaY, static_cast<uint32_t>(packed.d),
              static_cast<uint32_t>(packed.l), place | flags, firstRow_);
  flags_ |= sample.place % KernelSample::kPlaces;
  if (!random) return;
  units_.resize(count_);
  units_.back() = kernelUnitsOf(latticeOf(packed, axes), height_, width_, firstRow_);
}

bool SampleConstants::end() {
  launch_.constants.resize(count_ * sizeof(KernelSample));
  if (count_ == 0) return false;
  launch_.params.entries = static_cast<uint32_t>(count_);
  if (!units_.empty()) {
    launch_.params.unitsAt =
        addConstants(launch_, units_.data(), units_.size() * sizeof(KernelUnits));
  }
  return true;
}

}  // namespace gridmask::cuda
