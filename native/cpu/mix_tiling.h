// SPDX-License-Identifier: MIT
//
// A batch to be mixed is cut into tiles. A tile is the same part of every sample, since samples
// exchange pixels. It takes as many planes as fit with one row each, then as many rows of them as
// fit. If a row alone is longer than a tile, it is cut into parts:
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

namespace gridmask::cpu {

struct MixTile {
  size_t plane;
  size_t planes;
  int32_t row;
  int32_t rows;
  size_t byte;   // of the first row; not 0 only where there is one row
  size_t bytes;  // of each plane

  // Whether this is the tile of its band that counts what the mask drops there.
  bool counts() const { return plane == 0 && byte == 0; }
};

class MixTiling {
 public:
  // For a non-empty batch.
  MixTiling(const MixBatch& batch, unsigned threads)
      : planes_(batch.planes),
        height_(static_cast<size_t>(batch.height)),
        rowBytes_(batch.rowBytes()),
        bytesOfRow_(std::min(rowBytes_, kTileBytes)),
        planesOfTile_(std::min(planes_, kTileBytes / bytesOfRow_)),
        fairBytes_(std::max(kShareBytes, batch.bytes() / (threads * kShares))),
        cutsCycles_(batch.sampleBytes() <= kLargestHeadBytes &&
                    batch.sampleBytes() * kSamplesOfHead <= shareBytes()) {
    const size_t bytesOfRows = planesOfTile_ * bytesOfRow_;  // a row of each plane
    const size_t most = std::max<size_t>(1, std::min(kTileBytes, fairBytes_) / bytesOfRows);
    // If cycles are walked as a whole, threads can only share the tiles.
    const size_t fair = batch.inPlace() && !cutsCycles_
                            ? std::max<size_t>(1, fairBytes_ / (batch.count * bytesOfRows))
                            : height_;
    // All tiles get about the same number of rows.
    rowsOfTile_ = ceilDiv(height_, ceilDiv(height_, std::min({height_, most, fair})));
    partsOfRow_ = ceilDiv(rowBytes_, bytesOfRow_);
    bands_ = ceilDiv(height_, rowsOfTile_);
    count_ = partsOfRow_ * bands_ * ceilDiv(planes_, planesOfTile_);
  }

  // Bands of a sample, each of which has one tile that counts.
  size_t bands() const { return bands_; }

  // Of a sample.
  size_t count() const { return count_; }

  // For how many samples a thread takes a tile at a time.
  size_t samplesOfShare() const { return std::max<size_t>(1, shareBytes() / bytes()); }
  // Whether cycles are cut in place, at the cost of keeping one sample for each part. A tile is
  // then a whole sample.
  bool cutsCycles() const { return cutsCycles_; }

  // The most that a tile can have.
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
    // Only a tile of a single row can be a part of that row.
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
  // All planes of a tile together. Small enough that what was read as a partner's is still in the
  // second-level cache when it is read again as the sample's own.
  static constexpr size_t kTileBytes = 256 * 1024;

  // A share must be worth waking a thread for. With fewer shares, more of a walk's samples are read
  // only once; but no share may keep a thread busy long after the others are done.
  static constexpr size_t kShareBytes = 64 * 1024;
  static constexpr size_t kLargestShareBytes = 4 * 1024 * 1024;
  static constexpr size_t kShares = 4;  // per thread
  // Cycles are cut if the samples that must be kept are small and few.
  static constexpr size_t kLargestHeadBytes = 32 * 1024;
  static constexpr size_t kSamplesOfHead = 8;

  size_t shareBytes() const { return std::min(fairBytes_, kLargestShareBytes); }

  static size_t ceilDiv(size_t a, size_t b) { return (a + b - 1) / b; }

  const size_t planes_, height_, rowBytes_;
  const size_t bytesOfRow_, planesOfTile_;
  const size_t fairBytes_;  // shares that let all threads end at about the same time
  const bool cutsCycles_;
  size_t rowsOfTile_;
  size_t partsOfRow_, bands_, count_;
};

}  // namespace gridmask::cpu
