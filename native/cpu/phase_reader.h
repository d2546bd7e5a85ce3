// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#include "lattice/phase_block.h"
#include "lattice/sample_draws.h"

namespace gridmask::cpu {

// Samples of a batch and the phases of their masks, as a thread comes to them from one to the next:
// found for a block of samples at a time.
class PhaseReader {
 public:
  // None at `end` and beyond will be asked for.
  PhaseReader(const Samples& samples, size_t end, const Canvas& canvas)
      : samples_(samples), end_(end), canvas_(canvas) {}

  // The others tell of this sample.
  void goTo(size_t i) {
    if (i - begin_ >= some_) read(i);
    k_ = i - begin_;
  }

  bool isMasked() const { return block_.masked[k_] != 0; }
  bool isReversed() const { return (flags_[k_] & PackedSample::kReverse) != 0; }
  bool isRandom() const { return random_[k_]; }
  // Unit side d, pixels.
  uint32_t d() const { return static_cast<uint32_t>(block_.d[k_]); }
  Phases phases() const { return phasesOf(phases_, k_); }
  Lattice lattice() const { return latticeOf(samples_[begin_ + k_], canvas_); }

 private:
  void read(size_t first) {
    begin_ = first;
    some_ = std::min(end_ - first, kBlockSamples);
    if (const DrawSettings* const settings = samples_.drawn()) {
      samples_.draw(first, some_, block_);
      std::fill_n(flags_, kBlockSamples, settings->reverse ? PackedSample::kReverse : 0);
      std::fill_n(random_, kBlockSamples, settings->unitProbability < 1);
    } else {
      for (size_t k = 0; k < kBlockSamples; ++k) put(k, samples_[first + std::min(k, some_ - 1)]);
    }
    findPhases(block_, canvas_, phases_);
  }

  void put(size_t k, const PackedSample& sample) {
    block_.masked[k] = sample.flags & PackedSample::kMasked;
    block_.d[k] = static_cast<uint64_t>(sample.d);
    block_.l[k] = static_cast<uint64_t>(sample.l);
    block_.deltaX[k] = static_cast<uint64_t>(sample.deltaX);
    block_.deltaY[k] = static_cast<uint64_t>(sample.deltaY);
    block_.angle[k] = sample.angle;
    flags_[k] = sample.flags;
    random_[k] = sample.unitProbability < 1;
  }

  const Samples& samples_;
  const size_t end_;
  const Canvas canvas_;
  size_t begin_ = 0;
  size_t some_ = 0;
  size_t k_ = 0;
  SampleBlock block_;
  uint32_t flags_[kBlockSamples];
  bool random_[kBlockSamples];
  PhaseBlock phases_;
};

}  // namespace gridmask::cpu
