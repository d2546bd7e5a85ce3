// SPDX-License-Identifier: MIT
//
// A batch is cut into tiles, some rows of one sample. Of each tile the mask is worked out once, as
// runs or as a row of mask words, and then used for every plane:
//
//   runs   long ones: fill what is dropped, and out of place copy what lies between
//   words  short ones, where a run costs more than its pixels: blend, eight to sixteen pixels at a
//          time, whatever the mask

#include "cpu/backend.h"

#include <algorithm>
#include <cstring>

#include "cpu/caches.h"
#include "cpu/cost_model.h"
#include "cpu/fills.h"
#include "cpu/mask_words.h"
#include "cpu/noise.h"
#include "cpu/row_context.h"
#include "cpu/some_channels.h"
#include "cpu/tiling.h"
#include "lattice/runs.h"

namespace gridmask::cpu {
namespace {

// Runs gathered before they are used on every plane: few enough to stay in the first-level cache,
// enough to stream through each plane for a while.
constexpr uint32_t kRunsAtOnce = 1024;

// Bytes that make waking another thread worth while.
constexpr size_t kShareBytes = 64 * 1024;
constexpr size_t kLargestShareBytes = 512 * 1024;
constexpr size_t kSharesPerThread = 8;

// A share is worth waking a thread for, stays within the caches, and is small enough that no thread
// waits long for another at the end.
size_t rowsOfShare(const MaskBatch& batch, unsigned threads) {
  const size_t rowBytes = batch.planes * batch.rowBytes();
  const size_t rows = batch.count * static_cast<size_t>(batch.height);
  return std::max<size_t>(
      {1, kShareBytes / rowBytes,
       std::min(rows / (threads * kSharesPerThread), kLargestShareBytes / rowBytes)});
}

// What a thread works with.
struct Memory {
  Memory(uint8_t* scratch, const MaskBatch& batch, const Kernels& kernels)
      : carver(scratch),
        runs(carver.take<Run>(kRunsAtOnce +
                              RunScanner::maxRunsInRow(static_cast<uint32_t>(batch.width)))),
        active(carver.take<RectangleScanner::Active>(mostRectangles(batch))),
        words(kernels, batch.pixelBytes, carver) {}

  Carver carver;
  Run* const runs;
  RectangleScanner::Active* const active;
  MaskWords words;
};

class MaskJob final : public Job {
 public:
  MaskJob(const MaskBatch& batch, const Tiling& tiling, unsigned threads, const Kernels& kernels,
          Strategy strategy)
      : Job({tiling.count(), tiling.grain(), threads,
             Memory(nullptr, batch, kernels).carver.bytes()}),
        batch_(batch),
        tiling_(tiling),
        kernels_(kernels),
        rows_(batch),
        fills_(batch),
        streams_(batch.bytes() >= cachedBytes()),
        costs_(batch.planes, rows_.width, batch.pixelBytes,
               rows_.inPlace ? kMaskedInPlace
               : streams_    ? kMaskedPastCaches
                             : kMaskedApart,
               fills_.splat() ? strategy : Strategy::kRuns),
        maskPlanes_(batch.pixelBytes == sizeof(uint32_t) ? kernels.maskPlanes : nullptr) {}

  void work(size_t begin, size_t end, uint8_t* scratch) noexcept override {
    Memory memory(scratch, batch_, kernels_);
    for (size_t i = begin; i < end; ++i) maskTile(tiling_.at(i), memory);
  }

 private:
  void maskTile(const Tile& tile, Memory& memory) const {
    if (const auto* rectangles = std::get_if<Rectangles>(&batch_.masks)) {
      const RectangleSample sample = (*rectangles)[tile.sample];
      maskByRuns(RectangleScanner(sample, 0, tile.rowBegin, rows_.width, memory.active), tile,
                 memory);
      return;
    }
    const Samples& samples = *std::get_if<Samples>(&batch_.masks);
    const Lattice lattice = latticeOf(samples[tile.sample], rows_.canvas);
    if (!lattice.masked || (lattice.gap() == 0 && !lattice.reverse)) {
      if (!rows_.inPlace) copyTile(batch_, rows_, tile);
    } else if (costs_.prefersWords(lattice)) {
      maskByWords(lattice, tile, memory);
    } else {
      maskByRuns(RunScanner(lattice, 0, tile.rowBegin, rows_.width), tile, memory);
    }
  }

