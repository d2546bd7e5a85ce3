// SPDX-License-Identifier: MIT
//
// The dropped runs of a row: where keepsPixel() is false, as intervals, without touching pixels.
//
// Along a row, each of the two lattice axes is a phase that grows by a constant step and wraps at
// the unit's side; the pixel is in the gap between stripes while the phase is below `gap`. A
// dropped square's row is where both are, so a row's squares are the intersection of two periodic
// sequences of intervals. The first pixel of a unit has a phase below one step, and from there
//
//     pixels until the next unit     = ceil((period - phase) / step) = P + (phase < R)
//     pixels until the stripe begins = ceil((gap    - phase) / step) = Q + (phase < T)
//
// with period = P·step + R and gap = Q·step + T. From row to row that first pixel moves likewise,
// by one of two neighbouring counts, so nothing is divided after the start. (Both `period` and
// `gap` are at least one step, so no unit and no gap is jumped over.)
#pragma once

#include <algorithm>
#include <cstdint>

#include "lattice/lattice.h"

namespace gridmask {

// Pixels begin <= p < end, in the numbering that the caller chose.
struct Run {
  uint32_t begin;
  uint32_t end;
};

// One axis of a lattice along the rows of a rectangle, turned so that its phase grows with x.
class AxisScanner {
 public:
  AxisScanner(const LatticeAxis& axis, const Lattice& lattice, int32_t x, int32_t y)
      : period_(lattice.period), gap_(lattice.gap()), forward_(axis.stepX >= 0) {
    // Position 0 is the gap's first phase in the direction of growth.
    const int64_t value = axis.at(x, y);
    const int64_t position = forward_ ? value - lattice.stripe : -1 - value;
    const int64_t rowStep = forward_ ? axis.stepY : -int64_t{axis.stepY};
    step_ = static_cast<uint32_t>(forward_ ? axis.stepX : -axis.stepX);
    const UnitAndPhase start = unitAndPhase(position, lattice);
    first_ = {0, start.phase, static_cast<int32_t>(start.unit)};
    const UnitAndPhase row = unitAndPhase(rowStep, lattice);
    rowUnits_ = static_cast<int32_t>(row.unit);
    rowRest_ = row.phase;
    if (step_ == 0) return;
    first_.begin = -int64_t{start.phase / step_};
    first_.phase = start.phase % step_;
    rowSteps_ = rowRest_ / step_;
    rowRest_ = rowRest_ % step_;
    periodSteps_ = period_ / step_;
    periodRest_ = period_ % step_;
    gapSteps_ = gap_ / step_;
    gapRest_ = gap_ % step_;
  }

  // Moves to the first gap interval of the current row: that of the row's first pixel's unit.
  void startRow() {
    current_ = first_;
    if (step_ != 0) {
      end = current_.begin + gapSteps_ + (current_.phase < gapRest_);
    } else {
      current_.begin = current_.phase < gap_ ? 0 : kNever;
      end = kNever;
    }
  }

  void nextInterval() {
    advance(current_);
    end = current_.begin + gapSteps_ + (current_.phase < gapRest_);
  }

  void nextRow() {
    first_.phase += rowRest_;
    first_.unit += rowUnits_;
    if (step_ == 0) {
      const bool wraps = first_.phase >= period_;
      first_.phase -= wraps ? period_ : 0;
      first_.unit += wraps;
      return;
    }
    const bool carries = first_.phase >= step_;
    first_.phase -= carries ? step_ : 0;
    first_.begin -= int64_t{rowSteps_} + carries;
    while (first_.begin + periodSteps_ + (first_.phase < periodRest_) <= 0) advance(first_);
  }

  // Whether all pixels of a row have one phase.
  bool isLevel() const { return step_ == 0; }

  // Where they have: whether it is in the gap.
  bool isInGap() const { return first_.phase < gap_; }

  // The current interval, in pixels from the row's first; it may begin before that.
  int64_t begin() const { return current_.begin; }
  int64_t end = 0;

  // Number of the unit that the current interval belongs to.
  int32_t unit() const { return forward_ ? current_.unit : -1 - current_.unit; }

  static constexpr int64_t kNever = INT64_MAX / 2;

 private:
  // A unit along a row: its first pixel, and the phase there.
  struct Unit {
    int64_t begin;
    uint32_t phase;
    int32_t unit;
  };

  void advance(Unit& unit) const {
    const bool extra = unit.phase < periodRest_;
    unit.begin += int64_t{periodSteps_} + extra;
    unit.phase += (extra ? step_ : 0) - periodRest_;
    ++unit.unit;
  }

  uint32_t period_, gap_;
  bool forward_;
  uint32_t step_ = 0;  // 0: all of a row has one phase
  Unit first_{};       // of the row's first pixel
  Unit current_{};
  int32_t rowUnits_ = 0;
  uint32_t rowSteps_ = 0, rowRest_ = 0;
  uint32_t periodSteps_ = 0, periodRest_ = 0, gapSteps_ = 0, gapRest_ = 0;
};

// Which units of a Random GridMask drop their squares. Rows cross the same units again and again,
// and a draw takes longer than to find a run: the last draws are kept.
class UnitDraws {
 public:
  explicit UnitDraws(const Lattice& lattice) {
    if (lattice.random) std::fill_n(kept_, kKept, kNone);
  }

