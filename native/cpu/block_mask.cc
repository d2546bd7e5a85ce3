// SPDX-License-Identifier: MIT

#include "cpu/block_mask.h"

#include <algorithm>
#include <cstring>

namespace gridmask::cpu {

BlockMask::BlockMask(uint32_t width, const Converter& converter)
    : converter_(converter),
      width_(width),
      whole_(width / converter.pixels),
      dropped_(new uint16_t[whole_ + 1]),
      runs_(new Run[RunScanner::maxRunsInRow(width)]) {}

void BlockMask::start(const Lattice& lattice, int32_t y) {
  lattice_ = lattice;
  if (lattice.gap() == 0 && !lattice.reverse) lattice_.masked = false;
  if (!lattice_.masked) return;
  y_ = y;
  // As many rows as turnsAreExact() for.
  const uint32_t steps = UINT32_MAX / lattice.period;
  rowsAtOnce_ = lattice.random || steps < width_ + 3 ? 0 : steps - width_ - 2;
  rowsLeft_ = 0;
  if (!usesTurns()) scanner_.emplace(lattice, 0, y, width_);
}

const uint16_t* BlockMask::nextRow() {
  if (!lattice_.masked) return nullptr;
  if (usesTurns()) {
    dropTurns();
  } else {
    dropRuns();
  }
  ++y_;
  return dropped_.get();
}

void BlockMask::dropTurns() {
  if (rowsLeft_ == 0) {
    turnsX_ = turnsOf(lattice_.x, lattice_, 0, y_);
    turnsY_ = turnsOf(lattice_.y, lattice_, 0, y_);
    rowsLeft_ = rowsAtOnce_;
  }
  const uint32_t gap = gapTurns(lattice_);
  converter_.drop(dropped_.get(), whole_, turnsX_, turnsY_, gap, lattice_.reverse);
  if (const uint32_t last = width_ - converter_.pixels; width_ != whole_ * converter_.pixels) {
    const auto from = [&](const Turns& turns) {
      return Turns{turns.start + last * turns.stepX, turns.stepX, turns.stepY};
    };
    converter_.drop(dropped_.get() + whole_, 1, from(turnsX_), from(turnsY_), gap,
                    lattice_.reverse);
  }
  turnsX_.start += turnsX_.stepY;
  turnsY_.start += turnsY_.stepY;
  --rowsLeft_;
}

void BlockMask::dropRuns() {
  const Run* const end = scanner_->appendRow(runs_.get(), runs_.get(), 0);
  std::memset(dropped_.get(), 0, (whole_ + 1) * sizeof(uint16_t));
  const uint32_t pixels = converter_.pixels;
  const auto drop = [&](uint32_t block, uint32_t from, uint32_t to) {  // some of its pixels
    dropped_[block] = static_cast<uint16_t>(dropped_[block] | ((1u << to) - (1u << from)));
  };
  for (const Run* run = runs_.get(); run != end; ++run) {
    for (uint32_t x = run->begin, stop = std::min(run->end, whole_ * pixels); x < stop;) {
      const uint32_t block = x / pixels;
      const uint32_t first = block * pixels;
      drop(block, x - first, std::min(stop - first, pixels));
      x = first + pixels;
    }
    const uint32_t last = width_ - pixels;
    if (run->end > last) drop(whole_, std::max(run->begin, last) - last, run->end - last);
  }
}

}  // namespace gridmask::cpu
