// SPDX-License-Identifier: MIT
//
// The kernel that masks a batch whose rows all begin and end at multiples of 16 bytes, with pixels
// of a size that is known when it is compiled. (cuda/mask_rows_kernel.h masks all others.)
//
//   a thread   a vector of 16 bytes in `rows` rows, one below the other, and the same in all
//              planes: each pixel is decided once
//   a block    a rectangle of threads: x along the row, y downwards
//   the grid   x and y: a sample's blocks, z: samples. In place only those that are masked
//
// For a new tensor, every vector is written, and those that keep something are read. If a batch is
// so small that only waiting takes time, its source is prefetched, whatever is kept. In place,
// nothing is touched where nothing is dropped. Dropped values are written one by one or, if
// `blends` is set, as whole sectors of 32 bytes: the rest of a sector is read first and written
// unchanged, since memory takes longer for a sector that is only partly written. Two neighbouring
// lanes share a sector, so each has to know the other's bits: that is why there are two phases,
// with an exchange between them. On the host, all threads finish the first before any enters the
// second.
#pragma once

#include <cstdint>

#include "cuda/kernel_params.h"
#include "cuda/mask_bits.h"
#include "cuda/memory.h"
#include "cuda/vector_bits.h"

namespace gridmask::cuda {

// What a thread and a block have. Measured on an H200: docs/kernel.md says what else was tried.
template <int valueBytes_, int valuesPerPixel_, bool onePlane, bool inPlace_, bool random_>
struct MaskShape {
  static constexpr int valueBytes = valueBytes_;
  static constexpr int valuesPerPixel = valuesPerPixel_;
  static constexpr bool inPlace = inPlace_;
  static constexpr bool random = random_;  // knows units that keep their squares
  // With several planes, one row gives a thread enough to wait for. With one plane, and if units
  // are drawn, more rows share a thread's start.
  static constexpr int rows = !onePlane             ? (random && inPlace ? 2 : 1)
                              : valuesPerPixel == 1 ? (valueBytes == 1 || !inPlace ? 2 : 4)
                              : valuesPerPixel == 3 && inPlace && valueBytes == 1  ? 2
                              : valuesPerPixel == 3 && !inPlace && valueBytes == 4 ? 3
                                                                                   : 4;
  // Planes that are read at the same time.
  static constexpr int planes = onePlane ? 1 : 3;
  static constexpr bool blends = inPlace && valuesPerPixel == 1;
  static constexpr bool streams = !inPlace && valueBytes == 4;
  // Whether a thread's tile is first tested as a whole.
  static constexpr bool tests = rows > 1 || valueBytes == 1;
  // At most so many vectors of a row in a block. Blocks of whole rows write memory in order. For
  // four bytes per pixel in place, narrow blocks are better: their warps are almost squares of
  // pixels, and mostly reach the same decision.
  static constexpr int columns = valueBytes != 4 || !inPlace      ? 64
                                 : valuesPerPixel == 3 && !random ? 4
                                                                  : 8;
  // Blocks that must fit on a multiprocessor, which bounds the registers. Without a bound, some
  // toolkits' compilers spill to stay within 32 of them.
  static constexpr int minBlocks = onePlane || !inPlace || random ? 4 : valueBytes == 1 ? 6 : 8;
};

template <class Shape>
class MaskTile {
 public:
  static constexpr int kRows = Shape::rows;

  // The first phase: `dropped`. `column` and `row`: of threads in the sample, some beyond it.
  GRIDMASK_HD void decide(const KernelParams& params, uint32_t column, uint32_t row,
                          uint32_t entry) {
    column_ = column;
    row_ = row * kRows;
    const bool inside = column_ < params.vectorsPerRow && row_ < params.height;
    rowsLeft_ = inside ? params.height - row_ : 0;
    number_ = entry;  // of a new tensor every sample is one
    if (!Shape::inPlace && params.prefetches != 0) prefetchRows(params);
    const KernelSample sample = sampleAt(params, entry);
    if (Shape::inPlace) number_ = sample.number();
    GRIDMASK_UNROLL
    for (int r = 0; r < kRows; ++r) dropped[r] = 0;
    if (inside) decideRows(params, sample, entry);
  }

  // Whether there is anything to write in place, other than for a neighbour.
  GRIDMASK_HD bool dropsAny() const {
    uint32_t any = 0;
    GRIDMASK_UNROLL
    for (int r = 0; r < kRows; ++r) any |= dropped[r];
    return any != 0;
  }