  bool drops(const Lattice& lattice, int32_t i, int32_t j) {
    const auto u = static_cast<uint32_t>(i), v = static_cast<uint32_t>(j);
    uint32_t& kept = kept_[u % kColumns * kRows + v % kRows];
    // With |i| and |j| below 2¹⁷ these are 15 bits.
    const uint32_t which = ((u / kColumns) & 0x7fff) << 16 | ((v / kRows) & 0x7fff) << 1;
    if ((kept & ~1u) != which) kept = which | (unitDrops(lattice, i, j) ? 1 : 0);
    return (kept & 1) != 0;
  }

 private:
  // A row of up to so many units, however it lies, has none that take another's place.
  static constexpr uint32_t kColumns = 32, kRows = 16;
  static constexpr size_t kKept = size_t{kColumns} * kRows;
  static constexpr uint32_t kNone = 0x80000000u;

  uint32_t kept_[kKept];
};

// The dropped runs of a rectangle of an image, row by row.
class RunScanner {
 public:
  RunScanner(const Lattice& lattice, int32_t x, int32_t y, uint32_t width)
      : lattice_(lattice),
        x_(lattice.x, lattice, x, y),
        y_(lattice.y, lattice, x, y),
        width_(width),
        draws_(lattice) {
    if (lattice.isUpright() && !lattice.reverse && !lattice.random) findRow();
  }

  // The most runs that a row can have, with one more for the join of two rows and one that is
  // written before it is known to be none.
  static constexpr uint32_t maxRunsInRow(uint32_t width) { return width / 2 + 3; }

  // Appends the current row's dropped runs, numbering its first pixel `first`, and goes on to the
  // next row. A run that continues the last one in [list, out) is joined to it. Returns the end.
  Run* appendRow(const Run* list, Run* out, uint32_t first) {
    if (!lattice_.masked) return out;
    Run* const row = out;
    if (isFound_) {
      AxisScanner& across = x_.isLevel() ? x_ : y_;
      if (across.isInGap()) {
        for (uint32_t k = 0; k < alike_; ++k) *out++ = {first + row_[k].begin, first + row_[k].end};
      }
      across.nextRow();
      return join(list, row, out);
    }
    uint32_t kept = 0;  // of a reversed mask: where the stripe under way began
    if (lattice_.gap() != 0) {
      forEachSquare([&](uint32_t begin, uint32_t end) {
        // Whether there is a square at all cannot be foreseen: it is written first.
        if (!lattice_.reverse) {
          *out = {first + begin, first + end};
          out += begin < end && drops();
        } else if (begin < end && drops()) {
          *out = {first + kept, first + begin};
          out += kept < begin;
          kept = end;
        }
      });
      x_.nextRow();
      y_.nextRow();
    }
    if (lattice_.reverse && kept < width_) *out++ = {first + kept, first + width_};
    return join(list, row, out);
  }

 private:
  void findRow() {
    AxisScanner& along = x_.isLevel() ? y_ : x_;
    const auto width = int64_t{width_};
    for (along.startRow(); along.begin() < width; along.nextInterval()) {
      const auto begin = static_cast<uint32_t>(std::max(along.begin(), int64_t{0}));
      const auto end = static_cast<uint32_t>(std::clamp(along.end, int64_t{0}, width));
      if (begin >= end) continue;
      if (alike_ == kMostAlike) return;
      row_[alike_++] = {begin, end};
    }
    isFound_ = true;
  }

  // Joins the first run of a row to the last one before it, where that ends where it begins.
  static Run* join(const Run* list, Run* row, Run* out) {
    const bool joins = row != list && row != out && row[-1].end == row->begin;
    if (!joins) return out;
    row[-1].end = row->end;
    return std::copy(row + 1, out, row);
  }

  template <typename Use>
  void forEachSquare(const Use& use) {
    const int64_t width = width_;
    x_.startRow();
    y_.startRow();
    while (x_.begin() < width && y_.begin() < width) {
      const int64_t begin = std::max({x_.begin(), y_.begin(), int64_t{0}});
      const int64_t end = std::min({x_.end, y_.end, width});
      use(static_cast<uint32_t>(begin), static_cast<uint32_t>(std::max(end, int64_t{0})));
      AxisScanner& behind = x_.end < y_.end ? x_ : y_;
      behind.nextInterval();
    }
  }

  bool drops() { return !lattice_.random || draws_.drops(lattice_, x_.unit(), y_.unit()); }

  const Lattice lattice_;
  AxisScanner x_;
  AxisScanner y_;
  uint32_t width_;
  UnitDraws draws_;
  // Of an upright mask the rows that cross squares are all alike.
  static constexpr uint32_t kMostAlike = 16;
  bool isFound_ = false;
  uint32_t alike_ = 0;
  Run row_[kMostAlike];
};

// Number of pixels that the next `rows` rows of a scanner keep, which are `width` wide. `runs` has
// room for those of a row.
template <typename Scanner>
uint64_t countRows(Scanner& scanner, uint32_t width, int32_t rows, Run* runs) {
  uint64_t kept = 0;
  for (int32_t row = 0; row < rows; ++row) {
    uint32_t dropped = 0;
    const Run* const end = scanner.appendRow(runs, runs, 0);
    for (const Run* run = runs; run != end; ++run) dropped += run->end - run->begin;
    kept += width - dropped;
  }
  return kept;
}

}  // namespace gridmask
