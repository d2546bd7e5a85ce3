// SPDX-License-Identifier: MIT
//
// What the host and the kernels exchange. Both sides of it are compiled by different compilers, so
// all fields have fixed sizes and lie where they would lie without padding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lattice/noise.h"

namespace gridmask::cuda {

// Exact division of any 32-bit number by one number, by multiplication. With
// m = floor((2⁶⁴ - 1) / d) and 2⁶⁴ - 1 = m·d + r, the quotient n / d is floor((n + 1)·m / 2⁶⁴) for
// n + 1 < 2³²: the product is (n + 1)/d less (n + 1)(1 + r)/(d·2⁶⁴), which is more than nothing, so
// that it never reaches the next whole number, and at most 1/d, so that it never falls below the
// right one.
struct Reciprocal {
  uint64_t multiplier;
};

// A lattice axis along an image in 2⁻⁶⁴ turns (lattice/phase32.h): at pixel (kOriginColumn, 0),
// from pixel to pixel, from row to row. A row's first vector may begin up to 16 values before it.
constexpr int32_t kOriginColumn = -16;
struct KernelAxis {
  uint64_t origin;
  uint64_t across;
  uint64_t down;
};

// A lattice axis along an image in 16.16, the stripe subtracted and moved by `shift` units so that
// it is not negative: origin + x·across + y·down, below 2³² for every pixel of the image, and exact
// modulo 2³².
struct KernelUnitAxis {
  uint32_t origin;
  uint32_t across;
  uint32_t down;
  uint32_t shift;
};

// What tells and draws the units of a Random GridMask.
struct KernelUnits {
  KernelUnitAxis x;
  KernelUnitAxis y;
  uint64_t dropBelow;
  uint32_t key[2];
  uint32_t seed[2];
  uint32_t reciprocal;  // floor((2³² - 1) / d): divides numbers below 2¹⁶, as Reciprocal does
  uint32_t padding;
};

// One sample. Made on the host by kernelSampleOf() (cuda/launch.h); an array of them, aligned to
// 16 bytes, lies on the device.
struct KernelSample {
  KernelAxis x;
  KernelAxis y;
  uint32_t gap;    // in 2⁻³² turns: pixels whose turns are below it are between the stripes
  uint32_t flags;  // of the below
  uint32_t padding[2];
  KernelUnits units;  // only where kRandom is set

  static constexpr uint32_t kMasked = 1;
  static constexpr uint32_t kReverse = 2;
  static constexpr uint32_t kRandom = 4;
  // d is so large that turns of 32 bits would not tell its pixels apart.
  static constexpr uint32_t kFine = 8;
};
static_assert(sizeof(KernelUnits) == 64 && sizeof(KernelSample) == 128, "read as 16-byte vectors");

// Noise for a fill. The channels' numbers, two floats each, lie where KernelParams::fill points.
struct KernelNoise {
  uint32_t kind;  // NoiseKind; none: the fill is not noise
  uint32_t type;  // NoiseType
  uint32_t shared;
  uint32_t blocks;  // of a field of the images that the batch's rows and planes are of
  uint32_t firstPixel;
  uint32_t firstField;
  Reciprocal widthReciprocal;
  const NoiseKey* keys;  // on the device, one for each sample
};

constexpr uint32_t kMaxBlockThreads = 256;

// Values of a pixel in all channels whose fill travels with the launch.
constexpr uint32_t kInlineFills = 16;

// The only parameter of every kernel. Made by kernelParamsOf() (cuda/launch.h).
struct KernelParams {
  const uint8_t* source;
  uint8_t* target;
  const KernelSample* samples;
  const uint8_t* fill;  // on the device, a value after the other; null: fillWords holds them all
  uint64_t sampleBytes;
  uint64_t planeBytes;
  uint64_t rowBytes;
  Reciprocal vectorsPerRowReciprocal;
  Reciprocal valuesPerPixelReciprocal;
  uint32_t count;
  uint32_t planes;
  uint32_t height;
  uint32_t width;
  uint32_t valueBytes;      // 1, 2 or 4
  uint32_t valuesPerPixel;  // in one plane
  uint32_t valuesPerRow;
  uint32_t vectorsPerRow;     // vectors of 16 bytes that a row touches, wherever it begins
  uint32_t threadsPerSample;  // one for each vector of each row
  uint32_t threadsPerBlock;
  uint32_t gridY;      // samples lie along y and z of the grid
  uint32_t loadBytes;  // how source is read where target is written by 16 bytes: 16, 4, valueBytes
  uint32_t inPlace;
  uint32_t aligned;      // all rows of source and target begin and end at multiples of 16 bytes
  uint32_t planesAlike;  // all planes of a sample begin at the same address modulo 16
  uint32_t uniformFill;  // all values have the same fill
  // Each value's fill, repeated to 4 bytes. One fill for all: in every word.
  uint32_t fillWords[kInlineFills];
  KernelNoise noise;
};
static_assert(sizeof(KernelParams) == 240, "the same on both sides");

}  // namespace gridmask::cuda