  // The second phase. `neighbours`: the same of the lane beside, lane XOR 1.
  GRIDMASK_HD void move(const KernelParams& params, const uint32_t (&neighbours)[kRows]) const {
    const uint64_t at = begin(params);
    if constexpr (Shape::inPlace && !Shape::blends) {
      fillRows(params, at);
    } else {
      moveRows(params, at, neighbours);
    }
  }

  uint32_t dropped[kRows];  // of each row's vector, by bits: bit k for value k

 private:
  static constexpr int kValueBytes = Shape::valueBytes;
  static constexpr int kPerPixel = Shape::valuesPerPixel;
  static constexpr int kValues = kValuesOf<kValueBytes>;
  static constexpr uint32_t kAll = kAllOf<kValueBytes>;
  // A vector begins at a pixel's first value if pixels are 1, 2 or 4 values. Otherwise it may begin
  // in the middle, and involves one more pixel.
  static constexpr bool kStraddles = kPerPixel == 3;
  static constexpr int kPixels =
      (kValues + (kStraddles ? kPerPixel - 1 : 0) + kPerPixel - 1) / kPerPixel;

  // Of the first row's vector in the first plane.
  GRIDMASK_HD uint64_t begin(const KernelParams& params) const {
    return number_ * params.sampleBytes + row_ * params.rowBytes + uint64_t{column_} * kVectorBytes;
  }

  GRIDMASK_HD void prefetchRows(const KernelParams& params) const {
    const uint8_t* from = params.source + begin(params);
    GRIDMASK_NO_UNROLL
    for (uint32_t plane = 0; plane < params.planes; ++plane, from += params.planeBytes) {
      GRIDMASK_UNROLL
      for (int r = 0; r < kRows; ++r) {
        if (static_cast<uint32_t>(r) < rowsLeft_) prefetch(from + r * params.rowBytes);
      }
    }
  }

  GRIDMASK_HD uint32_t firstPixel() const { return column_ * kValues / kPerPixel; }
  // Of its values, those that lie before the vector.
  GRIDMASK_HD uint32_t lead() const { return kStraddles ? column_ * kValues % kPerPixel : 0; }

  GRIDMASK_HD void decideRows(const KernelParams& params, const KernelSample& sample,
                              uint32_t entry) {
    const auto x = static_cast<int32_t>(firstPixel());
    const auto y = static_cast<int32_t>(row_);
    TilePhases phases(sample, x, y);
    if (!Shape::tests || sample.is(KernelSample::kDense) ||
        phases.mayHaveSquares<kPixels, kRows>()) {
      GRIDMASK_UNROLL
      for (int r = 0; r < kRows; ++r, phases.nextRow()) dropped[r] = squares(phases.row);
    }
    if (Shape::random && sample.is(KernelSample::kRandom) && dropsAny()) {
      drawRows(params, entry, x, y);
    }
    const uint32_t kept = sample.is(KernelSample::kReverse) ? 0xFFFFFFFFu : 0;
    GRIDMASK_UNROLL
    for (int r = 0; r < kRows; ++r) dropped[r] = (dropped[r] ^ kept) >> lead() & kAll;
  }

  // Removes the squares whose units keep them from all rows.
  GRIDMASK_HD void drawRows(const KernelParams& params, uint32_t entry, int32_t x, int32_t y) {
    SquareDraws draws(params, entry);
    GRIDMASK_NO_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const uint32_t drawn = draws.nextRow(dropped[0], y + r, [&](uint32_t bit) {
        return x + static_cast<int32_t>(bit / kPerPixel);
      });
      // Each row moves to the front in turn, so that none is addressed by index.
      GRIDMASK_UNROLL
      for (int k = 0; k + 1 < kRows; ++k) dropped[k] = dropped[k + 1];
      dropped[kRows - 1] = drawn;
    }
  }

  GRIDMASK_HD static uint32_t squares(Phases<uint32_t> phases) {
    constexpr uint32_t kPixel = (1u << kPerPixel) - 1;
    uint32_t bits = 0;
    GRIDMASK_UNROLL
    for (int k = 0; k < kPixels; ++k, phases.next()) {
      if (phases.inSquare()) bits |= kPixel << (k * kPerPixel);
    }
    return bits;
  }

