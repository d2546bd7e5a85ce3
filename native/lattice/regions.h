// SPDX-License-Identifier: MIT
//
// Masks that drop rectangles: those of Cutout, Random Erasing and Hide-and-Seek,
// docs/baselines.md. A row's dropped runs come from the rectangles that touch it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lattice/noise.h"
#include "lattice/runs.h"

namespace gridmask {

// Dropped pixels x0 <= x < x1, y0 <= y < y1. May reach beyond the image.
struct Region {
  uint32_t x0;
  uint32_t y0;
  uint32_t x1;
  uint32_t y1;
};

// What comes before the rectangles, of each sample; lib/regions.ts writes the same layout.
struct RegionHeader {
  uint32_t end;     // of its rectangles, among those of all samples
  uint32_t masked;  // 0: nothing is dropped
  uint32_t size;    // what was drawn; not read here
  NoiseKey key;
};
static_assert(sizeof(RegionHeader) == 32, "lib/regions.ts writes 8 words a header");
static_assert(sizeof(Region) == 16, "lib/regions.ts writes 4 words a rectangle");

// The rectangles of one sample, in the order of y0.
struct RegionSample {
  const Region* begin;
  const Region* end;
  NoiseKey key;
};

// Those of a batch; none: its masks are GridMask's.
class Regions {
 public:
  Regions() = default;
  Regions(const RegionHeader* headers, size_t count)
      : headers_(headers), regions_(reinterpret_cast<const Region*>(headers + count)) {}

  explicit operator bool() const { return headers_ != nullptr; }

  RegionSample operator[](size_t i) const {
    const RegionHeader& header = headers_[i];
    const Region* const begin = regions_ + (i == 0 ? 0 : headers_[i - 1].end);
    return {begin, header.masked != 0 ? regions_ + header.end : begin, header.key};
  }

 private:
  const RegionHeader* headers_ = nullptr;
  const Region* regions_ = nullptr;
};

// The dropped runs of a part of an image, row by row, as RunScanner's.
class RegionScanner {
 public:
  RegionScanner(const RegionSample& sample, int32_t x, int32_t y, uint32_t width)
      : next_(sample.begin),
        end_(sample.end),
        left_(static_cast<uint32_t>(x)),
        right_(left_ + width),
        row_(static_cast<uint32_t>(y)) {}

  // Appends the current row's dropped runs, as RunScanner::appendRow().
  Run* appendRow(const Run* list, Run* out, uint32_t first) {
    for (; next_ != end_ && next_->y0 <= row_; ++next_) {
      const uint32_t x0 = std::max(next_->x0, left_);
      const uint32_t x1 = std::min(next_->x1, right_);
      if (x0 >= x1 || next_->y1 <= row_) continue;
      const auto before = [](const Active& a, const Active& b) { return a.begin < b.begin; };
      const Active active{x0 - left_, x1 - left_, next_->y1};
      active_.insert(std::upper_bound(active_.begin(), active_.end(), active, before), active);
    }
    size_t kept = 0;
    for (const Active& active : active_) {
      if (active.y1 <= row_) continue;
      active_[kept++] = active;
      const uint32_t begin = first + active.begin;
      const uint32_t end = first + active.end;
      if (out != list && out[-1].end >= begin) {
        if (out[-1].end < end) out[-1].end = end;
      } else {
        *out++ = {begin, end};
      }
    }
    active_.resize(kept);
    ++row_;
    return out;
  }

 private:
  // A rectangle that touches the current row: its columns, and the row that it ends before.
  struct Active {
    uint32_t begin;
    uint32_t end;
    uint32_t y1;
  };

  const Region* next_;
  const Region* end_;
  uint32_t left_;
  uint32_t right_;
  uint32_t row_;
  std::vector<Active> active_;  // in the order of `begin`
};

}  // namespace gridmask
