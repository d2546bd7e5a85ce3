// SPDX-License-Identifier: MIT
//
// The random draws of docs/geometry-and-draws.md: a sample's parameters from the seed, the epoch
// and the sample's global number, and from nothing else.
#pragma once

#include <algorithm>
#include <cstddef>
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

namespace detail {

// From the words of a sample's two blocks.
inline void setSample(PackedSample& sample, const DrawSettings& settings, uint64_t index,
                      const Philox4& u, const Philox4& v) {
  const auto fraction = [](uint32_t word) { return word / 4294967296.0; };
  const auto below = [](uint32_t word, uint32_t range) {
    return static_cast<uint32_t>((uint64_t{word} * range) >> 32);
  };
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
  sample.index[0] = static_cast<uint32_t>(index);
  sample.index[1] = static_cast<uint32_t>(index >> 32);
}

}  // namespace detail

inline PackedSample drawSample(const DrawSettings& settings, uint64_t index) {
  const auto low = static_cast<uint32_t>(index);
  const auto high = static_cast<uint32_t>(index >> 32);
  Philox4 blocks[2] = {{{low, high, settings.epoch, 0}}, {{low, high, settings.epoch, 1}}};
  philox4x32(blocks, settings.seed[0], settings.seed[1]);
  PackedSample sample;
  detail::setSample(sample, settings, index, blocks[0], blocks[1]);
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
    return plan_ != nullptr ? plan_[i] : drawSample(settings_, indexOf(i));
  }

  // Calls work(i, sample) for `count` samples from `first` on, which are drawn several at a time.
  template <typename Work>
  void forEach(size_t first, size_t count, const Work& work) const {
    if (plan_ != nullptr) {
      for (size_t i = 0; i < count; ++i) work(i, plan_[first + i]);
      return;
    }
    if (count < kDrawnAtOnce / 2) {
      for (size_t i = 0; i < count; ++i) work(i, drawSample(settings_, indexOf(first + i)));
      return;
    }
    // Words of the samples' first blocks, then of their second.
    uint32_t words[4][2 * kDrawnAtOnce];
    PackedSample sample;
    for (size_t begin = 0; begin < count; begin += kDrawnAtOnce) {
      const size_t some = std::min(count - begin, kDrawnAtOnce);
      for (size_t k = 0; k < kDrawnAtOnce; ++k) {
        const uint64_t index = indexOf(first + begin + std::min(k, some - 1));
        words[0][k] = words[0][k + kDrawnAtOnce] = static_cast<uint32_t>(index);
        words[1][k] = words[1][k + kDrawnAtOnce] = static_cast<uint32_t>(index >> 32);
        words[2][k] = words[2][k + kDrawnAtOnce] = settings_.epoch;
        words[3][k] = 0;
        words[3][k + kDrawnAtOnce] = 1;
      }
      philox4x32(words, settings_.seed[0], settings_.seed[1]);
      const auto block = [&](size_t k) {
        return Philox4{{words[0][k], words[1][k], words[2][k], words[3][k]}};
      };
      for (size_t k = 0; k < some; ++k) {
        const size_t i = begin + k;
        detail::setSample(sample, settings_, indexOf(first + i), block(k), block(k + kDrawnAtOnce));
        work(i, sample);
      }
    }
  }

 private:
  static constexpr size_t kDrawnAtOnce = 8;

  uint64_t indexOf(size_t i) const {
    return indices_ != nullptr ? static_cast<uint64_t>(indices_[i]) : first_ + i;
  }

  const PackedSample* plan_ = nullptr;
  DrawSettings settings_{};
  uint64_t first_ = 0;
  const double* indices_ = nullptr;
};

}  // namespace gridmask