  // `fill`: of all planes, params.fill, or of an earlier one. If vectors begin at different values
  // of a pixel, there is a fill for each of those values.
  GRIDMASK_HD void findFill(const KernelParams& params, uint32_t plane, Vector& fill) const {
    if (params.fillStep == 0) return;
    const uint32_t index = kStraddles ? plane * kPerPixel + lead() : plane;
    fill = constant<Vector>(params, params.fillAt + index * params.fillStep);
  }

  GRIDMASK_HD void fillRows(const KernelParams& params, uint64_t at) const {
    Vector fill = params.fill;
    GRIDMASK_NO_UNROLL
    for (uint32_t plane = 0; plane < (Shape::planes > 1 ? params.planes : 1);
         ++plane, at += params.planeBytes) {
      findFill(params, plane, fill);
      uint32_t rest[kRows];
      GRIDMASK_UNROLL
      for (int r = 0; r < kRows; ++r) {
        rest[r] = static_cast<uint32_t>(r) < rowsLeft_ ? dropped[r] : 0;
      }
      uint8_t* to = params.target + at;
      // Unrolled, it is no faster and several times as long.
      GRIDMASK_NO_UNROLL
      for (int r = 0; r < kRows; ++r, to += params.rowBytes) {
        if (rest[0] != 0) storeDropped<kValueBytes>(to, fill, rest[0]);
        GRIDMASK_UNROLL
        for (int k = 0; k + 1 < kRows; ++k) rest[k] = rest[k + 1];
      }
    }
  }

  // Several planes at a time.
  GRIDMASK_HD void moveRows(const KernelParams& params, uint64_t at,
                            const uint32_t (&neighbours)[kRows]) const {
    bool writes[kRows];
    bool any = false;
    GRIDMASK_UNROLL
    for (int r = 0; r < kRows; ++r) {
      writes[r] = static_cast<uint32_t>(r) < rowsLeft_ &&
                  (!Shape::inPlace || (dropped[r] | neighbours[r]) != 0);
      any = any || writes[r];
    }
    if (!any) return;
    uint8_t* to = params.target + at;
    const uint8_t* from = Shape::inPlace ? to : params.source + at;
    constexpr uint32_t kPlanes = Shape::planes;
    Vector fill = params.fill;
    uint32_t plane = 0;
    if constexpr (kPlanes > 1) {
      GRIDMASK_NO_UNROLL
      for (; plane + kPlanes <= params.planes; plane += kPlanes) {
        movePlanes<kPlanes>(params, from, to, plane, writes, fill);
      }
    }
    GRIDMASK_NO_UNROLL
    for (; plane < (kPlanes > 1 ? params.planes : 1); ++plane) {
      movePlanes<1>(params, from, to, plane, writes, fill);
    }
  }

  // All reads are started before the first is waited for.
  template <uint32_t planes>
  GRIDMASK_HD void movePlanes(const KernelParams& params, const uint8_t*& from, uint8_t*& to,
                              uint32_t plane, const bool (&writes)[kRows], Vector& fill) const {
    Vector kept[kRows][planes];
    GRIDMASK_UNROLL
    for (uint32_t p = 0; p < planes; ++p, from += params.planeBytes) {
      const uint8_t* ofRow = from;
      GRIDMASK_UNROLL
      for (int r = 0; r < kRows; ++r, ofRow += params.rowBytes) {
        kept[r][p] = {};
        if (writes[r] && dropped[r] != kAll) {
          kept[r][p] = Shape::streams ? loadOnce(ofRow) : load<Vector>(ofRow);
        }
      }
    }
    GRIDMASK_UNROLL
    for (uint32_t p = 0; p < planes; ++p, to += params.planeBytes) {
      findFill(params, plane + p, fill);
      uint8_t* ofRow = to;
      GRIDMASK_UNROLL
      for (int r = 0; r < kRows; ++r, ofRow += params.rowBytes) {
        if (!writes[r]) continue;
        const Vector vector = blend<kValueBytes>(kept[r][p], fill, dropped[r]);
        if (Shape::streams) {
          storeOnce(ofRow, vector);
        } else {
          store<Vector>(ofRow, vector);
        }
      }
    }
  }

  uint32_t number_;
  uint32_t column_;
  uint32_t row_;
  uint32_t rowsLeft_;
};

}  // namespace gridmask::cuda
