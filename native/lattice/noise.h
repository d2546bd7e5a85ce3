// SPDX-License-Identifier: MIT
//
// Noise that dropped pixels are filled with, docs/noise.md: a number for each pixel and field from
// the sample's own counter, the same wherever and in whatever order it is asked for. Only
// operations that IEEE 754 fixes exactly, one after another, so that every processor comes to the
// same bits.
#pragma once

#include <cstdint>
#include <cstring>

#include "lattice/host_device.h"
#include "lattice/philox.h"
#ifndef __CUDA_ARCH__
#include <cmath>
#endif

// Other compilers have an option for it, -ffp-contract=off.
#if defined(_MSC_VER) && !defined(__clang__)
#pragma fp_contract(off)
#endif

namespace gridmask {

enum class NoiseKind : uint32_t { kNone = 0, kUniform = 1, kNormal = 2 };

// How values are stored.
enum class NoiseType : uint32_t { kFloat32 = 0, kUint8 = 1, kFloat16 = 2, kBfloat16 = 3 };

GRIDMASK_HD constexpr uint32_t valueBytesOf(NoiseType type) {
  return type == NoiseType::kFloat32 ? 4 : type == NoiseType::kUint8 ? 1 : 2;
}

struct Noise {
  NoiseKind kind;
  NoiseType type;
  bool shared;            // one field for all channels
  const float* channels;  // two numbers of each: low and high, or mean and standard deviation
};

// What a sample's noise is drawn from: the generator's key, and all of its counter but the block.
struct NoiseKey {
  uint32_t seed[2];
  uint32_t index[2];
  uint32_t epoch;
};

// Four neighbouring pixels share a block of the generator. Blocks below are those of the draws.
constexpr uint32_t kFirstNoiseBlock = 2;
constexpr uint32_t kNoisePixels = 4;

// Blocks of a field, of an image of so many pixels.
GRIDMASK_HD constexpr uint32_t noiseBlocks(uint64_t pixels) {
  return static_cast<uint32_t>((pixels + kNoisePixels - 1) / kNoisePixels);
}

namespace exact {

// On a GPU a product and a sum may become one operation, unless they are asked for like this.
GRIDMASK_HD inline float add(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fadd_rn(a, b);
#else
  return a + b;
#endif
}
GRIDMASK_HD inline float multiply(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fmul_rn(a, b);
#else
  return a * b;
#endif
}
GRIDMASK_HD inline float squareRoot(float a) {
#ifdef __CUDA_ARCH__
  return __fsqrt_rn(a);
#else
  return std::sqrt(a);
#endif
}
GRIDMASK_HD inline uint32_t bitsOf(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}
GRIDMASK_HD inline float ofBits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
// Negates where the word's highest bit is 1.
GRIDMASK_HD inline float negatedBy(float value, uint32_t word) {
  return ofBits(bitsOf(value) ^ (word & 0x80000000u));
}

}  // namespace exact

// Uniform in [0, 1), of 24 bits.
GRIDMASK_HD inline float uniformOf(uint32_t word) {
  return exact::multiply(static_cast<float>(static_cast<int32_t>(word >> 8)),
                         5.9604644775390625e-8f);
}

// The natural logarithm of k / 2²⁴, 1 <= k <= 2²⁴: with k = (1 + f)·2ᵉ, 1 + f about 1, it is
// e·ln 2 + ln(1 + f), and of the latter f - f²/2 + f³·p(f), p fitted to less than 2·10⁻⁸.
GRIDMASK_HD inline float logarithmOf(uint32_t k) {
  const uint32_t bits = exact::bitsOf(static_cast<float>(static_cast<int32_t>(k)));
  constexpr uint32_t kMantissa = 0x007FFFFFu;
  const uint32_t upper = (bits & kMantissa) > 0x003504F3u ? 1 : 0;  // above the root of 2
  const auto e = static_cast<float>(static_cast<int32_t>((bits >> 23) + upper) - 127 - 24);
  const float f =
      exact::add(exact::ofBits((bits & kMantissa) | (0x3F800000u - (upper << 23))), -1.0f);
  float p = -0.079027459f;
  p = exact::add(exact::multiply(p, f), 0.126223207f);
  p = exact::add(exact::multiply(p, f), -0.129981831f);
  p = exact::add(exact::multiply(p, f), 0.142144963f);
  p = exact::add(exact::multiply(p, f), -0.166412815f);
  p = exact::add(exact::multiply(p, f), 0.200010449f);
  p = exact::add(exact::multiply(p, f), -0.25000307f);
  p = exact::add(exact::multiply(p, f), 0.333333313f);
  const float square = exact::multiply(f, f);
  float low = exact::multiply(exact::multiply(square, f), p);
  // ln 2 in two parts, of which the first has few bits: its product with e is exact.
  low = exact::add(low, exact::multiply(e, -2.12194442e-4f));
  low = exact::add(low, exact::multiply(square, -0.5f));
  return exact::add(exact::add(f, low), exact::multiply(e, 0.693359375f));
}

// Two independent normal numbers (Box and Muller 1958): a radius from the one word, a direction
// from the other. The quadrant is two bits of it, the rest an angle within π/4 of its axis.
GRIDMASK_HD inline void normalsOf(uint32_t first, uint32_t second, float& x, float& y) {
  const float radius = exact::squareRoot(exact::multiply(-2.0f, logarithmOf((first >> 8) + 1)));
  const uint32_t direction = second >> 8;
  const int32_t within = static_cast<int32_t>(direction & 0x003FFFFFu) - 0x00200000;
  const float angle = exact::multiply(static_cast<float>(within), 3.74507039e-7f);  // 2π / 2²⁴
  const float z = exact::multiply(angle, angle);
  float sine = 2.75573188e-6f;
  sine = exact::add(exact::multiply(sine, z), -1.98412701e-4f);
  sine = exact::add(exact::multiply(sine, z), 8.33333377e-3f);
  sine = exact::add(exact::multiply(sine, z), -0.166666672f);
  sine = exact::add(angle, exact::multiply(exact::multiply(angle, z), sine));
  float cosine = 2.48015876e-5f;
  cosine = exact::add(exact::multiply(cosine, z), -1.38888892e-3f);
  cosine = exact::add(exact::multiply(cosine, z), 4.16666679e-2f);
  cosine = exact::add(exact::multiply(cosine, z), -0.5f);
  cosine = exact::add(exact::multiply(cosine, z), 1.0f);
  // The quadrant is the word's upper two bits.
  const bool isOdd = (second & 0x40000000u) != 0;
  const float along = isOdd ? sine : cosine;
  const float across = isOdd ? cosine : sine;
  x = exact::multiply(exact::negatedBy(radius, second + 0x40000000u), along);  // in 1 and 2
  y = exact::multiply(exact::negatedBy(radius, second), across);               // in 2 and 3
}

// The bits of a value as it is stored: rounded to nearest, ties to even; bytes from 0 to 255.
GRIDMASK_HD inline uint32_t noiseBits(float value, NoiseType type) {
  uint32_t bits = exact::bitsOf(value);
  if (type == NoiseType::kFloat32) return bits;
  if (type == NoiseType::kUint8) {
    const float least = value > 0.0f ? value : 0.0f;
    const float within = least < 255.0f ? least : 255.0f;
    // Beyond 2²³ whole numbers are all that there are.
    return exact::bitsOf(exact::add(within, 8388608.0f)) & 0xFF;
  }
  if (type == NoiseType::kBfloat16) return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
#ifdef __CUDA_ARCH__
  uint16_t half;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(value));
  return half;
#else
  const uint32_t sign = bits >> 16 & 0x8000;
  bits &= 0x7FFFFFFF;
  if (bits >= 0x477FF000) return sign | 0x7C00;  // half way from the largest: infinity
  if (bits < 0x38800000) {
    // Subnormal: a sum with 2⁻¹ has its steps, 2⁻²⁴.
    return sign | (exact::bitsOf(exact::add(exact::ofBits(bits), 0.5f)) - 0x3F000000);
  }
  return sign | ((bits - 0x38000000 + 0x0FFF + (bits >> 13 & 1)) >> 13);
#endif
}

// What a channel makes of a number. Where a sum was rounded up, it would leave [low, high].
GRIDMASK_HD inline float noiseValue(NoiseKind kind, float number, float a, float b) {
  if (kind == NoiseKind::kNormal) return exact::add(a, exact::multiply(number, b));
  const float value = exact::add(a, exact::multiply(number, exact::add(b, -a)));
  return value < b ? value : b;
}

}  // namespace gridmask
