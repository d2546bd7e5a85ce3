// SPDX-License-Identifier: MIT
//
// Row by row: out of place the row is copied, then its dropped runs are filled, in each plane that
// has a channel to fill. Where a pixel holds all channels, a run is blended with a pattern of
// pixels, some bytes of which stay. The one case that reads what it drops, so it is slower than
// masking; it is rare enough for one plain loop.

#include "cpu/some_channels.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "cpu/fills.h"
#include "cpu/row_context.h"
#include "cpu/tiling.h"
#include "lattice/runs.h"

namespace gridmask::cpu {
namespace {

// Bytes of a batch that make waking another thread worth while.
constexpr size_t kShareBytes = 64 * 1024;

// Least bytes of a pattern: enough for the compiler's vectors.
constexpr size_t kPatternBytes = 64;

// What a thread works with.
struct Memory {
  Memory(uint8_t* scratch, const MaskBatch& batch)
      : carver(scratch),
        runs(carver.take<Run>(RunScanner::maxRunsInRow(static_cast<uint32_t>(batch.width)))),
        active(carver.take<RectangleScanner::Active>(mostRectangles(batch))) {}

  Carver carver;
  Run* const runs;
  RectangleScanner::Active* const active;
};

// What becomes of a plane's dropped pixels.
class Plane {
 public:
  // `filled` has a byte for each of a pixel: all ones where it is filled, else 0.
  Plane(const uint8_t* fill, const uint8_t* filled, size_t pixelBytes)
      : stays_(isAll(0, filled, pixelBytes)), whole_(isAll(0xff, filled, pixelBytes)) {
    if (stays_ || whole_) return;
    const size_t bytes = (kPatternBytes + pixelBytes - 1) / pixelBytes * pixelBytes;
    kept_.resize(bytes);
    fill_.resize(bytes);
    for (size_t i = 0; i < bytes; ++i) {
      kept_[i] = static_cast<uint8_t>(~filled[i % pixelBytes]);
      fill_[i] = fill[i % pixelBytes] & filled[i % pixelBytes];
    }
  }

  bool stays() const { return stays_; }
  bool isFilledWhole() const { return whole_; }

  // Of a plane of which some channels are filled.
  void blend(uint8_t* target, size_t bytes) const {
    const uint8_t* const kept = kept_.data();
    const uint8_t* const fill = fill_.data();
    while (bytes != 0) {
      const size_t part = std::min(bytes, kept_.size());
      for (size_t i = 0; i < part; ++i) {
        target[i] = static_cast<uint8_t>((target[i] & kept[i]) | fill[i]);
      }
      target += part;
      bytes -= part;
    }
  }

 private:
  static bool isAll(uint8_t value, const uint8_t* bytes, size_t count) {
    return std::all_of(bytes, bytes + count, [value](uint8_t byte) { return byte == value; });
  }

  bool stays_;
  bool whole_;
  // Some whole pixels.
  std::vector<uint8_t> kept_;
  std::vector<uint8_t> fill_;
};

class SomeChannelsJob final : public Job {
 public:
  SomeChannelsJob(const MaskBatch& batch, const Tiling& tiling, unsigned threads,
                  const Kernels& kernels)
      : Job({tiling.count(), tiling.grain(), threads, Memory(nullptr, batch).carver.bytes()}),
        batch_(batch),
        tiling_(tiling),
        kernels_(kernels),
        rows_(batch),
        fills_(batch) {
    planes_.reserve(batch.planes);
    for (size_t at = 0; at < batch.planes * batch.pixelBytes; at += batch.pixelBytes) {
      planes_.emplace_back(batch.fill + at, batch.filled + at, batch.pixelBytes);
    }
  }

  void work(size_t begin, size_t end, uint8_t* scratch) noexcept override {
    const Memory memory(scratch, batch_);
    for (size_t i = begin; i < end; ++i) maskTile(tiling_.at(i), memory);
  }

 private:
  void maskTile(const Tile& tile, const Memory& memory) const {
    if (!rows_.inPlace) copyTile(batch_, rows_, tile);
    if (const auto* rectangles = std::get_if<Rectangles>(&batch_.masks)) {
      const RectangleSample sample = (*rectangles)[tile.sample];
      maskRows(RectangleScanner(sample, 0, tile.rowBegin, rows_.width, memory.active), tile,
               memory);
      return;
    }
    const Samples& samples = *std::get_if<Samples>(&batch_.masks);
    const Lattice lattice = latticeOf(samples[tile.sample], rows_.canvas);
    if (lattice.masked) {
      maskRows(RunScanner(lattice, 0, tile.rowBegin, rows_.width), tile, memory);
    }
  }

  template <typename Scanner>
  void maskRows(Scanner scanner, const Tile& tile, const Memory& memory) const {
    for (int32_t row = tile.rowBegin; row < tile.rowEnd; ++row) {
      const Run* const end = scanner.appendRow(memory.runs, memory.runs, 0);
      for (size_t plane = 0; plane < batch_.planes; ++plane) {
        fill(batch_.target + rows_.offsetOf(tile.sample, plane, row), plane, memory.runs, end);
      }
    }
  }

  void fill(uint8_t* target, size_t plane, const Run* runs, const Run* end) const {
    const Plane& how = planes_[plane];
    if (how.stays()) return;
    if (how.isFilledWhole()) {
      kernels_.fillRuns(target, runs, end, rows_.pixelBytes, fills_.of(plane));
      return;
    }
    for (const Run* run = runs; run != end; ++run) {
      const size_t pixels = run->end - run->begin;
      how.blend(target + run->begin * rows_.pixelBytes, pixels * rows_.pixelBytes);
    }
  }

  const MaskBatch batch_;
  const Tiling tiling_;
  const Kernels& kernels_;
  const RowContext rows_;
  const Fills fills_;
  std::vector<Plane> planes_;
};

}  // namespace

std::unique_ptr<Job> someChannelsJob(const MaskBatch& batch, unsigned threads,
                                     const Kernels& kernels) {
  const Tiling tiling(batch, kShareBytes / (batch.planes * batch.rowBytes()));
  return std::make_unique<SomeChannelsJob>(batch, tiling, threads, kernels);
}

}  // namespace gridmask::cpu
