// SPDX-License-Identifier: MIT
//
// Row by row: the dropped runs, numbers for their pixels, and these as values in every channel.
// What takes time is to draw the numbers; a field that channels share is drawn once for all.

#include "cpu/noise.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "cpu/pool.h"
#include "lattice/runs.h"

namespace gridmask::cpu {
namespace {

// Pixels of an image that make waking another thread worth while.
constexpr size_t kSharePixels = 8192;

class NoiseWork {
 public:
  NoiseWork(const Batch& batch, const Kernels& kernels)
      : batch_(batch),
        kernels_(kernels),
        width_(static_cast<uint32_t>(batch.width)),
        rowBytes_(width_ * batch.pixelBytes),
        planeBytes_(rowBytes_ * static_cast<size_t>(batch.height)),
        valuesPerPixel_(batch.pixelBytes / batch.valueBytes),
        inPlace_(batch.source == batch.target),
        blocks_(noiseBlocks(uint64_t{width_} * static_cast<uint32_t>(batch.height))),
        numbers_(new float[kNoisePixels * maxBlocksInRow()]),
        places_(new uint32_t[maxBlocksInRow() + kNoiseBlocksAtOnce]),
        runs_(new Run[RunScanner::maxRunsInRow(width_)]) {}

  void maskBand(size_t n, int32_t rowBegin, int32_t rowEnd) {
    if (batch_.regions) {
      const RegionSample regions = batch_.regions[n];
      if (inPlace_ && regions.begin == regions.end) return;
      key_ = regions.key;
      maskRows(RegionScanner(regions, 0, rowBegin, width_), n, rowBegin, rowEnd);
      return;
    }
    const PackedSample sample = batch_.samples[n];
    const Lattice lattice = latticeOf(sample, batch_.height, batch_.width);
    if (inPlace_ && !lattice.masked) return;
    key_ = noiseKeyOf(sample);
    maskRows(RunScanner(lattice, 0, rowBegin, width_), n, rowBegin, rowEnd);
  }

 private:
  // A row may begin and end within a block.
  size_t maxBlocksInRow() const { return width_ / kNoisePixels + 2; }

  template <typename Scanner>
  void maskRows(Scanner scanner, size_t n, int32_t rowBegin, int32_t rowEnd) {
    for (int32_t row = rowBegin; row < rowEnd; ++row) {
      end_ = scanner.appendRow(runs_.get(), runs_.get(), 0);
      const size_t at = n * batch_.planes * planeBytes_ + static_cast<size_t>(row) * rowBytes_;
      if (!inPlace_) copyKept(at);
      if (end_ != runs_.get()) fillRow(at, static_cast<uint32_t>(row) * width_);
    }
  }

  void copyKept(size_t at) const {
    for (size_t plane = 0; plane < batch_.planes; ++plane, at += planeBytes_) {
      size_t from = 0;
      for (const Run* run = runs_.get(); run != end_; ++run) {
        copy(at, from, run->begin);
        from = run->end;
      }
      copy(at, from, width_);
    }
  }

  void copy(size_t at, size_t from, size_t to) const {
    const size_t begin = at + from * batch_.pixelBytes;
    std::memcpy(batch_.target + begin, batch_.source + begin, (to - from) * batch_.pixelBytes);
  }

  // `first`: the row's first pixel in the image.
  void fillRow(size_t at, uint32_t first) {
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
        store(batch_.target + at + value * batch_.valueBytes, numbers, channel);
      }
    }
  }

  // The blocks of the dropped pixels, counted from that of the row's first pixel, which is its
  // pixel `lead`.
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

  void store(uint8_t* row, const float* numbers, size_t channel) const {
    switch (batch_.noise.type) {
      case NoiseType::kFloat32:
        return storeAs<NoiseType::kFloat32>(row, numbers, channel);
      case NoiseType::kUint8:
        return storeAs<NoiseType::kUint8>(row, numbers, channel);
      case NoiseType::kFloat16:
        return storeAs<NoiseType::kFloat16>(row, numbers, channel);
      case NoiseType::kBfloat16:
        return storeAs<NoiseType::kBfloat16>(row, numbers, channel);
    }
  }

  template <NoiseType type>
  void storeAs(uint8_t* row, const float* numbers, size_t channel) const {
    constexpr size_t kBytes = valueBytesOf(type);
    const NoiseKind kind = batch_.noise.kind;
    const float a = batch_.noise.channels[2 * channel];
    const float b = batch_.noise.channels[2 * channel + 1];
    const auto storeRuns = [=](size_t pixelBytes) {
      for (const Run* run = runs_.get(); run != end_; ++run) {
        for (size_t x = run->begin; x < run->end; ++x) {
          const uint32_t bits = noiseBits(noiseValue(kind, numbers[x], a, b), type);
          // Little-endian: the value's bytes come first.
          std::memcpy(row + x * pixelBytes, &bits, kBytes);
        }
      }
    };
    // A constant that the compiler sees lets it use vectors.
    if (batch_.pixelBytes == kBytes) {
      storeRuns(kBytes);
    } else {
      storeRuns(batch_.pixelBytes);
    }
  }

  const Batch& batch_;
  const Kernels& kernels_;
  const uint32_t width_;
  const size_t rowBytes_;
  const size_t planeBytes_;
  const size_t valuesPerPixel_;
  const bool inPlace_;
  const uint32_t blocks_;
  std::unique_ptr<float[]> numbers_;
  std::unique_ptr<uint32_t[]> places_;
  std::unique_ptr<Run[]> runs_;
  const Run* end_ = nullptr;
  NoiseKey key_{};
};

}  // namespace

void applyNoise(const Batch& batch, unsigned threads, const Kernels& kernels) {
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
