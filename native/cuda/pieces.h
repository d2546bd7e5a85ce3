// SPDX-License-Identifier: MIT
//
// A batch on the host cut into pieces that are small enough to be staged: some samples; or some
// rows of one sample, in all planes or, where one row of all planes is too much, in some.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace gridmask::cuda {

struct Piece {
  size_t sample;
  size_t samples;
  size_t plane;
  size_t planes;
  size_t row;
  size_t rows;
};

// Calls `use(piece)` for pieces of at most `most` bytes, or of one row of one plane, that together
// make up the batch.
template <typename Use>
void forEachPiece(size_t count, size_t planes, size_t height, size_t rowBytes, size_t most,
                  const Use& use) {
  const size_t planeBytes = height * rowBytes;
  const size_t sampleBytes = planes * planeBytes;
  if (sampleBytes <= most) {
    const size_t samples = std::max<size_t>(1, most / sampleBytes);
    for (size_t sample = 0; sample < count; sample += samples) {
      use(Piece{sample, std::min(samples, count - sample), 0, planes, 0, height});
    }
    return;
  }
  const size_t rows = std::max<size_t>(1, most / (planes * rowBytes));
  const size_t atOnce = std::min(planes, std::max<size_t>(1, most / (rows * rowBytes)));
  for (size_t sample = 0; sample < count; ++sample) {
    for (size_t plane = 0; plane < planes; plane += atOnce) {
      for (size_t row = 0; row < height; row += rows) {
        use(Piece{sample, 1, plane, std::min(atOnce, planes - plane), row,
                  std::min(rows, height - row)});
      }
    }
  }
}

}  // namespace gridmask::cuda
