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

// Counters that are worked on at a time: each round waits for the last, but not for other counters.
constexpr uint32_t kAtOnce = 4;

class NoiseWork {
 public:
  explicit NoiseWork(const Batch& batch)
      : batch_(batch),
        width_(static_cast<uint32_t>(batch.width)),
        rowBytes_(width_ * batch.pixelBytes),
        planeBytes_(rowBytes_ * static_cast<size_t>(batch.height)),
        valuesPerPixel_(batch.pixelBytes / batch.valueBytes),
        blocks_(noiseBlocks(uint64_t{width_} * static_cast<uint32_t>(batch.height))),
        units_(new float[width_]),
        runs_(new Run[RunScanner::maxRunsInRow(width_)]) {}

  void maskSample(size_t n) {
    if (batch_.regions) {
      const RegionSample regions = batch_.regions[n];
      key_ = regions.key;
      maskRows(RegionScanner(regions, 0, 0, width_), n);
      return;
    }
    const PackedSample sample = batch_.samples[n];
    const Lattice lattice = latticeOf(sample, batch_.height, batch_.width);
    key_ = {{sample.seed[0], sample.seed[1]}, {sample.index[0], sample.index[1]}, sample.epoch};
    maskRows(RunScanner(lattice, 0, 0, width_), n);
  }

 private:
  template <typename Scanner>
  void maskRows(Scanner scanner, size_t n) {
    for (int32_t row = 0; row < batch_.height; ++row) {
      end_ = scanner.appendRow(runs_.get(), runs_.get(), 0);
      const size_t at = n * batch_.planes * planeBytes_ + static_cast<size_t>(row) * rowBytes_;
      if (batch_.source != batch_.target) copyKept(at);
      if (end_ != runs_.get()) fillRow(at, static_cast<uint32_t>(row));
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

  void fillRow(size_t at, uint32_t row) {
    for (size_t plane = 0; plane < batch_.planes; ++plane, at += planeBytes_) {
      for (size_t value = 0; value < valuesPerPixel_; ++value) {
        const size_t channel = plane * valuesPerPixel_ + value;
        if (channel == 0 || !batch_.noise.shared) drawRow(channel, row);
        store(batch_.target + at + value * batch_.valueBytes, channel);
      }
    }
  }

  // A number for each dropped pixel of the row, at the pixel's place.
  void drawRow(size_t field, uint32_t row) {
    const uint32_t base = row * width_;
    const uint32_t firstBlock = kFirstNoiseBlock + static_cast<uint32_t>(field) * blocks_;
    for (const Run* run = runs_.get(); run != end_; ++run) {
      const uint32_t first = base + run->begin;
      const uint32_t last = base + run->end - 1;
      for (uint32_t block = first / kNoisePixels; block <= last / kNoisePixels; block += kAtOnce) {
        Philox4 counters[kAtOnce];
        for (uint32_t k = 0; k < kAtOnce; ++k) {
          counters[k] = noiseCounter(key_, firstBlock + block + k);
        }
        philox4x32(counters, key_.seed[0], key_.seed[1]);
        for (uint32_t k = 0; k < kAtOnce; ++k) {
          float units[kNoisePixels];
          noiseUnitsOf(counters[k], batch_.noise.kind, units);
          for (uint32_t i = 0; i < kNoisePixels; ++i) {
            const uint32_t pixel = (block + k) * kNoisePixels + i;
            if (pixel >= first && pixel <= last) units_[pixel - base] = units[i];
          }
        }
      }
    }
  }

  void store(uint8_t* row, size_t channel) const {
    switch (batch_.noise.type) {
      case NoiseType::kFloat32:
        return storeAs<NoiseType::kFloat32>(row, channel);
      case NoiseType::kUint8:
        return storeAs<NoiseType::kUint8>(row, channel);
      case NoiseType::kFloat16:
        return storeAs<NoiseType::kFloat16>(row, channel);
      case NoiseType::kBfloat16:
        return storeAs<NoiseType::kBfloat16>(row, channel);
    }
  }

  template <NoiseType type>
  void storeAs(uint8_t* row, size_t channel) const {
    float parameters[2];
    std::memcpy(parameters, batch_.noise.channels + 2 * channel, sizeof parameters);
    for (const Run* run = runs_.get(); run != end_; ++run) {
      for (uint32_t x = run->begin; x < run->end; ++x) {
        const uint32_t bits = noiseBits(noiseValue(units_[x], parameters[0], parameters[1]), type);
        // Little-endian: the value's bytes come first.
        std::memcpy(row + x * batch_.pixelBytes, &bits, bytesOf(type));
      }
    }
  }

  const Batch& batch_;
  const uint32_t width_;
  const size_t rowBytes_;
  const size_t planeBytes_;
  const size_t valuesPerPixel_;
  const uint32_t blocks_;
  std::unique_ptr<float[]> units_;
  std::unique_ptr<Run[]> runs_;
  const Run* end_ = nullptr;
  NoiseKey key_{};
};

}  // namespace

void applyNoise(const Batch& batch, unsigned threads) {
  parallelFor(batch.count, 1, threads, [&](size_t begin, size_t end) {
    NoiseWork work(batch);
    for (size_t n = begin; n < end; ++n) work.maskSample(n);
  });
}

}  // namespace gridmask::cpu
