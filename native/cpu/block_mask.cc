// SPDX-License-Identifier: MIT

#include "cpu/block_mask.h"

#include <algorithm>
#include <cstring>

namespace gridmask::cpu {

BlockMask::BlockMask(uint32_t width, uint32_t shift, const Converter& converter, Carver& memory)
    : converter_(converter),
      width_(width),
      before_(converter.pixels - shift),
      count_((before_ + width + converter.pixels - 1) / converter.pixels),
      dropped_(memory.take<uint16_t>(count_)),
      runs_(memory.take<Run>(RunScanner::maxRunsInRow(width))) {}

void BlockMask::start(const Lattice& lattice, int32_t y) {
  lattice_ = lattice;
  if (lattice.gap() == 0 && !lattice.reverse) lattice_.masked = false;
  if (!lattice_.masked) return;
  y_ = y;
  // As many rows as phase32IsExact() for so many columns.
  const uint32_t columns = count_ * converter_.pixels;
  const uint32_t steps = UINT32_MAX / lattice.period;
  rowsAtOnce_ = lattice.random || steps < columns + 3 ? 0 : steps - columns - 2;
  rowsLeft_ = 0;
  gap_ = gap32Of(lattice_);
  if (rowsAtOnce_ == 0) scanner_.emplace(lattice, 0, y, width_);
}

const uint16_t* BlockMask::nextRow() {
  if (!lattice_.masked) return nullptr;
  if (rowsAtOnce_ == 0) {
    dropRuns();
    return dropped_ + 1;
  }
  if (rowsLeft_ == 0) {
    const int32_t x = -static_cast<int32_t>(before_);
    phaseX_ = phase32Of(lattice_.x, lattice_, x, y_);
    phaseY_ = phase32Of(lattice_.y, lattice_, x, y_);
    rowsLeft_ = rowsAtOnce_;
  }
  converter_.drop(dropped_, count_, phaseX_, phaseY_, gap_, lattice_.reverse);
  phaseX_.start += phaseX_.stepY;
  phaseY_.start += phaseY_.stepY;
  --rowsLeft_;
  ++y_;
  return dropped_ + 1;
}

void BlockMask::dropRuns() {
  const uint32_t pixels = converter_.pixels;
  const Run* const end = scanner_->appendRow(runs_, runs_, before_);
  std::memset(dropped_, 0, count_ * sizeof(uint16_t));
  for (const Run* run = runs_; run != end; ++run) {
    for (uint32_t x = run->begin; x < run->end;) {
      const uint32_t block = x / pixels;
      const uint32_t first = block * pixels;
      const uint32_t to = std::min(run->end - first, pixels);
      dropped_[block] = static_cast<uint16_t>(dropped_[block] | ((1u << to) - (1u << (x - first))));
      x = first + pixels;
    }
  }
}

}  // namespace gridmask::cpu
