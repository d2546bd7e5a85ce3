// SPDX-License-Identifier: MIT
//
// The dropped runs of a tile's rows, some rows at a time, found in the cheaper of two ways.
#pragma once

#include <algorithm>

#include "cpu/kernels.h"
#include "cpu/mask_bits.h"
#include "cpu/scratch.h"
#include "cpu/tiling.h"
#include "lattice/mask_batch.h"
#include "lattice/runs.h"

namespace gridmask::cpu {

// How many runs are gathered before they are used on every plane: few enough to stay in the
// first-level cache, enough to stay on one plane for a while.
constexpr uint32_t kRunsAtOnce = 1024;

inline bool dropsNothing(const RectangleSample& mask) { return mask.begin == mask.end; }
inline bool dropsNothing(const MaskReader& mask) { return mask.dropsNothing(); }

// The runs of some rows, the first of which is `row`. Positions count pixels from its start;
// `pixels` is how many the rows have in all.
struct RowRuns {
  int32_t row;
  uint32_t pixels;
  const Run* begin;
  const Run* end;
};

class MaskRuns {
 public:
  MaskRuns(const Kernels& kernels, const MaskBatch& batch, Carver& carver)
      : kernels_(kernels),
        width_(static_cast<uint32_t>(batch.width)),
        runs_(carver.take<Run>(mostRuns(width_))),
        active_(carver.take<RectangleScanner::Active>(mostRectangles(batch))),
        bits_(kernels, width_, runs_, carver) {}

  static size_t mostRuns(uint32_t width) {
    return std::max<size_t>(kRunsAtOnce + RunScanner::maxRunsInRow(width),
                            MaskBits::mostRuns(width));
  }

  // Shares memory with the runs: use one or the other.
  MaskBits& bits() { return bits_; }

  // Calls `use(RowRuns)` for a few rows at a time, of at most `mostPixels` pixels, or for a single
  // row that has more.
  template <typename Use>
  void forEachBlock(const MaskReader& mask, const Tile& tile, uint32_t mostPixels, const Use& use) {
    // Finding a row's runs in its bits is faster than scanning for them: bits are decided many at a
    // time, while a scan's branches at the ends of runs cannot be predicted. An upright mask is the
    // exception, since its rows repeat.
    if (!MaskBits::areExact(mask.d(), width_) ||
        (mask.phases().isUpright() && !mask.isReversed() && !mask.isRandom())) {
      const Lattice lattice = mask.lattice();
      scan(RunScanner(lattice, 0, tile.rowBegin, width_), tile, mostPixels, use);
      return;
    }
    bits_.forEachBlock(mask, tile.rowBegin, tile.rowEnd, std::min(mostPixels, kBitsOfRuns),
                       [&](int32_t row, uint32_t rows, const uint64_t* bits) {
                         const uint32_t pixels = rows * width_;
                         const Run* const end = kernels_.listRuns(runs_, bits, pixels);
                         use(RowRuns{row, pixels, runs_, end});
                       });
  }

  template <typename Use>
  void forEachBlock(const RectangleSample& sample, const Tile& tile, uint32_t mostPixels,
                    const Use& use) {
    scan(RectangleScanner(sample, 0, tile.rowBegin, width_, active_), tile, mostPixels, use);
  }

 private:
  template <typename Scanner, typename Use>
  void scan(Scanner&& scanner, const Tile& tile, uint32_t mostPixels, const Use& use) {
    const auto most = static_cast<int32_t>(std::clamp(mostPixels / width_, 1u, uint32_t{kMaxSide}));
    for (int32_t row = tile.rowBegin; row < tile.rowEnd;) {
      const int32_t first = row;
      const int32_t last = std::min(most, tile.rowEnd - row) + row;
      Run* end = runs_;
      uint32_t pixels = 0;
      for (; row < last && end - runs_ < kRunsAtOnce; ++row, pixels += width_) {
        end = scanner.appendRow(runs_, end, pixels);
      }
      use(RowRuns{first, pixels, runs_, end});
    }
  }

  const Kernels& kernels_;
  const uint32_t width_;
  Run* const runs_;
  RectangleScanner::Active* const active_;
  MaskBits bits_;
};

// What a thread needs to go through masks; it lies at the start of its scratch.
struct MaskMemory {
  MaskMemory(uint8_t* scratch, const MaskBatch& batch, const Kernels& kernels)
      : carver(scratch), ahead(carver.take<MaskReader::State>(1)), runs(kernels, batch, carver) {}

  // Calls `use(mask, tile)` for tiles [begin, end), with a RectangleSample or a MaskReader.
  template <typename Use>
  void forEachTile(const MaskBatch& batch, const Canvas& canvas, const Tiling& tiling, size_t begin,
                   size_t end, const Use& use) const {
    if (const auto* rectangles = std::get_if<Rectangles>(&batch.masks)) {
      tiling.forEach(begin, end, [&](const Tile& tile) { use((*rectangles)[tile.sample], tile); });
      return;
    }
    MaskReader reader(*std::get_if<Samples>(&batch.masks), batch.count, canvas, *ahead);
    tiling.forEach(begin, end, [&](const Tile& tile) {
      reader.goTo(tile.sample);
      use(reader, tile);
    });
  }

  Carver carver;
  MaskReader::State* const ahead;
  MaskRuns runs;
};

}  // namespace gridmask::cpu
