// SPDX-License-Identifier: MIT
//
// A mask as words: one of 32 bits a pixel, all ones where it is dropped. Short runs cost more than
// that.
#pragma once

#include <algorithm>

#include "cpu/kernels.h"
#include "cpu/scratch.h"
#include "lattice/phase32.h"

namespace gridmask::cpu {

// Words worked out before they are counted, unless a row has more.
constexpr uint32_t kWordsAtOnce = 2048;

// Calls `use(row, rows, column, columns)` for the blocks of some rows, each of which lies in one
// piece in memory: whole rows, or a part of one.
template <typename Use>
inline void forEachBlock(uint32_t width, int32_t rowBegin, int32_t rowEnd, const Use& use) {
  const uint32_t columns = std::min(width, kWordsAtOnce);
  const auto rowsAtOnce = static_cast<int32_t>(kWordsAtOnce / columns);
  for (int32_t row = rowBegin; row < rowEnd; row += rowsAtOnce) {
    const auto rows = static_cast<uint32_t>(std::min(rowsAtOnce, rowEnd - row));
    for (uint32_t column = 0; column < width; column += columns) {
      use(row, rows, column, std::min(columns, width - column));
    }
  }
}

// Whether words can say what a mask drops.
inline bool wordsAreExact(const Lattice& lattice, uint32_t width) {
  return !lattice.random &&
         phase32IsExact(lattice, std::min(width, kWordsAtOnce), std::max(1u, kWordsAtOnce / width));
}

// The mask of one block, in memory that is carved from a thread's scratch.
class MaskWords {
 public:
  MaskWords(const Kernels& kernels, Carver& carver)
      : kernels_(kernels), words_(carver.take<uint32_t>(kWordsAtOnce + kMaskSlack)) {}

  // The words of a block whose first pixel is (x, y).
  const uint32_t* words(const Lattice& lattice, int32_t x, int32_t y, uint32_t columns,
                        uint32_t rows) {
    kernels_.maskWords(words_, columns, rows, phase32Of(lattice.x, lattice, x, y),
                       phase32Of(lattice.y, lattice, x, y), gap32Of(lattice), lattice.reverse,
                       nullptr);
    return words_;
  }

 private:
  const Kernels& kernels_;
  uint32_t* const words_;
};

}  // namespace gridmask::cpu
