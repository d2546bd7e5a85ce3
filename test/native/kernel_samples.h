// SPDX-License-Identifier: MIT
//
// The constants of one sample, by plain whole numbers: what the backend computes for several at a
// time must be the same to the last bit.
#pragma once

#include <algorithm>
#include <cstdlib>

#include "cuda/kernel_params.h"
#include "cuda/kernel_sample.h"
#include "cuda/launch.h"
#include "lattice/lattice.h"

// Of positions, by one division: lattice/phases.inc says how exact they are.
class Fraction {
 public:
  explicit Fraction(uint32_t d) : perUnit_(UINT64_MAX / d) {}

  uint64_t of(int64_t position) const {
    const auto whole = static_cast<uint64_t>(position >> gridmask::kFractionBits);
    const uint64_t rest = static_cast<uint64_t>(position) & ((1u << gridmask::kFractionBits) - 1);
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

// Of sample `number` of a batch. Its rows are those of an image of which they are the rows from
// `firstRow` on. A sample that is not masked has no squares.
inline gridmask::cuda::KernelSample kernelSampleOf(const gridmask::Lattice& lattice,
                                                   uint32_t number, int32_t firstRow = 0) {
  using namespace gridmask;
  using cuda::KernelSample;
  KernelSample sample{};
  sample.place = number * KernelSample::kPlaces;
  if (!lattice.masked) return sample;
  const uint32_t d = lattice.period >> kFractionBits;
  const Fraction fraction(d);
  const auto originOf = [&](const LatticeAxis& axis) {
    const int64_t position = axis.at(cuda::kOriginColumn, firstRow) - lattice.stripe;
    return fraction.of(position) + fraction.half();
  };
  sample.originX = originOf(lattice.x);
  sample.acrossX = fraction.of(lattice.x.stepX);
  sample.downX = fraction.of(lattice.x.stepY);
  sample.originY = originOf(lattice.y);
  sample.acrossY = lattice.y.stepX == -lattice.x.stepY ? uint64_t{0} - sample.downX
                                                       : fraction.of(lattice.y.stepX);
  sample.gap = fraction.ofPixels(lattice.gap() >> kFractionBits);
  const auto distance = [](uint64_t step) {
    const auto rounded = static_cast<int32_t>((step + (uint64_t{1} << 31)) >> 32);
    return static_cast<uint64_t>(std::abs(int64_t{rounded}));
  };
  const auto span = [&](uint64_t across, uint64_t down) {
    return cuda::kMaxColumnSteps * distance(across) + cuda::kMaxRowSteps * distance(down);
  };
  const uint64_t reach = std::max(span(sample.acrossX, sample.downX),
                                  span(sample.acrossY, fraction.of(lattice.y.stepY)));
  sample.place |= (lattice.reverse ? KernelSample::kReverse : 0) |
                  (lattice.random ? KernelSample::kRandom : 0) |
                  (d > 1920 ? KernelSample::kFine : 0) |
                  (sample.gap + reach > UINT32_MAX ? KernelSample::kDense : 0);
  return sample;
}
