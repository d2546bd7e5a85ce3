// SPDX-License-Identifier: MIT
//
// What the host passes to the kernels. Different compilers compile the two sides, so all fields
// have fixed sizes and lie where they would without padding.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cuda/memory.h"
#include "lattice/noise.h"

namespace gridmask::cuda {

// Exact division of any 32-bit number by one number, by multiplication. With
// m = floor((2⁶⁴ - 1) / d) and 2⁶⁴ - 1 = m·d + r, the quotient n / d is floor((n + 1)·m / 2⁶⁴) for
// n + 1 < 2³²: the product is (n + 1)/d less (n + 1)(1 + r)/(d·2⁶⁴). That is more than 0, so the
// product never reaches the next whole number, and at most 1/d, so it never falls below the right
// one.
struct Reciprocal {
  uint64_t multiplier;
};

// The same with 2³² in place of 2⁶⁴, with a third of the instructions: the product is at most 1/d
// too small while (n + 1)·d <= 2³².
struct ShortReciprocal {
  uint32_t multiplier;
};

// n < 2³² - 1.
GRIDMASK_HD inline uint32_t quotient(uint32_t n, Reciprocal reciprocal) {
  const uint64_t next = n + 1;
  const uint64_t low = next * static_cast<uint32_t>(reciprocal.multiplier);
  const uint64_t high = next * static_cast<uint32_t>(reciprocal.multiplier >> 32);
  return static_cast<uint32_t>((high + (low >> 32)) >> 32);
}

GRIDMASK_HD inline uint32_t quotient(uint32_t n, ShortReciprocal reciprocal) {
  return static_cast<uint32_t>((uint64_t{n} + 1) * reciprocal.multiplier >> 32);
}

// A row's first vector may begin up to 16 values before it.
constexpr int32_t kOriginColumn = -16;

// One sample that a kernel works on. Made by SampleConstants (cuda/kernel_sample.h). With all
// numbers 0 it has no squares, like a sample that is not masked.
//
// The lattice's axes x and y along the image, as phases, which are fractions of a period in 2⁻⁶⁴:
// at pixel (kOriginColumn, 0), and the steps to the next pixel and to the next row.
struct KernelSample {
  uint64_t originX, acrossX, downX;
  uint64_t originY, acrossY;
  GRIDMASK_HD uint64_t downY() const { return acrossX; }  // of a rotation

  uint32_t gap;    // in 2⁻³²: pixels whose phases are below it lie between the stripes
  uint32_t place;  // its number in the batch times kPlaces, plus flags as below

  static constexpr uint32_t kReverse = 1;
  static constexpr uint32_t kRandom = 2;
  // d is so large that 32-bit phases could not tell its pixels apart.
  static constexpr uint32_t kFine = 4;
  // d is so small that a tile of kMaxColumnSteps + 1 pixels and kMaxRowSteps + 1 rows may reach
  // from one square to the next.
  static constexpr uint32_t kDense = 8;
  static constexpr uint32_t kPlaces = 16;

  GRIDMASK_HD uint32_t number() const { return place / kPlaces; }
  GRIDMASK_HD bool is(uint32_t flag) const { return (place & flag) != 0; }
};
constexpr size_t kMaxSamples = UINT32_MAX / KernelSample::kPlaces;
constexpr uint32_t kMaxColumnSteps = 15;
constexpr uint32_t kMaxRowSteps = 3;

// A lattice axis along an image in 16.16, the stripe subtracted and moved by `shift` units so that
// it is not negative: origin + x·across + y·down, below 2³² for every pixel of the image, and exact
// modulo 2³².
struct KernelUnitAxis {
  uint32_t origin;
  uint32_t across;
  uint32_t down;
  uint32_t shift;

  GRIDMASK_HD uint32_t at(int32_t x, int32_t y) const {
    return origin + static_cast<uint32_t>(x) * across + static_cast<uint32_t>(y) * down;
  }
  // `perUnit`: of d. Whole pixels are below 2¹⁶.
  GRIDMASK_HD uint32_t unit(uint32_t position, ShortReciprocal perUnit) const {
    return quotient(position >> 16, perUnit) - shift;
  }
};

// What is needed to find and draw the units of a Random GridMask.
struct KernelUnits {
  KernelUnitAxis x;
  KernelUnitAxis y;
  uint64_t dropBelow;
  uint32_t key[2];
  uint32_t seed[2];
  ShortReciprocal reciprocal;  // of d
  uint32_t padding;
};
static_assert(sizeof(KernelSample) == 48 && sizeof(KernelUnits) == 64, "the same on both sides");

// Of a turn of mixing in place: which sample's pixels a later turn will need, and the slot whose
// threads keep them; the slot that needs what was kept, and which of its samples takes it. kNobody:
// no slot.
struct MixTurn {
  uint32_t kept;
  uint32_t keeper;
  uint32_t taker;
  uint32_t takes;

