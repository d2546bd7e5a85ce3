// SPDX-License-Identifier: MIT
//
// Some rows at a time: the dropped runs, numbers for their pixels, and these as values in every
// channel. What takes time is to draw the numbers; a field that channels share is drawn once.

#include "cpu/noise.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "cpu/pool.h"
#include "lattice/runs.h"

namespace gridmask::cpu {
namespace {

// Pixels whose numbers are drawn before they are used on every plane, unless a row has more: they
// stay in the first-level cache.
constexpr uint32_t kPixelsAtOnce = 4096;

// Pixels of an image that make waking another thread worth while.
constexpr size_t kSharePixels = 2 * kPixelsAtOnce;

class NoiseWork {
 public:
  NoiseWork(const MaskBatch& batch, const Kernels& kernels)
      : batch_(batch),
        kernels_(kernels),
        width_(static_cast<uint32_t>(batch.width)),
        planeBytes_(batch.planeBytes()),
        valuesPerPixel_(batch.pixelBytes / batch.valueBytes),
        inPlace_(batch.inPlace()),
        blocks_(noiseBlocks(batch.pixels())),
        rowsAtOnce_(std::max<uint32_t>(1, kPixelsAtOnce / width_)),
        numbers_(new float[kNoisePixels * maxBlocks()]),
        places_(new uint32_t[maxBlocks() + kNoiseBlocksAtOnce]),
        runs_(new Run[rowsAtOnce_ * RunScanner::maxRunsInRow(width_)]) {}

  void maskBand(size_t n, int32_t rowBegin, int32_t rowEnd) {
    if (const auto* all = std::get_if<Regions>(&batch_.masks)) {
      const RegionSample regions = (*all)[n];
      if (inPlace_ && regions.begin == regions.end) return;
      key_ = regions.key;
      maskRows(RegionScanner(regions, 0, rowBegin, width_), n, rowBegin, rowEnd);
      return;
    }
    const PackedSample sample = (*std::get_if<Samples>(&batch_.masks))[n];
    const Lattice lattice = latticeOf(sample, batch_.height, batch_.width);
    if (inPlace_ && !lattice.masked) return;
    key_ = noiseKeyOf(sample);
    maskRows(RunScanner(lattice, 0, rowBegin, width_), n, rowBegin, rowEnd);
  }

 private:
  // Rows may begin and end within a block.
  size_t maxBlocks() const { return size_t{rowsAtOnce_} * width_ / kNoisePixels + 2; }

  template <typename Scanner>
  void maskRows(Scanner scanner, size_t n, int32_t rowBegin, int32_t rowEnd) {
    for (int32_t row = rowBegin; row < rowEnd;) {
      const uint32_t first = static_cast<uint32_t>(row) * width_;
      const int32_t end = std::min(row + static_cast<int32_t>(rowsAtOnce_), rowEnd);
      Run* runsEnd = runs_.get();
      uint32_t pixels = 0;
      for (; row < end; ++row, pixels += width_) {
        runsEnd = scanner.appendRow(runs_.get(), runsEnd, pixels);
      }
      end_ = runsEnd;
      const size_t at = n * batch_.planes * planeBytes_ + size_t{first} * batch_.pixelBytes;
      if (!inPlace_) copyKept(at, pixels);
      if (end_ != runs_.get()) fill(at, first);
    }
  }

  void copyKept(size_t at, uint32_t pixels) const {
    for (size_t plane = 0; plane < batch_.planes; ++plane, at += planeBytes_) {
      size_t from = 0;
      for (const Run* run = runs_.get(); run != end_; ++run) {
        copy(at, from, run->begin);
        from = run->end;
      }
      copy(at, from, pixels);
    }
  }

  void copy(size_t at, size_t from, size_t to) const {
    const size_t begin = at + from * batch_.pixelBytes;
    std::memcpy(batch_.target + begin, batch_.source + begin, (to - from) * batch_.pixelBytes);
  }

  // `first`: the rows' first pixel in the image.
  void fill(size_t at, uint32_t first) {
    const size_t places = listPlaces(first % kNoisePixels);
    const float* numbers = numbers_.get() + first % kNoisePixels;
    uint32_t block = kFirstNoiseBlock + first / kNoisePixels;
    for (size_t plane = 0; plane < batch_.planes; ++plane, at += planeBytes_) {
      for (size_t value = 0; value < valuesPerPixel_; ++value) {
        const size_t channel = plane * valuesPerPixel_ + value;
        if (channel == 0 || !batch_.noise.shared) {
          kernels_.drawNoise(numbers_.get(), places_.get(), places, block, key_, batch_.noise.kind);
          block += blocks_;
        }
        const float* pair = batch_.noise.channels + 2 * channel;
        kernels_.storeNoise(batch_.target + at + value * batch_.valueBytes, numbers, runs_.get(),
                            end_, batch_.pixelBytes, batch_.noise.kind, batch_.noise.type, pair[0],
                            pair[1]);
      }
    }
  }

  // The blocks of the dropped pixels, counted from that of the rows' first pixel, which is
  // its pixel `lead`.
  size_t listPlaces(uint32_t lead) {
    uint32_t* places = places_.get();
    size_t count = 0;
    for (const Run* run = runs_.get(); run != end_; ++run) {
      uint32_t place = (lead + run->begin) / kNoisePixels;
      if (count != 0 && places[count - 1] == place) ++place;
      for (; place <= (lead + run->end - 1) / kNoisePixels; ++place) places[count++] = place;
    }
    for (; count % kNoiseBlocksAtOnce != 0; ++count) places[count] = places[count - 1];
    return count;
  }

  const MaskBatch& batch_;
  const Kernels& kernels_;
  const uint32_t width_;
  const size_t planeBytes_;
  const size_t valuesPerPixel_;
  const bool inPlace_;
  const uint32_t blocks_;
  const uint32_t rowsAtOnce_;
  std::unique_ptr<float[]> numbers_;
  std::unique_ptr<uint32_t[]> places_;
  std::unique_ptr<Run[]> runs_;
  const Run* end_ = nullptr;
  NoiseKey key_{};
};

}  // namespace

void applyNoise(const MaskBatch& batch, unsigned threads, const Kernels& kernels) {
  const auto height = static_cast<size_t>(batch.height);
  const size_t shareRows = kSharePixels / static_cast<size_t>(batch.width);
  const size_t bandRows = std::min(std::max<size_t>(1, shareRows), height);
  const size_t bands = (height + bandRows - 1) / bandRows;
  const size_t grain = std::max<size_t>(1, shareRows / height);
  parallelFor(batch.count * bands, grain, threads, [&](size_t begin, size_t end) {
    NoiseWork work(batch, kernels);
    for (size_t item = begin; item < end; ++item) {
      const size_t row = item % bands * bandRows;
      work.maskBand(item / bands, static_cast<int32_t>(row),
                    static_cast<int32_t>(std::min(row + bandRows, height)));
    }
  });
}

}  // namespace gridmask::cpu
