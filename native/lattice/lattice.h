// SPDX-License-Identifier: MIT
//
// The geometry of docs/geometry-and-draws.md: from the parameters of a sample to the integers that
// decide each pixel. Doubles occur in turnedAxesOf() and latticeOf() only, once a sample, on the
// host.
#pragma once

#include <cmath>
#include <cstdint>

#include "lattice/host_device.h"
#include "lattice/philox.h"
#include "lattice/rotation.h"

namespace gridmask {

constexpr int32_t kMaxSide = 16384;  // image height and width, pixels
constexpr int32_t kMaxUnit = 32767;  // unit side d, pixels
constexpr int kFractionBits = 16;    // lattice coordinates are 16.16 fixed point

// One sample of a plan as it crosses from JavaScript; lib/plan/plan.ts writes the same layout.
struct PackedSample {
  double angle;            // degrees, counter-clockwise
  double ratio;            // not read here: l follows from it and d, and is given
  double unitProbability;  // p_u
  uint32_t flags;          // kMasked | kReverse
  int32_t d;
  int32_t l;
  int32_t deltaX;
  int32_t deltaY;
  uint32_t unitKey[2];
  uint32_t seed[2];   // low, high
  uint32_t epoch;     // with the seed and the index: what else is drawn for this sample
  uint32_t index[2];  // low, high

  static constexpr uint32_t kMasked = 1;
  static constexpr uint32_t kReverse = 2;
};
static_assert(sizeof(PackedSample) == 72, "lib/plan/plan.ts writes 72 bytes a sample");

// V(x, y) = origin + x·stepX + y·stepY, a lattice coordinate in 16.16, the stripes' offset already
// subtracted: the pixel lies in unit floor(V / period), at phase V mod period.
struct LatticeAxis {
  int64_t origin;
  int32_t stepX;
  int32_t stepY;

  GRIDMASK_HD int64_t at(int32_t x, int32_t y) const {
    return origin + int64_t{x} * stepX + int64_t{y} * stepY;
  }
};

struct Lattice {
  LatticeAxis x;       // across the vertical stripes
  LatticeAxis y;       // across the horizontal ones
  uint32_t period;     // d · 2¹⁶
  double perPeriod;    // its reciprocal, for unitAndPhase()
  uint32_t stripe;     // l · 2¹⁶: phases below it lie on a stripe
  bool masked;         // false: every pixel is kept
  bool reverse;        // keep the squares, drop the stripes
  bool random;         // some units keep their squares (Random GridMask)
  uint64_t dropBelow;  // a unit drops its square iff its draw is below this; at most 2³²
  uint32_t unitKey[2];
  uint32_t seed[2];

  // Whether it is turned by a right angle, so that rows repeat.
  bool isUpright() const {
    return (x.stepY == 0 && y.stepX == 0) || (x.stepX == 0 && y.stepY == 0);
  }

