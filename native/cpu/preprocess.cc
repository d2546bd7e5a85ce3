// SPDX-License-Identifier: MIT
//
// A batch is cut into bands, some rows of one sample. Of each row the dropped runs are worked out,
// then it is made in all its channels at once, every value of it written once.

#include "cpu/preprocess.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "cpu/block_mask.h"
#include "cpu/pool.h"
#include "cpu/row_converter.h"
#include "lattice/runs.h"

#if defined(__linux__)
#include <unistd.h>
#endif

namespace gridmask::cpu {
namespace {

// Bytes of the result that make waking another thread worth while, and shares of a thread.
constexpr size_t kShareBytes = 64 * 1024;
constexpr size_t kLargestShareBytes = 512 * 1024;
constexpr size_t kSharesPerThread = 8;

constexpr size_t kStreamBytes = size_t{16} << 20;

class Work {
 public:
  Work(const PreprocessBatch& batch, const Converter* converter, bool streams)
      : batch_(batch),
        width_(static_cast<uint32_t>(batch.width)),
        canvas_(canvasOf(batch.height, batch.width)),
        rows_(batch, converter, streams),
        runs_(new Run[RunScanner::maxRunsInRow(width_)]) {
    if (converter != nullptr) mask_.emplace(width_, *converter);
  }

  void makeBand(size_t sample, int32_t rowBegin, int32_t rowEnd) {
    rows_.start(batch_.images[sample]);
    Lattice lattice{};  // that drops nothing
    if (batch_.samples != nullptr) lattice = latticeOf(batch_.samples[sample], canvas_);
    uint8_t* row = batch_.target + sample * batch_.sampleBytes() +
                   static_cast<size_t>(rowBegin) * batch_.rowBytes();
    if (rows_.inBlocks()) {
      mask_->start(lattice, rowBegin);
      for (int32_t y = rowBegin; y < rowEnd; ++y, row += batch_.rowBytes()) {
        rows_.makeBlocks(row, y, mask_->nextRow());
      }
      return;
    }
    RunScanner scanner(lattice, 0, rowBegin, width_);
    for (int32_t y = rowBegin; y < rowEnd; ++y, row += batch_.rowBytes()) {
      rows_.makeValues(row, y, runs_.get(), scanner.appendRow(runs_.get(), runs_.get(), 0));
    }
  }

 private:
  const PreprocessBatch& batch_;
  const uint32_t width_;
  const Canvas canvas_;
  RowConverter rows_;
  std::optional<BlockMask> mask_;
  std::unique_ptr<Run[]> runs_;
};

}  // namespace

void preprocess(const PreprocessBatch& batch, unsigned threads, const Converter* converter,
                Stores stores) {
  if (batch.isEmpty()) return;
  const size_t rowBytes = batch.planes * batch.rowBytes();
  const auto height = static_cast<size_t>(batch.height);
  const size_t totalRows = batch.count * height;
  const size_t rows = std::max<size_t>(
      {1, kShareBytes / rowBytes,
       std::min(totalRows / (threads * kSharesPerThread), kLargestShareBytes / rowBytes)});
  const size_t bandRows = std::min(rows, height);
  const size_t bands = (height + bandRows - 1) / bandRows;
  const size_t grain = std::max<size_t>(1, rows / height);
  const bool streams =
      stores == Stores::kBySize ? batch.bytes() >= kStreamBytes : stores == Stores::kPastCaches;

  parallelFor(batch.count * bands, grain, threads, [&](size_t begin, size_t end) {
    Work work(batch, converter, streams);
    for (size_t item = begin; item < end; ++item) {
      const size_t row = item % bands * bandRows;
      work.makeBand(item / bands, static_cast<int32_t>(row),
                    static_cast<int32_t>(std::min(row + bandRows, height)));
    }
  });
}

}  // namespace gridmask::cpu
