// SPDX-License-Identifier: MIT
//
// Which way of mixing or counting a row is the cheaper one: by its runs, or by a word for each
// pixel. The estimates are nanoseconds of a core of 2021; only how they compare matters, and both
// ways give the same bits.
#pragma once

#include <cstdlib>

#include "cpu/mask_words.h"

namespace gridmask::cpu {

// For tests: what to do where both can be had. Where masks are bits, these are the words.
enum class Strategy { kAuto, kRuns, kWords };

// What each byte of a row takes. In place, runs touch only what they fill.
struct ByteCosts {
  double runs;
  double words;
};
constexpr ByteCosts kMixedInPlace{0, 0.06};
constexpr ByteCosts kMixedApart{0.04, 0.06};

class CostModel {
 public:
  // For rows of `planes` planes; of none where the mask is only counted.
  CostModel(size_t planes, uint32_t width, size_t pixelBytes, const ByteCosts& bytes,
            Strategy strategy)
      : width_(width), strategy_(strategy) {
    const auto count = static_cast<double>(planes);
    const auto times = static_cast<double>(pixelBytes);
    const double rowBytes = count * width * times;
    runs_ = 15 + 5 * count + bytes.runs * rowBytes;
    edge_ = 4 + 3 * count;
    words_ = width * widening(pixelBytes) + bytes.words * rowBytes;
  }

  bool prefersWords(const Lattice& lattice) const {
    return strategy_ != Strategy::kRuns && wordsAreExact(lattice, width_) &&
           (strategy_ == Strategy::kWords || words_ < runs_ + edgesOf(lattice) * edge_);
  }

 private:
  // To bring a word to the width of its pixel.
  static double widening(size_t pixelBytes) {
    const auto times = static_cast<double>(pixelBytes);
    if (pixelBytes == 4) return 0.03;
    if (pixelBytes <= 2) return 0.2;
    return pixelBytes % 4 == 0 ? 0.1 * times : 0.4 * times;
  }

  // Edges of intervals that the scanner passes along a row, on average. Rows of an upright mask
  // that lie within a stripe pass none.
  double edgesOf(const Lattice& lattice) const {
    const double stepX = std::abs(lattice.x.stepX);
    const double stepY = std::abs(lattice.y.stepX);
    const double crossed = stepX == 0 || stepY == 0 ? lattice.gap() * lattice.perPeriod : 1;
    return width_ * (stepX + stepY) * lattice.perPeriod * crossed;
  }

  const uint32_t width_;
  const Strategy strategy_;
  double runs_;   // a row by runs, but for its edges
  double edge_;   // an edge
  double words_;  // a row by words
};

}  // namespace gridmask::cpu
