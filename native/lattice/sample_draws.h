// SPDX-License-Identifier: MIT
//
// The random draws of docs/geometry-and-draws.md: a sample's parameters from the seed, the epoch
// and the sample's global number, and from nothing else.
#pragma once

#include <cstdint>

#include "lattice/lattice.h"
#include "lattice/noise.h"
#include "lattice/philox.h"

namespace gridmask {

// What is drawn from. A fixed value is a range whose ends are equal.
struct DrawSettings {
  double ratioMin;
  double ratioMax;  // exclusive
  uint32_t unitMin;
  uint32_t unitMax;  // exclusive
  uint32_t rotate;   // angles are whole degrees below it
  bool reverse;
  double unitProbability;
  double probability;  // that the sample is masked at all
  uint32_t seed[2];    // low, high
  uint32_t epoch;
};

inline PackedSample drawSample(const DrawSettings& settings, uint64_t index) {
  const auto low = static_cast<uint32_t>(index);
  const auto high = static_cast<uint32_t>(index >> 32);
  Philox4 blocks[2] = {{{low, high, settings.epoch, 0}}, {{low, high, settings.epoch, 1}}};
  philox4x32(blocks, settings.seed[0], settings.seed[1]);
  const auto fraction = [](uint32_t word) { return word / 4294967296.0; };
  const auto below = [](uint32_t word, uint32_t range) {
    return static_cast<uint32_t>((uint64_t{word} * range) >> 32);
  };
  const Philox4& u = blocks[0];
  const Philox4& v = blocks[1];

  PackedSample sample{};
  const uint32_t d = settings.unitMin + below(u.word[1], settings.unitMax - settings.unitMin);
  sample.flags = (fraction(u.word[0]) < settings.probability ? PackedSample::kMasked : 0) |
                 (settings.reverse ? PackedSample::kReverse : 0);
  sample.d = static_cast<int32_t>(d);
  sample.deltaX = static_cast<int32_t>(below(u.word[2], d));
  sample.deltaY = static_cast<int32_t>(below(u.word[3], d));
  sample.angle = below(v.word[0], settings.rotate);
  sample.ratio = settings.ratioMin + fraction(v.word[1]) * (settings.ratioMax - settings.ratioMin);
  sample.l = static_cast<int32_t>(ceilOf(d * sample.ratio));
  sample.unitProbability = settings.unitProbability;
  sample.unitKey[0] = v.word[2];
  sample.unitKey[1] = v.word[3];
  sample.seed[0] = settings.seed[0];
  sample.seed[1] = settings.seed[1];
  sample.epoch = settings.epoch;
  sample.index[0] = low;
  sample.index[1] = high;
  return sample;
}

inline NoiseKey noiseKeyOf(const PackedSample& sample) {
  return {{sample.seed[0], sample.seed[1]}, {sample.index[0], sample.index[1]}, sample.epoch};
}

// The samples of a batch: those of a plan, or drawn when they are asked for, which costs less than
// to store them first.
class Samples {
 public:
  explicit Samples(const PackedSample* plan = nullptr) : plan_(plan) {}

  // Numbered first, first + 1, … or, if not null, as `indices` says: whole numbers up to 2⁵³.
  Samples(const DrawSettings& settings, uint64_t first, const double* indices)
      : settings_(settings), first_(first), indices_(indices) {}

  PackedSample operator[](size_t i) const {
    if (plan_ != nullptr) return plan_[i];
    return drawSample(settings_,
                      indices_ != nullptr ? static_cast<uint64_t>(indices_[i]) : first_ + i);
  }

 private:
  const PackedSample* plan_ = nullptr;
  DrawSettings settings_{};
  uint64_t first_ = 0;
  const double* indices_ = nullptr;
};

}  // namespace gridmask
