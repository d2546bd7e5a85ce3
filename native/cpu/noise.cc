// SPDX-License-Identifier: MIT
//
// For a few rows at a time: finds the dropped runs, draws numbers for their pixels, and stores
// these as values in every channel. Drawing takes most of the time, so a field that channels share
// is drawn once.

#include "cpu/noise.h"

#include <algorithm>
#include <cstring>

#include "cpu/mask_runs.h"
#include "cpu/row_context.h"
#include "cpu/tiling.h"

namespace gridmask::cpu {
namespace {

// How many pixels' numbers are drawn before they are used on every plane, unless a row has more: so
// few that they stay in the first-level cache.
constexpr uint32_t kPixelsAtOnce = 4096;

// Pixels of an image for which waking another thread is worth its while.
constexpr size_t kSharePixels = 2 * kPixelsAtOnce;

// What a thread works with, for so many pixels.
struct Memory : MaskMemory {
  Memory(uint8_t* scratch, const MaskBatch& batch, const Kernels& kernels)
      : MaskMemory(scratch, batch, kernels),
        places(carver.take<uint32_t>(mostBlocks(batch) + kNoiseBlocksAtOnce)),
        numbers(carver.take<float>(kNoisePixels * mostBlocks(batch))),
        values(carver.take<uint8_t>(kNoisePixels * mostBlocks(batch) * batch.valueBytes)),
        starts(carver.take<uint32_t>(MaskRuns::mostRuns(widthOf(batch)))) {}

  uint32_t* const places;
  float* const numbers;
  uint8_t* const values;
  uint32_t* const starts;

 private:
  static uint32_t widthOf(const MaskBatch& batch) { return static_cast<uint32_t>(batch.width); }
  // Rows may begin and end within a block, and the last place is repeated.
  static size_t mostBlocks(const MaskBatch& batch) {
    return std::max(kPixelsAtOnce, widthOf(batch)) / kNoisePixels + 2 + kNoiseBlocksAtOnce;
  }
};

class NoiseJob final : public Job {
 public:
  NoiseJob(const MaskBatch& batch, const Tiling& tiling, unsigned threads, const Kernels& kernels)
      : Job({tiling.count(), tiling.grain(), threads,
             Memory(nullptr, batch, kernels).carver.bytes()}),
        batch_(batch),
        tiling_(tiling),
        kernels_(kernels),
        rows_(batch),
        valuesPerPixel_(batch.pixelBytes / batch.valueBytes),
        blocks_(noiseBlocks(batch.pixels())) {}

  void work(size_t begin, size_t end, uint8_t* scratch) noexcept override {
    Memory memory(scratch, batch_, kernels_);
    memory.forEachTile(batch_, rows_.canvas, tiling_, begin, end,
                       [&](const auto& mask, const Tile& tile) { maskTile(mask, tile, memory); });
  }

 private:
  static NoiseKey keyOf(const RectangleSample& mask) { return mask.key; }
  static NoiseKey keyOf(const MaskReader& mask) { return noiseKeyOf(mask.sample()); }

  template <typename Mask>
  void maskTile(const Mask& mask, const Tile& tile, Memory& memory) const {
    if (dropsNothing(mask)) {
      if (!rows_.inPlace) copyTile(batch_, rows_, tile);
      return;
    }
    const NoiseKey key = keyOf(mask);
    memory.runs.forEachBlock(mask, tile, kPixelsAtOnce, [&](const RowRuns& rows) {
      const size_t at = rows_.offsetOf(tile.sample, 0, rows.row);
      if (!rows_.inPlace) copyKept(rows, at);
      if (rows.begin != rows.end) fill(rows, at, key, memory);
    });
  }

  void copyKept(const RowRuns& rows, size_t at) const {
    for (size_t plane = 0; plane < batch_.planes; ++plane, at += rows_.planeBytes) {
      size_t from = 0;
      for (const Run* run = rows.begin; run != rows.end; ++run) {
        copy(at, from, run->begin);
        from = run->end;
      }
      copy(at, from, rows.pixels);
    }
  }

  void copy(size_t at, size_t from, size_t to) const {
    const size_t begin = at + from * rows_.pixelBytes;
    std::memcpy(batch_.target + begin, batch_.source + begin, (to - from) * rows_.pixelBytes);
  }

  void fill(const RowRuns& rows, size_t at, const NoiseKey& key, const Memory& memory) const {
    const Noise& noise = batch_.noise;
    const uint32_t first = static_cast<uint32_t>(rows.row) * rows_.width;
    const uint32_t lead = first % kNoisePixels;  // the place of the first pixel in its block
    const size_t places = listPlaces(rows, lead, memory);
    uint32_t block = kFirstNoiseBlock + first / kNoisePixels;
    for (size_t plane = 0; plane < batch_.planes; ++plane, at += rows_.planeBytes) {
      const BlocksAhead ahead{batch_.target + at - lead * rows_.pixelBytes,
                              kNoisePixels * rows_.pixelBytes};
      for (size_t value = 0; value < valuesPerPixel_; ++value) {
        const size_t channel = plane * valuesPerPixel_ + value;
        if (channel == 0 || !noise.shared) {
          kernels_.drawNoise(memory.numbers, memory.places, places, block, key, noise.kind, ahead);
          block += blocks_;
        }
        const float* const pair = noise.channels + 2 * channel;
        kernels_.makeNoise(memory.values, memory.numbers, kNoisePixels * places, noise.kind,
                           noise.type, pair[0], pair[1]);
        kernels_.storeNoise(batch_.target + at + value * batch_.valueBytes, memory.values,
                            memory.starts, rows.begin, rows.end, rows_.pixelBytes,
                            batch_.valueBytes);
      }
    }
  }

  // The blocks of the dropped pixels, counted from that of the rows' first pixel, and where in them
  // each run starts.
  static size_t listPlaces(const RowRuns& rows, uint32_t lead, const Memory& memory) {
    uint32_t* const places = memory.places;
    uint32_t* start = memory.starts;
    uint32_t count = 0;
    for (const Run* run = rows.begin; run != rows.end; ++run) {
      const uint32_t from = lead + run->begin;
      const uint32_t place = from / kNoisePixels;
      const uint32_t blocks = (lead + run->end - 1) / kNoisePixels - place + 1;
      if (count != 0 && places[count - 1] == place) --count;
      *start++ = kNoisePixels * count + from % kNoisePixels;
      // In vectors, which may write more than there are.
      for (uint32_t k = 0; k < blocks; k += kNoiseBlocksAtOnce) {
        for (uint32_t i = 0; i < kNoiseBlocksAtOnce; ++i) places[count + k + i] = place + k + i;
      }
      count += blocks;
    }
    for (; count % kNoiseBlocksAtOnce != 0; ++count) places[count] = places[count - 1];
    return count;
  }

  const MaskBatch batch_;
  const Tiling tiling_;
  const Kernels& kernels_;
  const RowContext rows_;
  const size_t valuesPerPixel_;
  const uint32_t blocks_;  // of a field
};

}  // namespace

std::unique_ptr<Job> noiseJob(const MaskBatch& batch, unsigned threads, const Kernels& kernels) {
  const Tiling tiling(batch, kSharePixels / static_cast<size_t>(batch.width));
  return std::make_unique<NoiseJob>(batch, tiling, threads, kernels);
}

}  // namespace gridmask::cpu
