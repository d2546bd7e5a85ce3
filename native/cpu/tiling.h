// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lattice/batch.h"

namespace gridmask::cpu {

// Consecutive rows of one sample, in all planes.
struct Tile {
  size_t sample;
  int32_t rowBegin;
  int32_t rowEnd;
};

// A non-empty batch cut into tiles: bands of a sample with as many rows as a thread should take at
// a time, or whole samples, several of which a thread then takes at a time.
class Tiling {
 public:
  Tiling(const BatchLayout& batch, size_t rowsOfShare)
      : height_(static_cast<size_t>(batch.height)),
        tileRows_(std::min(std::max<size_t>(1, rowsOfShare), height_)),
        tilesOfSample_((height_ + tileRows_ - 1) / tileRows_),
        count_(batch.count * tilesOfSample_),
        grain_(std::max<size_t>(1, rowsOfShare / height_)) {}

  bool hasWholeSamples() const { return tileRows_ == height_; }
  size_t count() const { return count_; }
  // Tiles that a thread takes at a time.
  size_t grain() const { return grain_; }

  // Calls `use(tile)` for tiles [begin, end).
  template <typename Use>
  void forEach(size_t begin, size_t end, const Use& use) const {
    size_t sample = begin / tilesOfSample_;
    size_t row = begin % tilesOfSample_ * tileRows_;
    for (size_t i = begin; i < end; ++i) {
      const size_t rowEnd = std::min(row + tileRows_, height_);
      use(Tile{sample, static_cast<int32_t>(row), static_cast<int32_t>(rowEnd)});
      row = rowEnd == height_ ? 0 : rowEnd;
      if (row == 0) ++sample;
    }
  }

 private:
  const size_t height_;
  const size_t tileRows_;
  const size_t tilesOfSample_;
  const size_t count_;
  const size_t grain_;
};

}  // namespace gridmask::cpu
