// SPDX-License-Identifier: MIT
//
// Which part of an image is taken, and whether it is mirrored: drawn from a block of a sample's
// counter that nothing else draws from (docs/geometry-and-draws.md).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lattice/philox.h"
#include "lattice/sample_numbers.h"

namespace gridmask {

constexpr uint32_t kCropBlock = 0xFFFFFFFE;

struct CropSettings {
  bool random;       // else in the centre
  double flip;       // probability
  uint32_t seed[2];  // low, high
  uint32_t epoch;
};

// The upper left corner in the padded image.
struct Crop {
  int32_t top;
  int32_t left;
  bool flip;
};

// `rows` and `columns`: how much higher and wider the padded image is.
inline Crop cropOf(const CropSettings& settings, const Philox4& words, int32_t rows,
                   int32_t columns) {
  const auto below = [](uint32_t word, int32_t range) {
    return static_cast<int32_t>((uint64_t{word} * static_cast<uint32_t>(range)) >> 32);
  };
  const bool flip = words.word[0] / 4294967296.0 < settings.flip;
  if (!settings.random) return {rows / 2, columns / 2, flip};
  return {below(words.word[1], rows + 1), below(words.word[2], columns + 1), flip};
}

// Calls use(i, words) for `count` samples, with what cropOf() draws the crop of sample i from.
template <typename Use>
void drawCrops(const CropSettings& settings, const SampleNumbers& numbers, size_t count,
               const Use& use) {
  // No draw can be 1 or more, or below 0.
  if (!settings.random && (settings.flip == 0 || settings.flip == 1)) {
    for (size_t i = 0; i < count; ++i) use(i, Philox4{});
    return;
  }
  constexpr int kAtOnce = 4;
  for (size_t i = 0; i < count; i += kAtOnce) {
    Philox4 words[kAtOnce];
    for (size_t k = 0; k < kAtOnce; ++k) {
      const uint64_t number = numbers[std::min(i + k, count - 1)];
      words[k] = {{static_cast<uint32_t>(number), static_cast<uint32_t>(number >> 32),
                   settings.epoch, kCropBlock}};
    }
    philox4x32(words, settings.seed[0], settings.seed[1]);
    for (size_t k = 0; k < kAtOnce && i + k < count; ++k) use(i + k, words[k]);
  }
}

}  // namespace gridmask
