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

  size_t count() const { return count_; }
  // Tiles that a thread takes at a time.
  size_t grain() const { return grain_; }

  Tile at(size_t i) const {
    const size_t row = i % tilesOfSample_ * tileRows_;
    return {i / tilesOfSample_, static_cast<int32_t>(row),
            static_cast<int32_t>(std::min(row + tileRows_, height_))};
  }

 private:
  const size_t height_;
  const size_t tileRows_;
  const size_t tilesOfSample_;
  const size_t count_;
  const size_t grain_;
};

}  // namespace gridmask::cpu
