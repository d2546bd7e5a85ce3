// SPDX-License-Identifier: MIT

#include "cuda/kernel_sample.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "cuda/launch_parts.h"
#include "lattice/phase_block.h"

namespace gridmask::cuda {

// Up to it phases of 32 bits tell pixels apart; beyond it samples are kFine. In the terms of
// lattice/phases.inc: the upper half of 64 bits cuts off what a comparison with a whole number does
// not see, so the errors are together less than 0.502, and 2¹⁵/d is more than 1. With 32 bits a
// thread starts with less than 1 cut off, and takes up to 31 steps that are off by up to 1/2 each,
// and the 0.00005 of 64-bit phases at their end: 1 + 31/2 + 1/2 + 0.01 < 2¹⁵/d.
constexpr uint64_t kMaxCoarseUnit = 1920;
static_assert(1701 * kMaxCoarseUnit < 100 * (1 << 15), "");

namespace {

// How far a step goes, in 2⁻³² to the nearest.
uint64_t distance(uint64_t step) {
  const auto rounded = static_cast<int32_t>((step + (uint64_t{1} << 31)) >> 32);
  return static_cast<uint64_t>(std::abs(int64_t{rounded}));
}

// The flags that follow from the numbers.
uint32_t flagsOf(const Phases& phases, uint64_t d) {
  const uint64_t far = distance(phases.acrossX);
  // The gap, and what a tile spans along an axis: together a period or more?
  const auto isDense = [&](uint64_t across, uint64_t down) {
    return ((phases.gap + across * kMaxColumnSteps + down * kMaxRowSteps) >> 32) != 0;
  };
  const bool dense = isDense(far, distance(phases.downX)) || isDense(distance(phases.acrossY), far);
  return (d > kMaxCoarseUnit ? KernelSample::kFine : 0) | (dense ? KernelSample::kDense : 0);
}

KernelUnitAxis kernelUnitAxisOf(const LatticeAxis& axis, const Lattice& lattice, int32_t height,
                                int32_t width, int32_t firstRow) {
  const int64_t lowest = std::min({axis.at(0, 0), axis.at(width - 1, 0), axis.at(0, height - 1),
                                   axis.at(width - 1, height - 1)}) -
                         lattice.stripe;
  // The lowest position becomes less than a period, that is 2³¹, and the others exceed it by less
  // than 16384 · √2 · 2¹⁶ < 2³¹: all are below 2³².
  const int64_t shift = -unitAndPhase(lowest, lattice).unit;
  const int64_t origin = axis.at(0, firstRow) - lattice.stripe + shift * int64_t{lattice.period};
  return {static_cast<uint32_t>(origin), static_cast<uint32_t>(axis.stepX),
          static_cast<uint32_t>(axis.stepY), static_cast<uint32_t>(shift)};
}

KernelUnits kernelUnitsOf(const Lattice& lattice, int32_t height, int32_t width, int32_t firstRow) {
  KernelUnits units{};
  units.x = kernelUnitAxisOf(lattice.x, lattice, height, width, firstRow);
  units.y = kernelUnitAxisOf(lattice.y, lattice, height, width, firstRow);
  units.dropBelow = lattice.dropBelow;
  for (int k = 0; k < 2; ++k) {
    units.key[k] = lattice.unitKey[k];
    units.seed[k] = lattice.seed[k];
  }
  units.reciprocal = {UINT32_MAX / (lattice.period >> kFractionBits)};
  return units;
}

}  // namespace

SampleConstants::SampleConstants(const BatchLayout& layout, int32_t imageHeight, int32_t firstRow,
                                 Launch& launch)
    : launch_(launch),
      most_(layout.count),
      height_(imageHeight),
      width_(layout.width),
      firstRow_(firstRow),
      canvas_(canvasOf(imageHeight, layout.width)),
      samples_(firstConstants(launch, layout.count * sizeof(KernelSample))) {}

void SampleConstants::add(const PackedSample& sample, uint32_t number) {
  const size_t k = waits_++;
  waiting_.d[k] = static_cast<uint64_t>(sample.d);
  waiting_.l[k] = static_cast<uint64_t>(sample.l);
  waiting_.deltaX[k] = static_cast<uint64_t>(sample.deltaX);
  waiting_.deltaY[k] = static_cast<uint64_t>(sample.deltaY);
  waiting_.angle[k] = sample.angle;
  masked_[k] = (sample.flags & PackedSample::kMasked) != 0;
  place_[k] = number * KernelSample::kPlaces;
  if (masked_[k]) {
    const bool random = sample.unitProbability < 1;
    const bool reverse = (sample.flags & PackedSample::kReverse) != 0;
    place_[k] |= (reverse ? KernelSample::kReverse : 0) | (random ? KernelSample::kRandom : 0);
    if (random) addUnits(sample, count_ + k);
  }
  if (waits_ == kBlockSamples) flush();
}

void SampleConstants::addAll(const Samples& samples, size_t first, bool maskedAlone,
                             const int32_t* partner) {
  const auto isAlone = [&](size_t i) {
    return partner != nullptr && static_cast<size_t>(partner[i]) == i;
  };
  if (const DrawSettings* const settings = samples.drawn()) {
    samples.forEachBlock(first, most_, [&](size_t i, size_t some, SampleBlock& block) {
      for (size_t k = 0; k < some; ++k) {
        if (isAlone(i + k)) block.masked[k] = 0;
      }
      addBlock(block, some, *settings, i, maskedAlone);
    });
    return;
  }
  for (size_t i = 0; i < most_; ++i) {
    PackedSample sample = samples.plan()[first + i];
    if (isAlone(i)) sample.flags &= ~PackedSample::kMasked;
    if (isWorkedAt(sample, maskedAlone)) add(sample, static_cast<uint32_t>(i));
  }
  flush();
}

void SampleConstants::addBlock(const SampleBlock& block, size_t some, const DrawSettings& settings,
                               size_t first, bool maskedAlone) {
  const bool random = settings.unitProbability < 1;
  const uint32_t flags =
      (settings.reverse ? KernelSample::kReverse : 0) | (random ? KernelSample::kRandom : 0);
  size_t place = count_;
  for (size_t k = 0; k < some; ++k) {
    masked_[k] = block.masked[k] != 0;
    place_[k] = static_cast<uint32_t>(first + k) * KernelSample::kPlaces;
    if (masked_[k]) place_[k] |= flags;
    if (masked_[k] && random) addUnits(sampleOf(block, k, settings), place);
    if (masked_[k] || !maskedAlone) ++place;
  }
  skips_ = maskedAlone;
  write(block, some);
}

void SampleConstants::addUnits(const PackedSample& sample, size_t place) {
  units_.resize(place + 1);
  units_.back() = kernelUnitsOf(latticeOf(sample, canvas_), height_, width_, firstRow_);
}

void SampleConstants::flush() {
  if (waits_ == 0) return;
  skips_ = false;
  write(waiting_, waits_);
  waits_ = 0;
}

void SampleConstants::write(const LatticeBlock& block, size_t some) {
  PhaseBlock written;
  findPhases(block, {canvas_.side, canvas_.left + kOriginColumn, canvas_.top + firstRow_}, written);
  for (size_t k = 0; k < some; ++k) {
    if (!masked_[k] && skips_) continue;
    // In place: to copy what has just been written by smaller parts takes as long as all the rest.
    auto* const sample = new (samples_ + count_++ * sizeof(KernelSample)) KernelSample{};
    sample->place = place_[k];
    if (!masked_[k]) continue;
    const Phases phases = phasesOf(written, k);
    sample->originX = phases.startX;
    sample->acrossX = phases.acrossX;
    sample->downX = phases.downX;
    sample->originY = phases.startY;
    sample->acrossY = phases.acrossY;
    sample->gap = phases.gap;
    sample->place |= flagsOf(phases, block.d[k]);
    flags_ |= sample->place % KernelSample::kPlaces;
  }
}

KernelSample SampleConstants::at(size_t entry) const {
  KernelSample sample;
  std::memcpy(&sample, samples_ + entry * sizeof sample, sizeof sample);
  return sample;
}

void SampleConstants::reorder(const std::vector<uint32_t>& from) {
  std::vector<KernelSample> samples;
  for (const uint32_t entry : from) samples.push_back(at(entry));
  for (size_t i = 0; i < samples.size(); ++i) {
    std::memcpy(samples_ + i * sizeof(KernelSample), &samples[i], sizeof(KernelSample));
  }
  if (units_.empty()) return;
  units_.resize(count_);
  std::vector<KernelUnits> units;
  for (const uint32_t entry : from) units.push_back(units_[entry]);
  units_.swap(units);
}

void SampleConstants::end() {
  endConstants(launch_, count_ * sizeof(KernelSample));
  launch_.params.entries = static_cast<uint32_t>(count_);
  if (units_.empty()) return;
  units_.resize(count_);
  launch_.params.unitsAt =
      addConstants(launch_, units_.data(), units_.size() * sizeof(KernelUnits));
}

}  // namespace gridmask::cuda
