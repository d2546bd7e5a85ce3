// SPDX-License-Identifier: MIT
//
// A batch to be mixed is cut into tiles: the same part of every sample, since what one gets another
// has. A tile is as many planes as fit with a row each; of these as many rows as fit then; or, of
// rows that are longer than a tile, one row's part:
//
//     planes │ rows: many, whole          planes: 1 │ rows: 1, in parts
//     ───────┼──────────────────          ──────────┼───────────────────
//       0    │ ▓▓▓▓▓▓▓▓░░░░░░░             0        │ ▓▓▓▓▓▓▓▒▒▒▒▒▒▒░░░
//       1    │ ▓▓▓▓▓▓▓▓░░░░░░░
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lattice/mix.h"
#include "lattice/runs.h"

namespace gridmask::cpu {

struct MixTile {
  size_t plane;
  size_t planes;
  int32_t row;
  int32_t rows;
  size_t byte;   // of the first row; not 0 only where there is one row
  size_t bytes;  // of each plane
};

class MixTiling {
 public:
  // Of all planes together: few enough to stay in the second-level cache.
  static constexpr size_t kTileBytes = 256 * 1024;

  // For a batch, not an empty one, and `walks` walks that together go through all samples.
  MixTiling(const MixBatch& batch, size_t walks, unsigned threads)
      : planes_(batch.planes),
        height_(static_cast<size_t>(batch.height)),
        rowBytes_(batch.rowBytes()),
        bytesOfRow_(std::min(rowBytes_, kTileBytes)),
        planesOfTile_(std::min(planes_, kTileBytes / bytesOfRow_)) {
    const size_t bytesOfRows = planesOfTile_ * bytesOfRow_;  // a row of each plane
    const size_t samplesOfWalk = (batch.count + walks - 1) / walks;
    const size_t rowsOfShare = kShareBytes / (samplesOfWalk * bytesOfRows);
    // Enough tiles for all threads, but none that is not worth a thread.
    const size_t fair = std::max(walks * height_ / (threads * kSharesPerThread), rowsOfShare);
    const size_t runsOfRow = RunScanner::maxRunsInRow(static_cast<uint32_t>(batch.width));
    const size_t most = std::min(kTileBytes / bytesOfRows, kRunsOfTile / runsOfRow);
    rowsOfTile_ = std::max<size_t>(1, std::min({most, height_, fair}));
    grain_ = std::max<size_t>(1, rowsOfShare / rowsOfTile_);
    partsOfRow_ = ceilDiv(rowBytes_, bytesOfRow_);
    bands_ = ceilDiv(height_, rowsOfTile_);
    count_ = partsOfRow_ * bands_ * ceilDiv(planes_, planesOfTile_);
  }

  // Of one walk.
  size_t count() const { return count_; }
  // Tiles, of all walks one after another, that a thread takes at a time.
  size_t grain() const { return grain_; }

  // The most that a tile has.
  size_t planes() const { return planesOfTile_; }
  size_t bytes() const { return planesOfTile_ * rowsOfTile_ * bytesOfRow_; }
  size_t rows() const { return rowsOfTile_; }

  MixTile at(size_t i) const {
    const size_t part = i % partsOfRow_;
    const size_t band = i / partsOfRow_ % bands_;
    const size_t group = i / partsOfRow_ / bands_;
    const size_t plane = group * planesOfTile_;
    const size_t row = band * rowsOfTile_;
    const size_t byte = part * bytesOfRow_;
    const size_t rows = std::min(rowsOfTile_, height_ - row);
    // Only a tile of one row is a part of it.
    const size_t bytes =
        partsOfRow_ == 1 ? rows * rowBytes_ : std::min(bytesOfRow_, rowBytes_ - byte);
    return {plane,
            std::min(planesOfTile_, planes_ - plane),
            static_cast<int32_t>(row),
            static_cast<int32_t>(rows),
            byte,
            bytes};
  }

 private:
  // Runs of a tile, unless one row may have more.
  static constexpr size_t kRunsOfTile = 4 * 1024;
  // Bytes that make waking another thread worth while.
  static constexpr size_t kShareBytes = 64 * 1024;
  static constexpr size_t kSharesPerThread = 8;

  static size_t ceilDiv(size_t a, size_t b) { return (a + b - 1) / b; }

  const size_t planes_, height_, rowBytes_;
  const size_t bytesOfRow_, planesOfTile_;
  size_t rowsOfTile_, grain_;
  size_t partsOfRow_, bands_, count_;
};

}  // namespace gridmask::cpu
