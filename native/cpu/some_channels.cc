// SPDX-License-Identifier: MIT
//
// Out of place, a tile is copied first. Then its dropped runs are filled in each plane that has a
// channel to fill. Where channels are interleaved, a run is blended with a pattern of pixels that
// leaves some of their bytes alone. This is the one case that reads what it drops, so it is slower
// than masking; it is rare enough for one plain loop.

#include "cpu/some_channels.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "cpu/fills.h"
#include "cpu/mask_runs.h"
#include "cpu/row_context.h"
#include "cpu/tiling.h"

namespace gridmask::cpu {
namespace {

// Bytes of a batch for which waking another thread is worth its while.
constexpr size_t kShareBytes = 64 * 1024;

// The least size of a pattern in bytes: enough for the compiler to use vectors.
constexpr size_t kPatternBytes = 64;

// What is done to a plane's dropped pixels.
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
      : Job({tiling.count(), tiling.grain(), threads,
             MaskMemory(nullptr, batch, kernels).carver.bytes()}),
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
    MaskMemory memory(scratch, batch_, kernels_);
    memory.forEachTile(batch_, rows_.canvas, tiling_, begin, end,
                       [&](const auto& mask, const Tile& tile) { maskTile(mask, tile, memory); });
  }

 private:
  template <typename Mask>
  void maskTile(const Mask& mask, const Tile& tile, MaskMemory& memory) const {
    if (!rows_.inPlace) copyTile(batch_, rows_, tile);
    if (dropsNothing(mask)) return;
    memory.runs.forEachBlock(mask, tile, UINT32_MAX, [&](const RowRuns& rows) {
      for (size_t plane = 0; plane < batch_.planes; ++plane) {
        fill(batch_.target + rows_.offsetOf(tile.sample, plane, rows.row), plane, rows.begin,
             rows.end);
      }
    });
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
