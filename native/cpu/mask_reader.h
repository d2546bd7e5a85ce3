// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>

#include "lattice/phase_block.h"
#include "lattice/sample_draws.h"

namespace gridmask::cpu {

// Reads the masks of a batch's samples one after another. Draws and phases are made for a block of
// samples at a time.
class MaskReader {
 public:
  // The block that has been read, kept from one share of a thread to the next. Starts as zeros.
  struct State {
    size_t begin;
    size_t some;
    SampleBlock block;
    PhaseBlock phases;
    uint32_t flags[kBlockSamples];
    bool random[kBlockSamples];
  };

  MaskReader(const Samples& samples, size_t count, const Canvas& canvas, State& state)
      : samples_(samples), count_(count), canvas_(canvas), state_(state) {}

  // Chooses the sample that the functions below are about.
  void goTo(size_t i) {
    if (i - state_.begin >= state_.some) read(i);
    k_ = i - state_.begin;
  }

  bool dropsNothing() const {
    return state_.block.masked[k_] == 0 || (state_.phases.gap[k_] == 0 && !isReversed());
  }
  bool isReversed() const { return (state_.flags[k_] & PackedSample::kReverse) != 0; }
  bool isRandom() const { return state_.random[k_]; }
  // Unit side d, pixels.
  uint32_t d() const { return static_cast<uint32_t>(state_.block.d[k_]); }
  // Side of the dropped square, pixels.
  size_t gap() const { return state_.block.d[k_] - state_.block.l[k_]; }
  Phases phases() const { return phasesOf(state_.phases, k_); }

  PackedSample sample() const {
    const DrawSettings* const settings = samples_.drawn();
    return settings != nullptr ? sampleOf(state_.block, k_, *settings)
                               : samples_[state_.begin + k_];
  }
  Lattice lattice() const { return latticeOf(sample(), canvas_); }

 private:
  void read(size_t first) {
    state_.begin = first;
    state_.some = std::min(count_ - first, kBlockSamples);
    if (const DrawSettings* const settings = samples_.drawn()) {
      samples_.draw(first, state_.some, state_.block);
      std::fill_n(state_.flags, kBlockSamples, settings->reverse ? PackedSample::kReverse : 0);
      std::fill_n(state_.random, kBlockSamples, settings->unitProbability < 1);
    } else {
      for (size_t k = 0; k < kBlockSamples; ++k) {
        put(k, samples_[first + std::min(k, state_.some - 1)]);
      }
    }
    findPhases(state_.block, canvas_, state_.phases);
  }

  void put(size_t k, const PackedSample& sample) {
    SampleBlock& block = state_.block;
    block.masked[k] = sample.flags & PackedSample::kMasked;
    block.d[k] = static_cast<uint64_t>(sample.d);
    block.l[k] = static_cast<uint64_t>(sample.l);
    block.deltaX[k] = static_cast<uint64_t>(sample.deltaX);
    block.deltaY[k] = static_cast<uint64_t>(sample.deltaY);
    block.angle[k] = sample.angle;
    state_.flags[k] = sample.flags;
    state_.random[k] = sample.unitProbability < 1;
  }

  const Samples& samples_;
  const size_t count_;
  const Canvas canvas_;
  State& state_;
  size_t k_ = 0;
};

}  // namespace gridmask::cpu
