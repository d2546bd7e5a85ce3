// SPDX-License-Identifier: MIT
//
// A batch is cut into tiles, consecutive rows of one sample. For a few rows at a time, it is
// decided what the mask drops; then the rows are made in all channels, every value written once.

#include "cpu/preprocess.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "cpu/band_maker.h"
#include "cpu/caches.h"
#include "cpu/row_maker.h"
#include "cpu/tiling.h"
#include "lattice/runs.h"

namespace gridmask::cpu {
namespace {

// Bytes of the result for which waking another thread is worth its while.
constexpr size_t kShareBytes = 64 * 1024;
constexpr size_t kLargestShareBytes = 512 * 1024;
constexpr size_t kSharesPerThread = 8;

size_t rowsOfShare(const PreprocessBatch& batch, unsigned threads) {
  const size_t rowBytes = batch.planes * batch.rowBytes();
  const size_t rows = batch.count * static_cast<size_t>(batch.height);
  return std::max<size_t>(
      {1, kShareBytes / rowBytes,
       std::min(rows / (threads * kSharesPerThread), kLargestShareBytes / rowBytes)});
}

bool streams(const PreprocessBatch& batch, Stores stores) {
  if (stores != Stores::kBySize) return stores == Stores::kPastCaches;
  return batch.bytes() >= cachedBytes();
}

// What a thread works with.
struct Memory {
  Memory(uint8_t* scratch, const PreprocessBatch& batch, const BandMaker& bands)
      : carver(scratch),
        ahead(carver.take<MaskReader::State>(1)),
        runs(carver.take<Run>(RunScanner::maxRunsInRow(static_cast<uint32_t>(batch.width)))),
        ofBands(bands, carver) {}

  Carver carver;
  MaskReader::State* const ahead;
  Run* const runs;
  BandMaker::Memory ofBands;
};

class PreprocessJob final : public Job {
 public:
  // What the job works with. It exists before the job, whose size follows from it.
  struct Plan {
    Plan(PreprocessBatch of, unsigned threads, const Converter* with, Stores stores)
        : batch(std::move(of)),
          tiling(batch, rowsOfShare(batch, threads)),
          bands(batch, with, streams(batch, stores)),
          rows(batch),
          canvas(canvasOf(batch.height, batch.width)) {}

    size_t scratchBytes() const { return Memory(nullptr, batch, bands).carver.bytes(); }

    const PreprocessBatch batch;
    const Tiling tiling;
    const BandMaker bands;
    const RowMaker rows;
    const Canvas canvas;
  };

  PreprocessJob(std::unique_ptr<const Plan> plan, unsigned threads)
      : Job({plan->tiling.count(), plan->tiling.grain(), threads, plan->scratchBytes()}),
        plan_(std::move(plan)) {}

  void work(size_t begin, size_t end, uint8_t* scratch) noexcept override {
    Memory memory(scratch, plan_->batch, plan_->bands);
    std::optional<MaskReader> reader;
    if (plan_->batch.samples) {
      reader.emplace(*plan_->batch.samples, plan_->batch.count, plan_->canvas, *memory.ahead);
    }
    plan_->tiling.forEach(begin, end, [&](const Tile& tile) {
      if (reader) reader->goTo(tile.sample);
      makeTile(tile, reader && !reader->dropsNothing() ? &*reader : nullptr, memory);
    });
    plan_->bands.finish();
  }

 private:
  // `mask` is null where nothing is dropped.
  void makeTile(const Tile& tile, const MaskReader* mask, Memory& memory) const {
    const PreprocessBatch& batch = plan_->batch;
    const SourceImage& image = batch.images[tile.sample];
    if (plan_->bands.makes(image)) {
      plan_->bands.makeTile(tile, mask, memory.ofBands);
      return;
    }
    uint8_t* row = batch.target + tile.sample * batch.sampleBytes() +
                   static_cast<size_t>(tile.rowBegin) * batch.rowBytes();
    const Lattice lattice = mask != nullptr ? mask->lattice() : Lattice{};
    RunScanner scanner(lattice, 0, tile.rowBegin, static_cast<uint32_t>(batch.width));
    for (int32_t y = tile.rowBegin; y < tile.rowEnd; ++y, row += batch.rowBytes()) {
      const Run* const end = scanner.appendRow(memory.runs, memory.runs, 0);
      plan_->rows.make(row, image, y, memory.runs, end);
    }
  }

  const std::unique_ptr<const Plan> plan_;
};

}  // namespace

std::unique_ptr<Job> preprocessJob(PreprocessBatch batch, unsigned threads,
                                   const Converter* converter, Stores stores) {
  if (batch.isEmpty()) return noJob();
  auto plan = std::make_unique<PreprocessJob::Plan>(std::move(batch), threads, converter, stores);
  return std::make_unique<PreprocessJob>(std::move(plan), threads);
}

void preprocess(PreprocessBatch batch, unsigned threads, const Converter* converter,
                Stores stores) {
  run(*preprocessJob(std::move(batch), threads, converter, stores));
}

}  // namespace gridmask::cpu