  // Side of the dropped square, 16.16. A multiple of 2¹⁶, so at least one step of a pixel if not 0.
  GRIDMASK_HD uint32_t gap() const { return period - stripe; }
};

// Whether unit (i, j) of a Random GridMask drops its square.
GRIDMASK_HD inline bool unitDrops(const Lattice& lattice, int32_t i, int32_t j) {
  const Philox4 draw = philox4x32({{lattice.unitKey[0], lattice.unitKey[1],
                                    static_cast<uint32_t>(i), static_cast<uint32_t>(j)}},
                                  lattice.seed[0], lattice.seed[1]);
  return draw.word[0] < lattice.dropBelow;
}

GRIDMASK_HD inline int64_t floorDiv(int64_t a, int64_t b) {
  const int64_t quotient = a / b;
  return quotient - (a % b < 0);
}

// The same for a position |V| < 2⁴⁰ and the period, with the remainder, by a multiplication: in
// doubles the quotient is off by at most one, which the remainder shows.
struct UnitAndPhase {
  int64_t unit;
  uint32_t phase;
};
inline UnitAndPhase unitAndPhase(int64_t position, const Lattice& lattice) {
  const int64_t period = lattice.period;
  auto unit = static_cast<int64_t>(static_cast<double>(position) * lattice.perPeriod);
  int64_t phase = position - unit * period;
  if (phase < 0) {
    phase += period;
    --unit;
  } else if (phase >= period) {
    phase -= period;
    ++unit;
  }
  return {unit, static_cast<uint32_t>(phase)};
}

// The mask's definition: true where the pixel keeps its value. All else in this project that
// decides pixels is a faster way to say the same and is tested against this line of lines.
GRIDMASK_HD inline bool keepsPixel(const Lattice& lattice, int32_t x, int32_t y) {
  if (!lattice.masked) return true;
  const int64_t u = lattice.x.at(x, y);
  const int64_t v = lattice.y.at(x, y);
  const int64_t i = floorDiv(u, lattice.period);
  const int64_t j = floorDiv(v, lattice.period);
  const bool square =
      u - i * lattice.period >= lattice.stripe && v - j * lattice.period >= lattice.stripe &&
      (!lattice.random || unitDrops(lattice, static_cast<int32_t>(i), static_cast<int32_t>(j)));
  return square == lattice.reverse;
}

// The square canvas that holds an image however it is turned, and where on it the image lies.
struct Canvas {
  int32_t side;  // S
  int32_t left;
  int32_t top;
};

inline Canvas canvasOf(int32_t height, int32_t width) {
  const auto side = static_cast<int32_t>(std::ceil(
      std::sqrt(static_cast<double>(height) * height + static_cast<double>(width) * width)));
  return {side, (side - width) / 2, (side - height) / 2};  // both are >= 0: rounded down
}

// floor() and ceil(), which are function calls on x86-64's baseline, of numbers below 2⁶³.
inline int64_t floorOf(double value) {
  const auto whole = static_cast<int64_t>(value);
  return whole - (value < static_cast<double>(whole));
}
inline int64_t ceilOf(double value) { return -floorOf(-value); }

// Both axes, before the stripes' offset is subtracted: all that depends on angle and canvas.
struct TurnedAxes {
  LatticeAxis x;
  LatticeAxis y;
};

inline TurnedAxes turnedAxesOf(double angle, const Canvas& canvas) {
  const auto [c, s] = rotationOf(angle);
  const double q = canvas.side / 2.0;
  const auto fix = [](double value) { return floorOf(value * 65536 + 0.5); };
  const double m2 = c * -q + s * -q + q;
  const double m5 = -s * -q + c * -q + q;
  const int64_t a0 = fix(c), a1 = fix(s), a2 = fix(m2 + 0.5 * c + 0.5 * s);
  const int64_t a3 = fix(-s), a4 = fix(c), a5 = fix(m5 + 0.5 * -s + 0.5 * c);

  const auto axis = [&](int64_t constant, int64_t stepX, int64_t stepY) {
    return LatticeAxis{constant + canvas.left * stepX + canvas.top * stepY,
                       static_cast<int32_t>(stepX), static_cast<int32_t>(stepY)};
  };
  return {axis(a2, a0, a1), axis(a5, a3, a4)};
}

inline Lattice latticeOf(const PackedSample& sample, const TurnedAxes& axes) {
  Lattice lattice{};
  lattice.x = axes.x;
  lattice.x.origin -= int64_t{sample.deltaX} << kFractionBits;
  lattice.y = axes.y;
  lattice.y.origin -= int64_t{sample.deltaY} << kFractionBits;
  lattice.period = static_cast<uint32_t>(sample.d) << kFractionBits;
  lattice.perPeriod = 1.0 / lattice.period;
  lattice.stripe = static_cast<uint32_t>(sample.l) << kFractionBits;
  lattice.masked = (sample.flags & PackedSample::kMasked) != 0;
  lattice.reverse = (sample.flags & PackedSample::kReverse) != 0;
  lattice.random = sample.unitProbability < 1;
  // draw / 2³² < p_u, as integers.
  lattice.dropBelow = static_cast<uint64_t>(ceilOf(sample.unitProbability * 4294967296.0));
  for (int k = 0; k < 2; ++k) {
    lattice.unitKey[k] = sample.unitKey[k];
    lattice.seed[k] = sample.seed[k];
  }
  return lattice;
}

inline Lattice latticeOf(const PackedSample& sample, const Canvas& canvas) {
  return latticeOf(sample, turnedAxesOf(sample.angle, canvas));
}

inline Lattice latticeOf(const PackedSample& sample, int32_t height, int32_t width) {
  return latticeOf(sample, canvasOf(height, width));
}

}  // namespace gridmask
