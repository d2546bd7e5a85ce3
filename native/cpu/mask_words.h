// SPDX-License-Identifier: MIT
//
// A mask as words: one of 32 bits a pixel, all ones where it is dropped, worked out for a block of
// rows and then used for every plane, in the width of its pixels. Short runs cost more than that.
#pragma once

#include <algorithm>

#include "cpu/kernels.h"
#include "cpu/scratch.h"
#include "lattice/phase32.h"

namespace gridmask::cpu {

// Words worked out before they are used on every plane, unless a row has more.
constexpr uint32_t kWordsAtOnce = 2048;

// Bytes of a pixel up to which its mask is widened to that size.
constexpr size_t kMaxWidth = 16;

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
  MaskWords(const Kernels& kernels, size_t pixelBytes, Carver& carver)
      : kernels_(kernels),
        pixelBytes_(pixelBytes),
        words_(carver.take<uint32_t>(pixelBytes <= kMaxWidth ? kWordsAtOnce + kMaskSlack : 0)),
        bytes_(carver.take<uint8_t>(isWidened() ? kWordsAtOnce * pixelBytes : 0)) {}

  // The words of a block whose first pixel is (x, y). `next` is what the caller will read next.
  const uint32_t* words(const Lattice& lattice, int32_t x, int32_t y, uint32_t columns,
                        uint32_t rows, const void* next) {
    kernels_.maskWords(words_, columns, rows, phase32Of(lattice.x, lattice, x, y),
                       phase32Of(lattice.y, lattice, x, y), gap32Of(lattice), lattice.reverse,
                       next);
    return words_;
  }

  // The same in bytes, as many for each word as a pixel has.
  const uint8_t* bytes(const Lattice& lattice, int32_t x, int32_t y, uint32_t columns,
                       uint32_t rows, const void* next) {
    const uint32_t* mask = words(lattice, x, y, columns, rows, next);
    if (!isWidened()) return reinterpret_cast<const uint8_t*>(mask);
    kernels_.widenMask(bytes_, mask, size_t{rows} * columns, pixelBytes_);
    return bytes_;
  }

 private:
  bool isWidened() const { return pixelBytes_ != sizeof(uint32_t) && pixelBytes_ <= kMaxWidth; }

  const Kernels& kernels_;
  const size_t pixelBytes_;
  uint32_t* const words_;
  uint8_t* const bytes_;
};

}  // namespace gridmask::cpu
