// SPDX-License-Identifier: MIT
//
// A batch is cut into tiles, consecutive rows of one sample. A tile's mask is computed once, as
// bits or as runs, and then used for every plane:
//
//   bits  every pixel is read, blended and written, in vectors: into another array, and in place
//         where runs are short
//   runs  only dropped pixels are touched: in place; and for upright masks into another array that
//         is larger than the caches, where kept and dropped runs are copied and filled

#include "cpu/backend.h"

#include <algorithm>

#include "cpu/blend_costs.h"
#include "cpu/caches.h"
#include "cpu/fills.h"
#include "cpu/mask_bits.h"
#include "cpu/mask_runs.h"
#include "cpu/noise.h"
#include "cpu/row_context.h"
#include "cpu/some_channels.h"
#include "cpu/tiling.h"

namespace gridmask::cpu {
namespace {

// Bytes for which waking another thread is worth its while.
constexpr size_t kThreadBytes = 64 * 1024;

unsigned usefulThreads(const MaskBatch& batch, unsigned threads) {
  return static_cast<unsigned>(
      std::clamp<size_t>(batch.bytes() / kThreadBytes, 1, std::max(threads, 1u)));
}

constexpr size_t kSmallestShareBytes = 32 * 1024;
constexpr size_t kLargestShareBytes = 512 * 1024;
constexpr size_t kSharesPerThread = 16;

// A share must be large enough to be worth starting a mask, small enough to stay in the caches, and
// so small that no thread waits long for another at the end.
size_t rowsOfShare(const MaskBatch& batch, unsigned threads) {
  const size_t rowBytes = batch.planes * batch.rowBytes();
  const size_t rows = batch.count * static_cast<size_t>(batch.height);
  return std::max<size_t>(
      {1, kSmallestShareBytes / rowBytes,
       std::min(rows / (threads * kSharesPerThread), kLargestShareBytes / rowBytes)});
}

class MaskJob final : public Job {
 public:
  MaskJob(const MaskBatch& batch, const Tiling& tiling, unsigned threads, const Kernels& kernels,
          Strategy strategy)
      : Job({tiling.count(), tiling.grain(), threads,
             MaskMemory(nullptr, batch, kernels).carver.bytes()}),
        batch_(batch),
        tiling_(tiling),
        kernels_(kernels),
        rows_(batch),
        fills_(batch),
        streams_(batch.bytes() >= cachedBytes()),
        reach_(batch.bytes() <= kSecondLevelBytes ? Reach::kNear
               : streams_ && !rows_.inPlace       ? Reach::kPastCaches
                                                  : Reach::kFar),
        rowsOfBlock_(rowsOf(kBitsOfBlock, kBitsOfStreamedBlock)),
        rowsOfBand_(rowsOf(kBitsOfBlock, kBitsOfStreamedBand)),
        blendBits_(kernels.blendBits(batch.pixelBytes, fills_.zero(), reach_)),
        joins_(batch.planes == 1 && tiling.hasWholeSamples() && reach_ != Reach::kPastCaches &&
               2 * rows_.width * static_cast<uint32_t>(batch.height) <= kBitsOfJoined),
        costs_(batch, streams_, reach_, kernels, strategy) {}

  void work(size_t begin, size_t end, uint8_t* scratch) noexcept override {
    MaskMemory memory(scratch, batch_, kernels_);
    Joined joined;
    memory.forEachTile(
        batch_, rows_.canvas, tiling_, begin, end,
        [&](const auto& mask, const Tile& tile) { maskTile(mask, tile, memory, joined); });
    finish(joined);
  }

 private:
  int32_t rowsOf(uint32_t bits, uint32_t streamedBits) const {
    return MaskBits::rowsOf(reach_ == Reach::kPastCaches ? streamedBits : bits, rows_.width);
  }

  // Small samples, one after another in memory, are blended as if they were one. Then only the
  // first and the last vector of all have to be blended where they are not aligned.
  struct Joined {
    size_t begin = 0;  // first row of the first sample
    size_t rows = 0;
    size_t pixels = 0;  // that have been blended
    const uint64_t* bits = nullptr;
  };

  void maskTile(const RectangleSample& mask, const Tile& tile, MaskMemory& memory, Joined&) const {
    maskByRuns(mask, tile, memory);
  }

  void maskTile(const MaskReader& mask, const Tile& tile, MaskMemory& memory,
                Joined& joined) const {
    if (mask.dropsNothing()) {
      if (!rows_.inPlace) copyTile(batch_, rows_, tile);
      return;
    }
    if (costs_.prefersBlending(mask.phases(), mask.d())) {
      MaskBits& bits = memory.runs.bits();
      bits.start(mask, tile.rowBegin);
      if (joins_ && bits.canFollow()) {
        join(bits, tile, joined);
      } else {
        finish(joined);
        blend(bits, tile);
      }
    } else {
      finish(joined);
      maskByRuns(mask, tile, memory);
    }
  }

