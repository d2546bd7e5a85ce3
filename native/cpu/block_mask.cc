// SPDX-License-Identifier: MIT

#include "cpu/block_mask.h"

#include <algorithm>
#include <cstring>

namespace gridmask::cpu {

BlockMask::BlockMask(uint32_t width, const Converter& converter, Carver& memory)
    : converter_(converter),
      width_(width),
      whole_(width / converter.pixels),
      dropped_(memory.take<uint16_t>(whole_ + 1)),
      runs_(memory.take<Run>(RunScanner::maxRunsInRow(width))) {}

void BlockMask::start(const Lattice& lattice, int32_t y) {
  lattice_ = lattice;
  if (lattice.gap() == 0 && !lattice.reverse) lattice_.masked = false;
  if (!lattice_.masked) return;
  y_ = y;
  // As many rows as phase32IsExact() for.
  const uint32_t steps = UINT32_MAX / lattice.period;
  rowsAtOnce_ = lattice.random || steps < width_ + 3 ? 0 : steps - width_ - 2;
  rowsLeft_ = 0;
  if (rowsAtOnce_ == 0) scanner_.emplace(lattice, 0, y, width_);
}

const uint16_t* BlockMask::nextRow() {
  if (!lattice_.masked) return nullptr;
  if (rowsAtOnce_ > 0) {
    dropPhases();
  } else {
    dropRuns();
  }
  ++y_;
  return dropped_;
}

void BlockMask::dropPhases() {
  if (rowsLeft_ == 0) {
    phaseX_ = phase32Of(lattice_.x, lattice_, 0, y_);
    phaseY_ = phase32Of(lattice_.y, lattice_, 0, y_);
    rowsLeft_ = rowsAtOnce_;
  }
  const uint32_t gap = gap32Of(lattice_);
  converter_.drop(dropped_, whole_, phaseX_, phaseY_, gap, lattice_.reverse);
  if (width_ != whole_ * converter_.pixels) {
    const uint32_t last = width_ - converter_.pixels;
    const auto from = [&](const Phase32& phase) {
      return Phase32{phase.start + last * phase.stepX, phase.stepX, phase.stepY};
    };
    converter_.drop(dropped_ + whole_, 1, from(phaseX_), from(phaseY_), gap, lattice_.reverse);
  }
  phaseX_.start += phaseX_.stepY;
  phaseY_.start += phaseY_.stepY;
  --rowsLeft_;
}

void BlockMask::dropRuns() {
  const Run* const end = scanner_->appendRow(runs_, runs_, 0);
  std::memset(dropped_, 0, (whole_ + 1) * sizeof(uint16_t));
  const uint32_t pixels = converter_.pixels;
  const auto drop = [&](uint32_t block, uint32_t from, uint32_t to) {  // some of its pixels
    dropped_[block] = static_cast<uint16_t>(dropped_[block] | ((1u << to) - (1u << from)));
  };
  for (const Run* run = runs_; run != end; ++run) {
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
