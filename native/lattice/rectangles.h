// SPDX-License-Identifier: MIT
//
// Masks that drop rectangles: those of Cutout, Random Erasing and Hide-and-Seek,
// docs/baselines.md. A row's dropped runs come from the rectangles that touch it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lattice/noise.h"
#include "lattice/runs.h"

namespace gridmask {

// Dropped pixels x0 <= x < x1, y0 <= y < y1. May reach beyond the image.
struct Rectangle {
  uint32_t x0;
  uint32_t y0;
  uint32_t x1;
  uint32_t y1;
};

// What comes before the rectangles, of each sample; lib/plan/rectangle-plan.ts writes the same
// layout.
struct RectangleHeader {
  uint32_t end;     // of its rectangles, among those of all samples
  uint32_t masked;  // 0: nothing is dropped
  uint32_t size;    // what was drawn; not read here
  NoiseKey key;
};
static_assert(sizeof(RectangleHeader) == 32, "lib/plan/rectangle-plan.ts writes 8 words a header");
static_assert(sizeof(Rectangle) == 16, "lib/plan/rectangle-plan.ts writes 4 words a rectangle");

// The rectangles of one sample, in the order of y0.
struct RectangleSample {
  const Rectangle* begin;
  const Rectangle* end;
  NoiseKey key;
};

// Those of a batch.
class Rectangles {
 public:
  Rectangles(const RectangleHeader* headers, size_t count)
      : headers_(headers), rectangles_(reinterpret_cast<const Rectangle*>(headers + count)) {}

  RectangleSample operator[](size_t i) const {
    const RectangleHeader& header = headers_[i];
    const Rectangle* const begin = rectangles_ + (i == 0 ? 0 : headers_[i - 1].end);
    return {begin, header.masked != 0 ? rectangles_ + header.end : begin, header.key};
  }

  // The most rectangles that one of `count` samples has.
  size_t mostOf(size_t count) const {
    uint32_t most = 0;
    for (size_t i = 0; i < count; ++i) {
      most = std::max(most, headers_[i].end - (i == 0 ? 0 : headers_[i - 1].end));
    }
    return most;
  }

 private:
  const RectangleHeader* headers_;
  const Rectangle* rectangles_;
};

// The dropped runs of a part of an image, row by row, as RunScanner's.
class RectangleScanner {
 public:
  // A rectangle that touches the current row: its columns, and the row that it ends before.
  struct Active {
    uint32_t begin;
    uint32_t end;
    uint32_t y1;
  };

  // `active` has room for all rectangles of the sample.
  RectangleScanner(const RectangleSample& sample, int32_t x, int32_t y, uint32_t width,
                   Active* active)
      : next_(sample.begin),
        end_(sample.end),
        left_(static_cast<uint32_t>(x)),
        right_(left_ + width),
        row_(static_cast<uint32_t>(y)),
        active_(active),
        activeEnd_(active) {}

  // Appends the current row's dropped runs, as RunScanner::appendRow().
  Run* appendRow(const Run* list, Run* out, uint32_t first) {
    for (; next_ != end_ && next_->y0 <= row_; ++next_) {
      const uint32_t x0 = std::max(next_->x0, left_);
      const uint32_t x1 = std::min(next_->x1, right_);
      if (x0 < x1 && next_->y1 > row_) insert({x0 - left_, x1 - left_, next_->y1});
    }
    Active* kept = active_;
    for (const Active* active = active_; active != activeEnd_; ++active) {
      if (active->y1 <= row_) continue;
      const uint32_t begin = first + active->begin;
      const uint32_t end = first + active->end;
      if (out != list && out[-1].end >= begin) {
        if (out[-1].end < end) out[-1].end = end;
      } else {
        *out++ = {begin, end};
      }
      *kept++ = *active;
    }
    activeEnd_ = kept;
    ++row_;
    return out;
  }

 private:
  // In the order of `begin`.
  void insert(const Active& active) {
    Active* at = activeEnd_++;
    for (; at != active_ && at[-1].begin > active.begin; --at) *at = at[-1];
    *at = active;
  }

  const Rectangle* next_;
  const Rectangle* end_;
  uint32_t left_;
  uint32_t right_;
  uint32_t row_;
  Active* const active_;
  Active* activeEnd_;
};

}  // namespace gridmask
