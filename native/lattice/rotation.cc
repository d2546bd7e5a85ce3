// SPDX-License-Identifier: MIT
//
// The C library's functions differ between platforms in the last bit, and one such bit can move a
// pixel, so cosine and sine are worked out here with operations that IEEE 754 fixes exactly:
// double-double arithmetic, about 106 bits, then one rounding. Must be compiled without contraction
// of a*b+c and without fast-math.

#include "lattice/rotation.h"

#include <array>

#ifdef __FAST_MATH__
#error "gridmask's geometry needs IEEE 754 arithmetic: build without -ffast-math"
#endif

namespace gridmask {
namespace {

// The unevaluated sum hi + lo, |lo| <= ulp(hi) / 2.
struct DoubleDouble {
  double hi;
  double lo;
};

DoubleDouble renormalize(double hi, double lo) {
  const double sum = hi + lo;
  return {sum, lo - (sum - hi)};
}

DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
  const double sum = a.hi + b.hi;
  const double part = sum - a.hi;
  const double error = (a.hi - (sum - part)) + (b.hi - part);
  return renormalize(sum, error + (a.lo + b.lo));
}

DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
  const double product = a.hi * b.hi;
  const double error = std::fma(a.hi, b.hi, -product);
  return renormalize(product, error + (a.hi * b.lo + a.lo * b.hi));
}

DoubleDouble operator/(DoubleDouble a, double b) {
  const double quotient = a.hi / b;
  const double remainder = std::fma(-quotient, b, a.hi) + a.lo;
  return renormalize(quotient, remainder / b);
}

// 1 - z/(n(n+1)) · (1 - z/((n+2)(n+3)) · (1 - …)): the Taylor series of cos (n = 1) and of
// sin(r)/r (n = 2) in z = r², by Horner. Fourteen terms leave less than 2⁻¹⁰⁶ for |r| <= π/4.
DoubleDouble taylor(DoubleDouble z, double n) {
  DoubleDouble sum{1, 0};
  for (double k = n + 26; k >= n; k -= 2) {
    const DoubleDouble term = z * sum / (k * (k + 1));
    sum = DoubleDouble{1, 0} + DoubleDouble{-term.hi, -term.lo};
  }
  return sum;
}

// The double nearest to `value` rounded to 15 decimals. The fused multiply-add shows on which side
// of a tie the exact product lies; the division by a power of ten below 2⁵³ rounds once.
double round15(double value) {
  constexpr double kScale = 1e15;
  double nearest = std::floor(value * kScale + 0.5);
  const double excess = std::fma(value, kScale, -nearest);
  if (excess > 0.5) nearest += 1;
  if (excess < -0.5) nearest -= 1;
  return nearest / kScale;
}

}  // namespace

Rotation computeRotation(double degrees) {
  constexpr double kPi = 3.141592653589793;
  // π/2 as a sum of three doubles.
  constexpr double kHalfPi[] = {1.5707963267948966, 6.123233995736766e-17, -1.4973849048591833e-33};

  const double radians = -degrees * kPi / 180;
  const double quadrant = std::floor(radians / kHalfPi[0] + 0.5);
  const double product = quadrant * kHalfPi[0];
  const DoubleDouble head{-product, -std::fma(quadrant, kHalfPi[0], -product)};
  const DoubleDouble tail{
      -quadrant * kHalfPi[1],
      -std::fma(quadrant, kHalfPi[1], -(quadrant * kHalfPi[1])) - quadrant * kHalfPi[2]};
  const DoubleDouble r = DoubleDouble{radians, 0} + head + tail;
  const DoubleDouble z = r * r;
  const double c = taylor(z, 1).hi;
  const double s = (r * taylor(z, 2)).hi;

  switch (static_cast<int>(quadrant) & 3) {
    case 0:
      return {round15(c), round15(s)};
    case 1:
      return {round15(-s), round15(c)};
    case 2:
      return {round15(-c), round15(-s)};
    default:
      return {round15(s), round15(-c)};
  }
}

const Rotation* wholeRotations() {
  static const std::array<Rotation, 361> table = [] {
    std::array<Rotation, 361> made{};
    for (int degree = 0; degree <= 360; ++degree) {
      made[static_cast<size_t>(degree)] = computeRotation(degree);
    }
    return made;
  }();
  return table.data();
}

}  // namespace gridmask
