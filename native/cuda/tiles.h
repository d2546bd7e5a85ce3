// SPDX-License-Identifier: MIT
//
// A batch on the host, cut into tiles that are small enough to stage: several samples; or several
// rows of one sample, in all planes or, if one row of all planes is too much, in some.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lattice/batch.h"

namespace gridmask::cuda {

struct Tile {
  size_t sample;
  size_t samples;
  size_t plane;
  size_t planes;
  size_t row;
  size_t rows;
};

// Tiles of at most `most` bytes, or of one row of one plane, that together make up the batch.
inline std::vector<Tile> tilesOf(const BatchLayout& batch, size_t most) {
  const auto height = static_cast<size_t>(batch.height);
  std::vector<Tile> tiles;
  if (batch.sampleBytes() <= most) {
    const size_t samples = most / batch.sampleBytes();
    for (size_t sample = 0; sample < batch.count; sample += samples) {
      const size_t left = std::min(samples, batch.count - sample);
      tiles.push_back({sample, left, 0, batch.planes, 0, height});
    }
    return tiles;
  }
  const size_t rows = std::max<size_t>(1, most / (batch.planes * batch.rowBytes()));
  const size_t planes =
      std::min(batch.planes, std::max<size_t>(1, most / (rows * batch.rowBytes())));
  for (size_t sample = 0; sample < batch.count; ++sample) {
    for (size_t plane = 0; plane < batch.planes; plane += planes) {
      for (size_t row = 0; row < height; row += rows) {
        tiles.push_back({sample, 1, plane, std::min(planes, batch.planes - plane), row,
                         std::min(rows, height - row)});
      }
    }
  }
  return tiles;
}

}  // namespace gridmask::cuda
