// SPDX-License-Identifier: MIT
//
// A mask as one bit a pixel, computed for a block of rows and then used for every plane.
#pragma once

#include <algorithm>
#include <new>

#include "cpu/kernels.h"
#include "cpu/mask_reader.h"
#include "cpu/scratch.h"
#include "lattice/phase32.h"
#include "lattice/runs.h"

namespace gridmask::cpu {

// How many bits are computed before they are used, unless a row has more: so few that the processor
// is still waiting for the previous pixels' memory while it computes them, so that they cost
// little.
constexpr uint32_t kBitsOfBlock = 1024;
// The same where stores go past the caches, and how many bits are then kept for the other planes:
// such stores are slower if they alternate between planes.
constexpr uint32_t kBitsOfStreamedBlock = 2048;
constexpr uint32_t kBitsOfStreamedBand = 65536;
// The same where runs are made from the bits.
constexpr uint32_t kBitsOfRuns = 32768;
// The most bits of small samples that are joined.
constexpr uint32_t kBitsOfJoined = 16384;

class MaskBits {
 public:
  // For rows of that width. `runs` is memory for mostRuns(width).
  MaskBits(const Kernels& kernels, uint32_t width, Run* runs, Carver& carver)
      : kernels_(kernels),
        width_(width),
        words_(carver.take<uint64_t>(wordsOfBits(std::max(kBitsOfStreamedBand, width)))),
        runs_(runs),
        scanner_(carver.take<RunScanner>(1)),
        draws_(carver.take<UnitDraws>(1)) {}

  static size_t mostRuns(uint32_t width) { return std::max(kBitsOfRuns, width) / 2 + 2; }

  // Whether phases of 32 bits decide a row's pixels exactly.
  static bool areExact(uint32_t d, uint32_t width) { return phase32IsExact(d, width, 1); }

  // Starts at row `row` of the reader's current mask.
  void start(const MaskReader& reader, int32_t row) {
    start(reader.phases(), reader.d(), reader.isReversed(), row);
    units_ = reader.isRandom();
    byRuns_ = !areExact(d_, width_);
    // Units and runs need positions, not only phases.
    if (units_ || byRuns_) lattice_ = reader.lattice();
    if (byRuns_) {
      new (scanner_) RunScanner(lattice_, 0, row, width_);
    } else if (units_) {
      new (draws_) UnitDraws(lattice_);
    }
  }

  // The same for a mask that drops the squares of all units and whose phases are exact.
  void start(const Phases& phases, uint32_t d, bool reverse, int32_t row) {
    phases_ = phases;
    d_ = d;
    reverse_ = reverse;
    next_ = row;
    units_ = false;
    byRuns_ = false;
    exactRows_ = 0;
    bits_.gap = phases.gap;
  }

  // How many rows have at most `bits` bits; at least one.
  static int32_t rowsOf(uint32_t bits, uint32_t width) {
    return static_cast<int32_t>(std::max(1u, bits / width));
  }

  // Whether append() can put rows after earlier ones. If not, they replace these.
  bool canFollow() const { return !byRuns_ && !units_; }

  // Calls `use(row, rows, bits)` for blocks of a mask's rows.
  template <typename Use>
  void forEachBlock(const MaskReader& mask, int32_t rowBegin, int32_t rowEnd, uint32_t bitsOfBlock,
                    const Use& use) {
    start(mask, rowBegin);
    const int32_t most = rowsOf(bitsOfBlock, width_);
    for (int32_t row = rowBegin; row < rowEnd;) {
      const int32_t rows = std::min(most, rowEnd - row);
      const uint64_t* const bits = append(0, rows);
      use(row, static_cast<uint32_t>(rows), bits);
      row += rows;
    }
  }

  // Computes the next rows; their bits follow those of `before` rows.
  const uint64_t* append(int32_t before, int32_t rows) {
    const auto count = static_cast<uint32_t>(rows);
    if (byRuns_) {
      dropRuns(count);
    } else if (units_) {
      dropByPhases(0, count);
      keepUnits(count);
    } else {
      dropByPhases(static_cast<uint32_t>(before), count);
    }
    next_ += rows;
    return words_;
  }

 private:
  static constexpr uint32_t kManyRows = 512;

  size_t countOf(uint32_t rows) const { return (width_ * rows + kWordBits - 1) / kWordBits; }

  void dropByPhases(uint32_t before, uint32_t rows) {
    for (uint32_t row = 0, some; row < rows; row += some) {
      if (exactRows_ == 0) startPhases(next_ + static_cast<int32_t>(row));
      some = std::min(exactRows_, rows - row);
      kernels_.maskBits(words_, (before + row) * width_, width_, some, bits_);
      bits_.x.start += some * bits_.x.stepY;
      bits_.y.start += some * bits_.y.stepY;
      exactRows_ -= some;
    }
  }

  void startPhases(int32_t row) {
    bits_.x = phases_.x(row);
    bits_.y = phases_.y(row);
    bits_.reverse = reverse_ && !units_;
    if (kernels_.usesEdges) bits_.findEdges();
    // Most images have fewer rows than these, and need no division.
    exactRows_ = phase32IsExact(d_, width_, kManyRows) ? kManyRows : phase32Rows(d_, width_);
  }

  // For a Random GridMask: the bits are those of all squares, and some squares are to stay. A
  // square's pixels in a row are a run, whose first pixel says which square it is.
  void keepUnits(uint32_t rows) {
    const Run* const end = kernels_.listRuns(runs_, words_, width_ * rows);
    int32_t y = next_;
    uint32_t row = 0;  // number of its first pixel
    for (const Run* run = runs_; run != end; ++run) {
      for (uint32_t begin = run->begin; begin < run->end;) {
        for (; row + width_ <= begin; row += width_) ++y;
        const uint32_t stop = std::min(run->end, row + width_);
        const auto x = static_cast<int32_t>(begin - row);
        const auto unitOf = [&](const LatticeAxis& axis) {
          return static_cast<int32_t>(unitAndPhase(axis.at(x, y), lattice_).unit);
        };
        if (!draws_->drops(lattice_, unitOf(lattice_.x), unitOf(lattice_.y))) flip(begin, stop);
        begin = stop;
      }
    }
    if (!reverse_) return;
    std::for_each_n(words_, countOf(rows), [](uint64_t& word) { word = ~word; });
  }

  void dropRuns(uint32_t rows) {
    std::fill_n(words_, countOf(rows), 0);
    for (uint32_t row = 0; row < rows; ++row) {
      const Run* const end = scanner_->appendRow(runs_, runs_, row * width_);
      for (const Run* run = runs_; run != end; ++run) flip(run->begin, run->end);
    }
  }

  // Flips the bits [begin, end), which are all alike.
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
  // Only some masks need these, and they are too large to be set up for all.
  RunScanner* const scanner_;
  UnitDraws* const draws_;
  Phases phases_{};
  Lattice lattice_{};  // if phases are not enough
  uint32_t d_ = 1;
  int32_t next_ = 0;  // next row
  bool reverse_ = false;
  bool units_ = false;  // of a Random GridMask
  bool byRuns_ = false;
  // Phases at the next row, and for how many rows they are exact.
  MaskPhases bits_{};
  uint32_t exactRows_ = 0;
};

}  // namespace gridmask::cpu
