// SPDX-License-Identifier: MIT
//
// A batch is cut into tiles, some rows of one sample. Of each tile the mask is worked out once, as
// bits or as runs, and then used for every plane:
//
//   bits  blended with all that is there, in vectors, whatever the mask: into another array, and in
//         place where runs are short
//   runs  in place: only what is dropped is touched; of upright masks past the caches: copied and
//         filled

#include "cpu/backend.h"

#include <algorithm>
#include <cstdlib>

#include "cpu/caches.h"
#include "cpu/fills.h"
#include "cpu/mask_bits.h"
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
constexpr size_t kThreadBytes = 64 * 1024;

unsigned usefulThreads(const MaskBatch& batch, unsigned threads) {
  return static_cast<unsigned>(
      std::clamp<size_t>(batch.bytes() / kThreadBytes, 1, std::max(threads, 1u)));
}

constexpr size_t kSmallestShareBytes = 32 * 1024;
constexpr size_t kLargestShareBytes = 512 * 1024;
constexpr size_t kSharesPerThread = 16;

// A share is worth the start of a mask, stays within the caches, and is small enough that no thread
// waits long for another at the end.
size_t rowsOfShare(const MaskBatch& batch, unsigned threads) {
  const size_t rowBytes = batch.planes * batch.rowBytes();
  const size_t rows = batch.count * static_cast<size_t>(batch.height);
  return std::max<size_t>(
      {1, kSmallestShareBytes / rowBytes,
       std::min(rows / (threads * kSharesPerThread), kLargestShareBytes / rowBytes)});
}

// Bytes of a batch that may be in the caches of the second level, with its result.
constexpr size_t kSecondLevelBytes = size_t{1} << 20;

// What a thread works with.
struct Memory {
  Memory(uint8_t* scratch, const MaskBatch& batch, const Kernels& kernels)
      : carver(scratch),
        runs(carver.take<Run>(mostRuns(static_cast<uint32_t>(batch.width)))),
        active(carver.take<RectangleScanner::Active>(mostRectangles(batch))),
        bits(kernels, static_cast<uint32_t>(batch.width), runs, carver) {}

  Carver carver;
  Run* const runs;
  RectangleScanner::Active* const active;
  MaskBits bits;

 private:
  static size_t mostRuns(uint32_t width) {
    return std::max<size_t>(kRunsAtOnce + RunScanner::maxRunsInRow(width),
                            MaskBits::mostRuns(width));
  }
};

// Whether to blend all of a tile is the cheaper way, estimated in nanoseconds of a row on a core of
// 2023. In place, a run costs little but what cannot be foreseen, where it begins and ends.
class BlendCosts {
 public:
  BlendCosts(const MaskBatch& batch, bool streams, Reach reach, Strategy strategy)
      : never_(!hasBitKernel(batch.pixelBytes) || strategy == Strategy::kRuns),
        isApart_(!batch.inPlace()),
        always_((!batch.inPlace() && !streams) || strategy == Strategy::kBits),
        blend_((reach == Reach::kNear ? 0.02 : 0.05) * planes(batch) *
               static_cast<double>(batch.rowBytes())),
        edges_(kEdge * planes(batch) * batch.width) {}

  bool prefersBlending(const Lattice& lattice) const {
    if (never_ || always_) return !never_;
    // The runs of a rotated mask begin and end in other lines of each row.
    if (isApart_ && !lattice.isUpright()) return true;
    const double stepX = std::abs(lattice.x.stepX);
    const double stepY = std::abs(lattice.y.stepX);
    // Of an upright mask the rows that lie within a stripe have no edge.
    const double crossed = lattice.isUpright() ? lattice.gap() * lattice.perPeriod : 1;
    return blend_ < edges_ * (stepX + stepY) * lattice.perPeriod * crossed;
  }

 private:
  static constexpr double kEdge = 10;
  static double planes(const MaskBatch& batch) { return static_cast<double>(batch.planes); }

  const bool never_;
  const bool isApart_;
  const bool always_;
  const double blend_;
  const double edges_;
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
        reach_(batch.bytes() <= kSecondLevelBytes ? Reach::kNear
               : streams_ && !rows_.inPlace       ? Reach::kPastCaches
                                                  : Reach::kFar),
        blendBits_(kernels.blendBits(batch.pixelBytes, fills_.zero(), reach_)),
        costs_(batch, streams_, reach_, strategy) {}

