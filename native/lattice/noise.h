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

namespace gridmask {

enum class NoiseKind : uint32_t { kNone = 0, kUniform = 1, kNormal = 2 };

// How values are stored.
enum class NoiseType : uint32_t { kFloat32 = 0, kUint8 = 1, kFloat16 = 2, kBfloat16 = 3 };

constexpr uint32_t bytesOf(NoiseType type) {
  return type == NoiseType::kFloat32 ? 4 : type == NoiseType::kUint8 ? 1 : 2;
}

struct Noise {
  NoiseKind kind;
  NoiseType type;
  bool shared;            // one field for all channels
  const float* channels;  // offset and scale of each: low, high - low; mean, std
};

// What a sample's noise is drawn from.
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
GRIDMASK_HD inline float divide(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fdiv_rn(a, b);
#else
  return a / b;
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

}  // namespace exact

// Uniform in [0, 1), of 24 bits.
GRIDMASK_HD inline float uniformOf(uint32_t word) {
  return exact::multiply(static_cast<float>(word >> 8), 5.9604644775390625e-8f);
}

// The natural logarithm of k / 2²⁴, 1 <= k <= 2²⁴: with k = m·2ᵉ, m about 1, and s = (m-1)/(m+1),
// it is e·ln 2 + 2·(s + s³/3 + s⁵/5 + …).
GRIDMASK_HD inline float logarithmOf(uint32_t k) {
  const uint32_t bits = exact::bitsOf(static_cast<float>(k));
  constexpr uint32_t kMantissa = 0x007FFFFFu;
  const bool upper = (bits & kMantissa) > 0x003504F3u;  // above the root of 2
  const int32_t exponent = static_cast<int32_t>(bits >> 23) - 127 - 24 + (upper ? 1 : 0);
  const float m = exact::ofBits((bits & kMantissa) | (upper ? 0x3F000000u : 0x3F800000u));
  const float f = exact::add(m, -1.0f);
  const float s = exact::divide(f, exact::add(f, 2.0f));
  const float z = exact::multiply(s, s);
  float series = 0.222222222f;
  series = exact::add(exact::multiply(series, z), 0.285714298f);
  series = exact::add(exact::multiply(series, z), 0.400000006f);
  series = exact::add(exact::multiply(series, z), 0.666666687f);
  series = exact::add(exact::multiply(series, z), 2.0f);
  const float e = static_cast<float>(exponent);
  // ln 2 in two parts, of which the first has few bits: its product with e is exact.
  const float low = exact::add(exact::multiply(e, -2.12194442e-4f), exact::multiply(s, series));
  return exact::add(exact::multiply(e, 0.693359375f), low);
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
  const uint32_t quadrant = direction >> 22;
  const float along = (quadrant & 1) != 0 ? sine : cosine;
  const float across = (quadrant & 1) != 0 ? cosine : sine;
  const float signX = quadrant == 1 || quadrant == 2 ? -radius : radius;
  const float signY = quadrant >= 2 ? -radius : radius;
  x = exact::multiply(signX, along);
  y = exact::multiply(signY, across);
}

// The words of a block as numbers of the kind.
GRIDMASK_HD inline void noiseUnitsOf(const Philox4& words, NoiseKind kind, float* units) {
  if (kind == NoiseKind::kUniform) {
    for (int k = 0; k < 4; ++k) units[k] = uniformOf(words.word[k]);
  } else {
    normalsOf(words.word[0], words.word[1], units[0], units[1]);
    normalsOf(words.word[2], words.word[3], units[2], units[3]);
  }
}

GRIDMASK_HD inline Philox4 noiseCounter(const NoiseKey& key, uint32_t block) {
  return {{key.index[0], key.index[1], key.epoch, block}};
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
  const uint32_t sign = bits >> 16 & 0x8000;
  bits &= 0x7FFFFFFF;
  if (bits >= 0x477FF000) return sign | 0x7C00;  // half way from the largest: infinity
  if (bits < 0x38800000) {
    // Subnormal: a sum with 2⁻¹ has its steps, 2⁻²⁴.
    return sign | (exact::bitsOf(exact::add(exact::ofBits(bits), 0.5f)) - 0x3F000000);
  }
  return sign | ((bits - 0x38000000 + 0x0FFF + (bits >> 13 & 1)) >> 13);
}

GRIDMASK_HD inline float noiseValue(float unit, float offset, float scale) {
  return exact::add(offset, exact::multiply(unit, scale));
}

}  // namespace gridmask
