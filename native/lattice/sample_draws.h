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
#include "lattice/sample_block.h"
#include "lattice/sample_numbers.h"

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
  const auto& [u, v] = blocks;
  const auto fraction = [](uint32_t word) { return word / 4294967296.0; };
  const auto below = [](uint32_t word, uint32_t range) {
    return static_cast<uint32_t>((uint64_t{word} * range) >> 32);
  };
  PackedSample sample;
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

// Of a block that was drawn.
inline PackedSample sampleOf(const SampleBlock& block, size_t k, const DrawSettings& settings) {
  PackedSample sample;
  sample.angle = block.angle[k];
  sample.ratio = block.ratio[k];
  sample.unitProbability = settings.unitProbability;
  sample.flags = (block.masked[k] != 0 ? PackedSample::kMasked : 0) |
                 (settings.reverse ? PackedSample::kReverse : 0);
  sample.d = static_cast<int32_t>(block.d[k]);
  sample.l = static_cast<int32_t>(block.l[k]);
  sample.deltaX = static_cast<int32_t>(block.deltaX[k]);
  sample.deltaY = static_cast<int32_t>(block.deltaY[k]);
  for (int i = 0; i < 2; ++i) {
    sample.unitKey[i] = static_cast<uint32_t>(block.unitKey[i][k]);
    sample.seed[i] = settings.seed[i];
    sample.index[i] = static_cast<uint32_t>(block.index[k] >> 32 * i);
  }
  sample.epoch = settings.epoch;
  return sample;
}

// The samples of a batch: those of a plan, or drawn when they are asked for, which costs less than
// to store them first.
class Samples {
 public:
  Samples() = default;

  explicit Samples(const PackedSample* plan) : plan_(plan) {}

  Samples(const DrawSettings& settings, const SampleNumbers& numbers)
      : settings_(settings), numbers_(numbers) {}

  PackedSample operator[](size_t i) const {
    return plan_ != nullptr ? plan_[i] : drawSample(settings_, numbers_[i]);
  }

  // What they are drawn from, or the plan that they are of; the other is null.
  const DrawSettings* drawn() const { return plan_ == nullptr ? &settings_ : nullptr; }
  const PackedSample* plan() const { return plan_; }

  // Whether their numbers are a list.
  bool isListed() const { return numbers_.listed != nullptr; }

  // Draws those from `first` on, `some` of them and no more than a block has. In the lanes behind
  // them is the last one again.
  void draw(size_t first, size_t some, SampleBlock& block) const {
    numbersOf(first, some, block.index);
    drawBlock(settings_, block);
  }

  // What the numbers of those from `first` on are drawn from, as draw().
  void countersOf(size_t first, size_t some, CounterBlock& block) const {
    const auto joined = [](const uint32_t* words) { return uint64_t{words[1]} << 32 | words[0]; };
    if (plan_ == nullptr) {
      std::fill_n(block.seed, kBlockSamples, joined(settings_.seed));
      std::fill_n(block.epoch, kBlockSamples, settings_.epoch);
      numbersOf(first, some, block.index);
      return;
    }
    for (size_t k = 0; k < kBlockSamples; ++k) {
      const PackedSample& sample = plan_[first + std::min(k, some - 1)];
      block.seed[k] = joined(sample.seed);
      block.epoch[k] = sample.epoch;
      block.index[k] = joined(sample.index);
    }
  }

  // Calls work(i, some, block) for the `count` samples from `first` on, of which there are `some`
  // in a block, numbered from i = 0 on. They must not be a plan's. The block is the work's own.
  template <typename Work>
  void forEachBlock(size_t first, size_t count, const Work& work) const {
    SampleBlock block;
    for (size_t i = 0; i < count; i += kBlockSamples) {
      const size_t some = std::min(count - i, kBlockSamples);
      draw(first + i, some, block);
      work(i, some, block);
    }
  }

  // The same sample by sample: work(i, sample).
  template <typename Work>
  void forEach(size_t first, size_t count, const Work& work) const {
    if (plan_ != nullptr || count < kFewSamples) {
      for (size_t i = 0; i < count; ++i) work(i, (*this)[first + i]);
      return;
    }
    forEachBlock(first, count, [&](size_t i, size_t some, const SampleBlock& block) {
      for (size_t k = 0; k < some; ++k) work(i + k, sampleOf(block, k, settings_));
    });
  }

  // So few take no longer one by one.
  static constexpr size_t kFewSamples = 4;

 private:
  void numbersOf(size_t first, size_t some, Lanes<uint64_t>& numbers) const {
    for (size_t k = 0; k < kBlockSamples; ++k) {
      numbers[k] = numbers_[first + std::min(k, some - 1)];
    }
  }

  const PackedSample* plan_ = nullptr;
  DrawSettings settings_{};
  SampleNumbers numbers_;
};

}  // namespace gridmask
