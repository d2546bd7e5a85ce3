// SPDX-License-Identifier: MIT
//
// The dropped runs of a row: where keepsPixel() is false, as intervals, without touching pixels.
//
// Along a row, each of the two lattice axes is a phase that grows by a constant step and wraps at
// the unit's side; the pixel is in the gap between stripes while the phase is below `gap`. A
// dropped square's row is where both are, so a row's squares are the intersection of two periodic
// sequences of intervals. Once an axis has wrapped, its phase is below one step, and then
//
//     pixels until the next wrap     = ceil((period - phase) / step) = P + (phase < R)
//     pixels until the stripe begins = ceil((gap    - phase) / step) = Q + (phase < T)
//
// with period = P·step + R and gap = Q·step + T: only a row's first interval needs a division.
// (Both `period` and `gap` are at least one step, so no wrap and no gap is jumped over.)
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
    unit_ = static_cast<int32_t>(start.unit);
    phase_ = start.phase;
    const UnitAndPhase row = unitAndPhase(rowStep, lattice);
    rowUnits_ = static_cast<int32_t>(row.unit);
    rowPhase_ = row.phase;
    if (step_ == 0) return;
    periodSteps_ = period_ / step_;
    periodRest_ = period_ % step_;
    gapSteps_ = gap_ / step_;
    gapRest_ = gap_ % step_;
  }

  // Moves to the first gap interval of the current row, which may already be under way.
  void startRow() {
    counter_ = unit_;
    if (step_ == 0) {
      begin = phase_ < gap_ ? 0 : kNever;
      end = nextBegin_ = kNever;
      return;
    }
    begin = 0;
    end = phase_ < gap_ ? ceilDiv(gap_ - phase_) : 0;
    nextBegin_ = ceilDiv(period_ - phase_);
    nextPhase_ = phase_ + nextBegin_ * step_ - period_;
  }

  void nextInterval() {
    begin = nextBegin_;
    end = begin + gapSteps_ + (nextPhase_ < gapRest_);
    const bool extra = nextPhase_ < periodRest_;
    nextBegin_ = begin + periodSteps_ + extra;
    nextPhase_ = nextPhase_ - periodRest_ + (extra ? step_ : 0);
    ++counter_;
  }

  void nextRow() {
    phase_ += rowPhase_;
    unit_ += rowUnits_;
    if (phase_ >= period_) {
      phase_ -= period_;
      ++unit_;
    }
  }

  // Number of the unit that the current interval belongs to.
  int32_t unit() const { return forward_ ? counter_ : -1 - counter_; }

  uint32_t phase() const { return phase_; }        // of the row's first pixel
  uint32_t step() const { return step_; }          // from pixel to pixel
  uint32_t rowPhase() const { return rowPhase_; }  // from row to row

  static constexpr uint32_t kNever = UINT32_MAX;
  // The current interval, in pixels from the row's first.
  uint32_t begin = 0;
  uint32_t end = 0;

 private:
  uint32_t ceilDiv(uint32_t distance) const { return (distance + step_ - 1) / step_; }

  uint32_t period_, gap_;
  bool forward_;
  uint32_t step_ = 0;
  uint32_t phase_ = 0, rowPhase_ = 0;  // at the row's first pixel; change from row to row
  int32_t unit_ = 0, rowUnits_ = 0;
  uint32_t periodSteps_ = 0, periodRest_ = 0, gapSteps_ = 0, gapRest_ = 0;
  uint32_t nextBegin_ = 0, nextPhase_ = 0;
  int32_t counter_ = 0;
};

// The dropped runs of a rectangle of an image, row by row.
class RunScanner {
 public:
  RunScanner(const Lattice& lattice, int32_t x, int32_t y, uint32_t width)
      : lattice_(lattice),
        x_(lattice.x, lattice, x, y),
        y_(lattice.y, lattice, x, y),
        width_(width) {}

  // The most runs that a row can have, with one more for the join of two rows.
  static constexpr uint32_t maxRunsInRow(uint32_t width) { return width / 2 + 2; }

  // Appends the current row's dropped runs, numbering its first pixel `first`, and goes on to the
  // next row. A run that continues the last one in [list, out) is joined to it. Returns the end.
  Run* appendRow(const Run* list, Run* out, uint32_t first) {
    const auto drop = [&](uint32_t begin, uint32_t end) {
      begin += first;
      end += first;
      if (out != list && out[-1].end == begin) {
        out[-1].end = end;
      } else {
        *out++ = {begin, end};
      }
    };
    if (!lattice_.masked) return out;

    uint32_t kept = 0;  // of a reversed mask: where the stripe under way began
    if (lattice_.gap() != 0) {
      x_.startRow();
      y_.startRow();
      while (x_.begin < width_ && y_.begin < width_) {
        const uint32_t begin = std::max(x_.begin, y_.begin);
        const uint32_t end = std::min(std::min(x_.end, y_.end), width_);
        if (begin < end && (!lattice_.random || unitDrops(lattice_, x_.unit(), y_.unit()))) {
          if (!lattice_.reverse) {
            drop(begin, end);
          } else {
            if (kept < begin) drop(kept, begin);
            kept = end;
          }
        }
        AxisScanner& behind = x_.end < y_.end ? x_ : y_;
        behind.nextInterval();
      }
      x_.nextRow();
      y_.nextRow();
    }
    if (lattice_.reverse && kept < width_) drop(kept, width_);
    return out;
  }

 private:
  const Lattice lattice_;
  AxisScanner x_;
  AxisScanner y_;
  uint32_t width_;
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
