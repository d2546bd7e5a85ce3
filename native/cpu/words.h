// SPDX-License-Identifier: MIT
//
// A mask as words: one of 32 bits a pixel, all ones where it is dropped, worked out for a block of
// rows and then used for every plane, in the width of its pixels. Short runs cost more than that.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "cpu/kernels.h"
#include "lattice/turns.h"

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

// Estimates of both ways' time for a row of all planes, in nanoseconds of a core of 2021; only the
// comparison matters. A step is an edge of an interval that the scanner passes.
struct RowCosts {
  double runs;
  double step;
  double words;
};

// `perByte`: what each way costs for every byte of a row.
inline RowCosts costsOfRow(size_t planes, uint32_t width, size_t pixelBytes, double runsPerByte,
                           double wordsPerByte) {
  const auto count = static_cast<double>(planes);
  const auto times = static_cast<double>(pixelBytes);
  const double bytes = count * width * times;
  const double widening = pixelBytes == 4       ? 0.03
                          : pixelBytes <= 2     ? 0.2
                          : pixelBytes % 4 == 0 ? 0.1 * times
                                                : 0.4 * times;
  return {15 + 5 * count + runsPerByte * bytes, 4 + 3 * count,
          wordsPerByte * bytes + width * widening};
}

// Whether words can say what a mask drops.
inline bool wordsAreExact(const Lattice& lattice, uint32_t width) {
  return !lattice.random &&
         turnsAreExact(lattice, std::min(width, kWordsAtOnce), std::max(1u, kWordsAtOnce / width));
}

// Rows of an upright mask that lie within a stripe pass no edges.
inline bool wordsAreCheaper(const Lattice& lattice, uint32_t width, const RowCosts& costs) {
  const double stepX = std::abs(lattice.x.stepX);
  const double stepY = std::abs(lattice.y.stepX);
  const double crossed = stepX == 0 || stepY == 0 ? lattice.gap() * lattice.perPeriod : 1;
  const double steps = width * (stepX + stepY) * lattice.perPeriod * crossed;
  return costs.words < costs.runs + steps * costs.step;
}

// For tests: what to do where both ways can.
enum class Way { kCheaper, kRuns, kWords };

inline bool takesWords(Way way, const Lattice& lattice, uint32_t width, const RowCosts& costs) {
  return way != Way::kRuns && wordsAreExact(lattice, width) &&
         (way == Way::kWords || wordsAreCheaper(lattice, width, costs));
}

// The memory of one block's mask, allocated when it is first used.
class MaskWords {
 public:
  MaskWords(const Kernels& kernels, size_t pixelBytes)
      : kernels_(kernels), pixelBytes_(pixelBytes) {}

  // The words of a block whose first pixel is (x, y). `next` is what the caller will read next.
  const uint32_t* words(const Lattice& lattice, int32_t x, int32_t y, uint32_t columns,
                        uint32_t rows, const uint8_t* next) {
    if (!words_) words_.reset(new uint32_t[kWordsAtOnce + kMaskSlack]);
    kernels_.maskWords(words_.get(), columns, rows, turnsOf(lattice.x, lattice, x, y),
                       turnsOf(lattice.y, lattice, x, y), gapTurns(lattice), lattice.reverse, next);
    return words_.get();
  }

  // The same in bytes, as many for each word as a pixel has.
  const uint8_t* bytes(const Lattice& lattice, int32_t x, int32_t y, uint32_t columns,
                       uint32_t rows, const uint8_t* next) {
    const uint32_t* mask = words(lattice, x, y, columns, rows, next);
    if (pixelBytes_ == sizeof *mask) return reinterpret_cast<const uint8_t*>(mask);
    if (!bytes_) bytes_.reset(new uint8_t[kWordsAtOnce * pixelBytes_]);
    kernels_.widenMask(bytes_.get(), mask, size_t{rows} * columns, pixelBytes_);
    return bytes_.get();
  }

 private:
  const Kernels& kernels_;
  const size_t pixelBytes_;
  std::unique_ptr<uint32_t[]> words_;
  std::unique_ptr<uint8_t[]> bytes_;
};

}  // namespace gridmask::cpu