  void join(MaskBits& mask, const Tile& sample, Joined& joined) const {
    const auto rows = static_cast<size_t>(batch_.height);
    const size_t begin = sample.sample * rows;
    if (begin != joined.begin + joined.rows || (joined.rows + rows) * rows_.width > kBitsOfJoined) {
      finish(joined);
      joined.begin = begin;
    }
    joined.bits = mask.append(static_cast<int32_t>(joined.rows), batch_.height);
    joined.rows += rows;
    joined.pixels = blend(joined, false);
  }

  void finish(Joined& joined) const {
    if (joined.rows != 0) blend(joined, true);
    joined = {};
  }

  size_t blend(const Joined& joined, bool areLast) const {
    const size_t at = joined.begin * rows_.rowBytes;
    return blendBits_(batch_.target + at, batch_.source + at, joined.bits, joined.pixels,
                      joined.rows * rows_.width, areLast, fills_.of(0));
  }

  template <typename Mask>
  void maskByRuns(const Mask& mask, const Tile& tile, MaskMemory& memory) const {
    memory.runs.forEachBlock(mask, tile, UINT32_MAX, [&](const RowRuns& rows) {
      size_t at = rows_.offsetOf(tile.sample, 0, rows.row);
      for (size_t plane = 0; plane < batch_.planes; ++plane, at += rows_.planeBytes) {
        const Fill fill = fills_.of(plane);
        if (rows_.inPlace) {
          kernels_.fillRuns(batch_.target + at, rows.begin, rows.end, rows_.pixelBytes, fill);
        } else {
          const auto copyRuns = streams_ ? kernels_.streamRuns : kernels_.copyRuns;
          copyRuns(batch_.target + at, batch_.source + at, rows.begin, rows.end, rows.pixels,
                   rows_.pixelBytes, fill);
        }
      }
    });
  }

  // Takes a block's pixels through all planes before it decides the next block's bits. Past the
  // caches, it finishes a band of blocks in the first plane, then the other planes one by one.
  void blend(MaskBits& mask, const Tile& tile) const {
    const int32_t mostRows = mask.canFollow() ? rowsOfBand_ : rowsOfBlock_;
    for (int32_t row = tile.rowBegin, rows; row < tile.rowEnd; row += rows) {
      rows = std::min(mostRows, tile.rowEnd - row);
      size_t at = rows_.offsetOf(tile.sample, 0, row);
      const size_t pixels = static_cast<size_t>(rows) * rows_.width;
      const uint64_t* bits = nullptr;
      size_t done = 0;
      for (int32_t before = 0, some; before < rows; before += some) {
        some = std::min(rowsOfBlock_, rows - before);
        bits = mask.append(before, some);
        const size_t decided = static_cast<size_t>(before + some) * rows_.width;
        done = blendBits_(batch_.target + at, batch_.source + at, bits, done, decided,
                          decided == pixels, fills_.of(0));
      }
      for (size_t plane = 1; plane < batch_.planes; ++plane) {
        at += rows_.planeBytes;
        blendBits_(batch_.target + at, batch_.source + at, bits, 0, pixels, true, fills_.of(plane));
      }
    }
  }

  const MaskBatch batch_;
  const Tiling tiling_;
  const Kernels& kernels_;
  const RowContext rows_;
  const Fills fills_;
  const bool streams_;
  const Reach reach_;
  const int32_t rowsOfBlock_;
  const int32_t rowsOfBand_;
  const Kernels::BlendBits blendBits_;
  const bool joins_;
  const BlendCosts costs_;
};

}  // namespace

std::unique_ptr<Job> applyJob(const MaskBatch& batch, unsigned threads, const Kernels& kernels,
                              Strategy strategy) {
  if (batch.isEmpty()) return noJob();
  if (batch.noise.kind != NoiseKind::kNone) return noiseJob(batch, threads, kernels);
  if (batch.filled != nullptr) return someChannelsJob(batch, threads, kernels);
  const unsigned useful = usefulThreads(batch, threads);
  const Tiling tiling(batch, rowsOfShare(batch, useful));
  return std::make_unique<MaskJob>(batch, tiling, useful, kernels, strategy);
}

void apply(const MaskBatch& batch, unsigned threads, const Kernels& kernels, Strategy strategy) {
  run(*applyJob(batch, threads, kernels, strategy));
}

}  // namespace gridmask::cpu
