// SPDX-License-Identifier: MIT
//
// Cosine and sine of an angle in degrees, each rounded to 15 decimals as the authors' imaging
// library does.
#pragma once

#include <cmath>
#include <cstddef>

namespace gridmask {

struct Rotation {
  double cos;
  double sin;
};

// cos(t) and sin(t) for t = -angle·π/180, angle in [0, 360].
Rotation computeRotation(double degrees);

// The same of the whole degrees from 0 to 360, the only ones that are drawn.
const Rotation* wholeRotations();

// For t = -(angle mod 360)·π/180, angle finite. `whole`: wholeRotations().
inline Rotation rotationOf(double angle, const Rotation* whole) {
  double degrees = angle;
  if (!(angle >= 0 && angle < 360)) {
    degrees = std::fmod(angle, 360.0);
    if (degrees < 0) degrees += 360.0;
  }
  const auto floor = static_cast<size_t>(degrees);
  return static_cast<double>(floor) == degrees ? whole[floor] : computeRotation(degrees);
}
inline Rotation rotationOf(double angle) { return rotationOf(angle, wholeRotations()); }

}  // namespace gridmask
