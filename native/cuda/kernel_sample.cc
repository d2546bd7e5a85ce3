// SPDX-License-Identifier: MIT

#include "cuda/kernel_sample.h"

#include <algorithm>
#include <cstring>

#include "cuda/launch_parts.h"
#include "lattice/instructions.h"
#include "lattice/lanes.h"
#include "lattice/phase_block.h"

namespace gridmask::cuda {

// Up to it phases of 32 bits tell pixels apart: cuda/kernel_block.inc.
constexpr int32_t kMaxCoarseUnit = 1920;
static_assert(1701 * kMaxCoarseUnit < 100 * (1 << 15), "");

constexpr size_t kSampleWords = sizeof(KernelSample) / sizeof(uint64_t);

// The words of each KernelSample, whose `place` has only the flags that follow from the numbers.
struct alignas(64) KernelBlock {
  Lanes<uint64_t> word[kSampleWords];
};

#define GRIDMASK_LANES_FILE "cuda/kernel_block.inc"
#include "lattice/lanes_by_set.inc"

namespace {

void writeBlock(const LatticeBlock& block, const Turns& turns, const RowsOnCanvas& rows,
                KernelBlock& to) {
#ifdef GRIDMASK_WIDE_LANES
  if (hasAvx512()) return avx512::writeBlock(block, turns, rows, to);
  if (hasAvx2()) return avx2::writeBlock(block, turns, rows, to);
#endif
  baseline::writeBlock(block, turns, rows, to);
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

void SampleConstants::add(const SampleBlock& block, size_t some, const DrawSettings& settings,
                          uint32_t first, bool maskedAlone) {
  const bool random = settings.unitProbability < 1;
  const uint32_t flags =
      (settings.reverse ? KernelSample::kReverse : 0) | (random ? KernelSample::kRandom : 0);
  size_t place = count_;
  for (size_t k = 0; k < some; ++k) {
    masked_[k] = block.masked[k] != 0;
    place_[k] = (first + static_cast<uint32_t>(k)) * KernelSample::kPlaces;
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
  const Turns turns(block);
  const RowsOnCanvas rows{static_cast<double>(canvas_.side),
                          static_cast<double>(canvas_.left + kOriginColumn),
                          static_cast<double>(canvas_.top + firstRow_)};
  KernelBlock written;
  writeBlock(block, turns, rows, written);
  for (size_t k = 0; k < some; ++k) {
    uint8_t* const sample = samples_ + count_ * sizeof(KernelSample);
    if (!masked_[k]) {
      if (skips_) continue;
      const KernelSample none{{}, {}, 0, place_[k]};
      std::memcpy(sample, &none, sizeof none);
    } else {
      constexpr size_t kLast = kSampleWords - 1;
      const uint64_t last = written.word[kLast][k] | uint64_t{place_[k]} << 32;
      for (size_t i = 0; i < kLast; ++i) {
        std::memcpy(sample + i * sizeof last, &written.word[i][k], sizeof last);
      }
      std::memcpy(sample + kLast * sizeof last, &last, sizeof last);
      flags_ |= static_cast<uint32_t>(last >> 32) % KernelSample::kPlaces;
    }
    ++count_;
  }
}

bool SampleConstants::end() {
  flush();
  endConstants(launch_, count_ * sizeof(KernelSample));
  if (count_ == 0) return false;
  launch_.params.entries = static_cast<uint32_t>(count_);
  if (!units_.empty()) {
    units_.resize(count_);
    launch_.params.unitsAt =
        addConstants(launch_, units_.data(), units_.size() * sizeof(KernelUnits));
  }
  return true;
}

}  // namespace gridmask::cuda