  void work(size_t begin, size_t end, uint8_t* scratch) noexcept override {
    Memory memory(scratch, batch_, kernels_);
    if (const auto* rectangles = std::get_if<Rectangles>(&batch_.masks)) {
      for (size_t i = begin; i < end; ++i) {
        const Tile tile = tiling_.at(i);
        const RectangleSample sample = (*rectangles)[tile.sample];
        scanRuns(RectangleScanner(sample, 0, tile.rowBegin, rows_.width, memory.active), tile,
                 memory);
      }
      return;
    }
    SampleReader samples(*std::get_if<Samples>(&batch_.masks), tiling_.at(end - 1).sample + 1);
    for (size_t i = begin; i < end; ++i) {
      const Tile tile = tiling_.at(i);
      maskTile(latticeOf(samples[tile.sample], rows_.canvas), tile, memory);
    }
  }

 private:
  void maskTile(const Lattice& lattice, const Tile& tile, Memory& memory) const {
    if (!lattice.masked || (lattice.gap() == 0 && !lattice.reverse)) {
      if (!rows_.inPlace) copyTile(batch_, rows_, tile);
    } else if (costs_.prefersBlending(lattice)) {
      blend(lattice, tile, memory);
    } else if (MaskBits::areExact(lattice, rows_.width) &&
               (!lattice.isUpright() || lattice.reverse || lattice.random)) {
      maskByRuns(lattice, tile, memory);
    } else {
      scanRuns(RunScanner(lattice, 0, tile.rowBegin, rows_.width), tile, memory);
    }
  }

  template <typename Scanner>
  void scanRuns(Scanner scanner, const Tile& tile, Memory& memory) const {
    Run* const runs = memory.runs;
    for (int32_t row = tile.rowBegin; row < tile.rowEnd;) {
      const size_t at = rows_.offsetOf(tile.sample, 0, row);
      Run* end = runs;
      uint32_t pixels = 0;
      for (; row < tile.rowEnd && end - runs < kRunsAtOnce; ++row, pixels += rows_.width) {
        end = scanner.appendRow(runs, end, pixels);
      }
      useRuns(at, runs, end, pixels);
    }
  }

  // Of `pixels` pixels, at byte `at` of the batch in the first plane.
  void useRuns(size_t at, const Run* runs, const Run* end, uint32_t pixels) const {
    for (size_t plane = 0; plane < batch_.planes; ++plane, at += rows_.planeBytes) {
      const Fill fill = fills_.of(plane);
      if (rows_.inPlace) {
        kernels_.fillRuns(batch_.target + at, runs, end, rows_.pixelBytes, fill);
      } else {
        const auto copyRuns = streams_ ? kernels_.streamRuns : kernels_.copyRuns;
        copyRuns(batch_.target + at, batch_.source + at, runs, end, pixels, rows_.pixelBytes, fill);
      }
    }
  }

  // To find a row's runs in its bits takes less time than to scan for them: the bits are decided
  // many at a time, and where a run begins and ends cannot be foreseen.
  void maskByRuns(const Lattice& lattice, const Tile& tile, Memory& memory) const {
    memory.bits.forEachBlock(lattice, tile.rowBegin, tile.rowEnd, kBitsOfRuns,
                             [&](int32_t row, uint32_t rows, const uint64_t* bits) {
                               const uint32_t pixels = rows * rows_.width;
                               const Run* const end = kernels_.listRuns(memory.runs, bits, pixels);
                               useRuns(rows_.offsetOf(tile.sample, 0, row), memory.runs, end,
                                       pixels);
                             });
  }

  // A block's pixels in all planes. Past the caches the first plane as fast as its bits are there,
  // then the others one after another.
  void blend(const Lattice& lattice, const Tile& tile, Memory& memory) const {
    MaskBits& mask = memory.bits;
    const bool streams = reach_ == Reach::kPastCaches;
    const uint32_t bitsOfBlock = streams ? kBitsOfStreamedBlock : kBitsOfBlock;
    mask.start(lattice, tile.rowBegin);
    const uint32_t bitsOfBand = streams && mask.canFollow() ? kBitsOfStreamedBand : bitsOfBlock;
    for (int32_t row = tile.rowBegin, rows; row < tile.rowEnd; row += rows) {
      rows = mask.rowsOf(bitsOfBand, tile.rowEnd - row);
      size_t at = rows_.offsetOf(tile.sample, 0, row);
      const size_t pixels = static_cast<size_t>(rows) * rows_.width;
      const uint64_t* bits = nullptr;
      size_t done = 0;
      for (int32_t before = 0, some; before < rows; before += some) {
        some = mask.rowsOf(bitsOfBlock, rows - before);
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
  const Kernels::BlendBits blendBits_;
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