  template <typename Scanner>
  void maskByRuns(Scanner scanner, const Tile& tile, Memory& memory) const {
    Run* const runs = memory.runs;
    for (int32_t row = tile.rowBegin; row < tile.rowEnd;) {
      size_t at = rows_.offsetOf(tile.sample, 0, row);
      Run* end = runs;
      uint32_t pixels = 0;
      for (; row < tile.rowEnd && end - runs < kRunsAtOnce; ++row, pixels += rows_.width) {
        end = scanner.appendRow(runs, end, pixels);
      }
      for (size_t plane = 0; plane < batch_.planes; ++plane, at += rows_.planeBytes) {
        const Fill fill = fills_.of(plane);
        if (rows_.inPlace) {
          kernels_.fillRuns(batch_.target + at, runs, end, rows_.pixelBytes, fill);
        } else {
          const auto copyRuns = streams_ ? kernels_.streamRuns : kernels_.copyRuns;
          copyRuns(batch_.target + at, batch_.source + at, runs, end, pixels, rows_.pixelBytes,
                   fill);
        }
      }
    }
  }

  void maskByWords(const Lattice& lattice, const Tile& tile, Memory& memory) const {
    forEachBlock(rows_.width, tile.rowBegin, tile.rowEnd,
                 [&](int32_t row, uint32_t rows, uint32_t column, uint32_t columns) {
                   const size_t at =
                       rows_.offsetOf(tile.sample, 0, row) + column * rows_.pixelBytes;
                   const auto x = static_cast<int32_t>(column);
                   if (maskPlanes_ != nullptr && columns % kWholeColumns == 0) {
                     maskPlanes(lattice, x, row, columns, rows, at);
                   } else {
                     blendPlanes(lattice, x, row, columns, rows, at, memory);
                   }
                 });
  }

  // A block whose first pixel is (x, y), at byte `at` of the batch in the first plane.
  void maskPlanes(const Lattice& lattice, int32_t x, int32_t y, uint32_t columns, uint32_t rows,
                  size_t at) const {
    const Phase32 phaseX = phase32Of(lattice.x, lattice, x, y);
    const Phase32 phaseY = phase32Of(lattice.y, lattice, x, y);
    for (size_t plane = 0; plane < batch_.planes; plane += kPlanesAtOnce) {
      const size_t planes = std::min(kPlanesAtOnce, batch_.planes - plane);
      Fill fills[kPlanesAtOnce];
      for (size_t k = 0; k < planes; ++k) fills[k] = fills_.of(plane + k);
      const size_t first = at + plane * rows_.planeBytes;
      maskPlanes_(batch_.target + first, batch_.source + first, rows_.planeBytes, planes, columns,
                  rows, phaseX, phaseY, gap32Of(lattice), lattice.reverse, fills);
    }
  }

  void blendPlanes(const Lattice& lattice, int32_t x, int32_t y, uint32_t columns, uint32_t rows,
                   size_t at, Memory& memory) const {
    const uint8_t* const mask =
        memory.words.bytes(lattice, x, y, columns, rows, batch_.source + at);
    const size_t bytes = size_t{rows} * columns * rows_.pixelBytes;
    for (size_t plane = 0; plane < batch_.planes; ++plane, at += rows_.planeBytes) {
      kernels_.blend(batch_.target + at, batch_.source + at, mask, bytes, fills_.of(plane));
    }
  }

  const MaskBatch batch_;
  const Tiling tiling_;
  const Kernels& kernels_;
  const RowContext rows_;
  const Fills fills_;
  const bool streams_;
  const CostModel costs_;
  const decltype(Kernels::maskPlanes) maskPlanes_;
};

}  // namespace

std::unique_ptr<Job> applyJob(const MaskBatch& batch, unsigned threads, const Kernels& kernels,
                              Strategy strategy) {
  if (batch.isEmpty()) return noJob();
  if (batch.noise.kind != NoiseKind::kNone) return noiseJob(batch, threads, kernels);
  if (batch.filled != nullptr) return someChannelsJob(batch, threads, kernels);
  const Tiling tiling(batch, rowsOfShare(batch, threads));
  return std::make_unique<MaskJob>(batch, tiling, threads, kernels, strategy);
}

void apply(const MaskBatch& batch, unsigned threads, const Kernels& kernels, Strategy strategy) {
  run(*applyJob(batch, threads, kernels, strategy));
}

}  // namespace gridmask::cpu