  static constexpr uint32_t kNobody = UINT32_MAX;
};

constexpr uint32_t kMaxBlockThreads = 256;

// Every driver accepts this many bytes of parameters.
constexpr size_t kParamsBytes = 4096;
constexpr size_t kInlinedBytes = kParamsBytes - 256;

// The only parameter of every kernel. Made by the functions of cuda/launch.h.
//
// The constants are what a kernel reads besides the images, one array after another: the samples
// and, at the places named below, units, fills, noise and partners, if there are any. If they fit,
// they are part of the parameters, so that nothing has to be uploaded first.
struct KernelParams {
  const uint8_t* source;
  uint8_t* target;
  const uint8_t* constants;  // on the device; null: `inlined` holds them
  uint64_t sampleBytes;
  uint64_t planeBytes;
  uint64_t rowBytes;
  Reciprocal rowReciprocal;    // of vectorsPerRow; noise: of width
  Reciprocal pixelReciprocal;  // of valuesPerPixel
  uint32_t entries;            // samples in the constants
  uint32_t planes;
  uint32_t height;
  uint32_t width;
  uint32_t valuesPerPixel;  // in one plane
  uint32_t valuesPerRow;
  uint32_t vectorsPerRow;  // that a row touches, wherever it begins; noise: blocks

  // The grid: samples lie along y and z, the parts of each along x. If a block is a rectangle of
  // threads, the parts lie along x and y, and samples along z.
  uint32_t gridY;
  uint32_t threadsPerBlock;
  uint32_t threadsPerBlockRow;  // of a rectangle
  uint32_t threadsPerSample;    // if each thread works by itself
  uint32_t tilesPerSample;      // this and the next three: if warps share tiles
  uint32_t tileShift;           // a warp is 2^tileShift vectors wide
  uint32_t tileColumns;         // tiles side by side
  ShortReciprocal tileColumnsReciprocal;

  // Offsets in the constants.
  uint32_t unitsAt;
  uint32_t fillAt;
  uint32_t fillStep;  // bytes from a fill to the next, 0: one for all
  uint32_t partnersAt;
  uint32_t noiseKeysAt;
  // Noise: two numbers for each channel. Masks of rows whose pixels have several values, in place:
  // 4 bytes for each value of a pixel, all ones if it is filled, otherwise 0. Offset 0: all are
  // filled.
  uint32_t channelsAt;

  uint32_t loadBytes;    // how source is read if target is written by 16 bytes: 16, 4, valueBytes
  uint32_t prefetches;   // a new tensor so small that its source is requested before it is decided
  uint32_t planesAlike;  // all planes of a sample begin at the same address modulo 16
  uint32_t vectorBytes;  // mixing: 16, 4, 2 or 1, the most that all rows allow

  // Mixing in place.
  uint32_t samplesAtOnce;  // by a block
  uint32_t turns;
  uint32_t planesPerBlock;
  uint32_t turnsAt;  // where in the constants
  uint32_t slots;
  uint32_t planesAtOnce;

  uint32_t noiseKind;  // NoiseKind
  uint32_t noiseType;  // NoiseType
  uint32_t noiseShared;
  uint32_t noiseBlocks;      // of a field of the images that the batch's rows and planes are of
  uint32_t noiseFirstPixel;  // of these images, the batch's first
  uint32_t noiseFirstField;

  // Preprocessing, cuda/preprocess_params.h.
  uint32_t imagesAt;
  uint32_t imageStep;  // bytes from an image to the next, 0: one for all
  uint32_t scalesAt;
  uint32_t preprocessFlags;

  Vector fill;  // where there is one for all
  alignas(16) uint8_t inlined[kInlinedBytes];
};
static_assert(sizeof(KernelParams) == kParamsBytes, "all that there is");

// Of the constants, at a multiple of its size or of 16.
template <class T>
GRIDMASK_HD inline T constant(const KernelParams& params, uint32_t at) {
  constexpr size_t kWord = sizeof(T) % 16 == 0  ? 16
                           : sizeof(T) % 8 == 0 ? 8
                           : sizeof(T) < 4      ? sizeof(T)
                                                : 4;
  using Word = typename Unsigned<kWord>::type;
  constexpr size_t kWords = sizeof(T) / kWord;
  static_assert(kWords * kWord == sizeof(T), "");
#ifdef __CUDA_ARCH__
  // An array, since compilers turn copies to their places into loads from generic addresses, which
  // parameters have only on newer GPUs.
  Word words[kWords];
  if (params.constants != nullptr) {
    GRIDMASK_UNROLL
    for (size_t k = 0; k < kWords; ++k) words[k] = load<Word>(params.constants + at + k * kWord);
  } else {
    GRIDMASK_UNROLL
    for (size_t k = 0; k < kWords; ++k) {
      words[k] = parameter<Word>(params.inlined + at + k * kWord);
    }
  }
  T value;
  memcpy(&value, words, sizeof value);
  return value;
#else
  T value;
  auto* const bytes = reinterpret_cast<uint8_t*>(&value);
  for (size_t k = 0; k < kWords; ++k) {
    const Word word = params.constants != nullptr
                          ? load<Word>(params.constants + at + k * kWord)
                          : parameter<Word>(params.inlined + at + k * kWord);
    std::memcpy(bytes + k * kWord, &word, kWord);
  }
  return value;
#endif
}

GRIDMASK_HD inline KernelSample sampleAt(const KernelParams& params, uint32_t entry) {
  return constant<KernelSample>(params, entry * static_cast<uint32_t>(sizeof(KernelSample)));
}

// The same sample's number.
GRIDMASK_HD inline uint32_t sampleNumberAt(const KernelParams& params, uint32_t entry) {
  const uint32_t at = entry * static_cast<uint32_t>(sizeof(KernelSample)) +
                      static_cast<uint32_t>(offsetof(KernelSample, place));
  return constant<uint32_t>(params, at) / KernelSample::kPlaces;
}

}  // namespace gridmask::cuda
