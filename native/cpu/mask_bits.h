// SPDX-License-Identifier: MIT
//
// A mask as bits, one a pixel, worked out for a block of rows and then used for every plane.
#pragma once

#include <algorithm>
#include <new>

#include "cpu/kernels.h"
#include "cpu/scratch.h"
#include "lattice/phase32.h"
#include "lattice/runs.h"

namespace gridmask::cpu {

// Bits worked out before they are used on every plane, unless a row has more: so few that memory is
// not idle for long.
constexpr uint32_t kBitsOfBlock = 2048;
// The same where runs are made of them.
constexpr uint32_t kBitsOfRuns = 8192;

class MaskBits {
 public:
  // For rows of that width. `runs` is memory for mostRuns(width).
  MaskBits(const Kernels& kernels, uint32_t width, Run* runs, Carver& carver)
      : kernels_(kernels),
        width_(width),
        words_(carver.take<uint64_t>(wordsOfBits(std::max(kBitsOfRuns, width)))),
        runs_(runs),
        scanner_(carver.take<RunScanner>(1)),
        draws_(carver.take<UnitDraws>(1)) {}

  static size_t mostRuns(uint32_t width) { return std::max(kBitsOfRuns, width) / 2 + 2; }

  // Whether phases of 32 bits say what a mask drops of a row.
  static bool areExact(const Lattice& lattice, uint32_t width) {
    return phase32IsExact(lattice, width, 1);
  }

  // Calls `use(row, rows, bits)` for blocks of some rows of a mask.
  template <typename Use>
  void forEachBlock(const Lattice& lattice, int32_t rowBegin, int32_t rowEnd, uint32_t bitsOfBlock,
                    const Use& use) {
    const bool byRuns = !areExact(lattice, width_);
    if (byRuns) {
      new (scanner_) RunScanner(lattice, 0, rowBegin, width_);
    } else if (lattice.random) {
      new (draws_) UnitDraws(lattice);
    }
    const auto most = static_cast<int32_t>(std::max(1u, bitsOfBlock / width_));
    for (int32_t row = rowBegin; row < rowEnd; row += most) {
      const auto rows = static_cast<uint32_t>(std::min(most, rowEnd - row));
      if (byRuns) {
        dropRuns(rows);
      } else if (lattice.random) {
        dropByPhases(lattice, row, rows, false);
        keepUnits(lattice, row, rows);
      } else {
        dropByPhases(lattice, row, rows, lattice.reverse);
      }
      use(row, rows, words_);
    }
  }

 private:
  size_t countOf(uint32_t rows) const { return (width_ * rows + kWordBits - 1) / kWordBits; }

  void dropByPhases(const Lattice& lattice, int32_t y, uint32_t rows, bool reverse) {
    // As many as phase32IsExact() allows.
    const uint32_t exactRows = UINT32_MAX / lattice.period - width_ - 2;
    for (uint32_t row = 0; row < rows; row += exactRows) {
      const int32_t first = y + static_cast<int32_t>(row);
      kernels_.maskBits(words_, row * width_, width_, std::min(exactRows, rows - row),
                        phase32Of(lattice.x, lattice, 0, first),
                        phase32Of(lattice.y, lattice, 0, first), gap32Of(lattice), reverse);
    }
  }

  // Of a Random GridMask, where the bits are those of all squares. What a square has in a row is a
  // run: its first pixel says which square it is.
  void keepUnits(const Lattice& lattice, int32_t y, uint32_t rows) {
    const Run* const end = kernels_.listRuns(runs_, words_, width_ * rows);
    uint32_t row = 0;  // its first pixel's number
    for (const Run* run = runs_; run != end; ++run) {
      for (uint32_t begin = run->begin; begin < run->end;) {
        for (; row + width_ <= begin; row += width_) ++y;
        const uint32_t stop = std::min(run->end, row + width_);
        const auto x = static_cast<int32_t>(begin - row);
        const auto unitOf = [&](const LatticeAxis& axis) {
          return static_cast<int32_t>(unitAndPhase(axis.at(x, y), lattice).unit);
        };
        if (!draws_->drops(lattice, unitOf(lattice.x), unitOf(lattice.y))) flip(begin, stop);
        begin = stop;
      }
    }
    if (!lattice.reverse) return;
    std::for_each_n(words_, countOf(rows), [](uint64_t& word) { word = ~word; });
  }

  void dropRuns(uint32_t rows) {
    std::fill_n(words_, countOf(rows), 0);
    for (uint32_t row = 0; row < rows; ++row) {
      const Run* const end = scanner_->appendRow(runs_, runs_, row * width_);
      for (const Run* run = runs_; run != end; ++run) flip(run->begin, run->end);
    }
  }

  // The bits [begin, end), which are alike.
  void flip(uint32_t begin, uint32_t end) {
    const uint32_t first = begin / kWordBits;
    const uint32_t last = (end - 1) / kWordBits;
    const uint64_t from = ~uint64_t{0} << begin % kWordBits;
    const uint64_t to = ~uint64_t{0} >> (kWordBits - 1 - (end - 1) % kWordBits);
    if (first == last) {
      words_[first] ^= from & to;
      return;
    }
    words_[first] ^= from;
    for (uint32_t k = first + 1; k < last; ++k) words_[k] ^= ~uint64_t{0};
    words_[last] ^= to;
  }

  const Kernels& kernels_;
  const uint32_t width_;
  uint64_t* const words_;
  Run* const runs_;
  // Used for some masks only: too large to be set up for all of them.
  RunScanner* const scanner_;
  UnitDraws* const draws_;
};

}  // namespace gridmask::cpu
