// SPDX-License-Identifier: MIT
//
// The CPU backend against the definition, keepsPixel(), in every layout and width of value, with
// guard bytes around all memory, by every instruction set that this processor has and by every
// strategy.

#include "cpu/backend.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "check.h"
#include "cpu/streaming_stores.h"
#include "samples.h"

using namespace gridmask;

namespace {

// Exactly sized memory at a chosen misalignment, so that a sanitizer sees every stray access.
class Memory {
 public:
  Memory(size_t bytes, size_t misalignment)
      : block_(new uint8_t[bytes + misalignment]), offset_(misalignment) {}
  uint8_t* data() { return block_.get() + offset_; }

 private:
  std::unique_ptr<uint8_t[]> block_;
  size_t offset_;
};

// The dropped runs of each row as rectangles: headers, then rectangles, as they cross from
// JavaScript.
std::vector<uint32_t> rectanglesOf(const std::vector<PackedSample>& samples, int height,
                                   int width) {
  std::vector<uint32_t> headers, rectangles;
  std::vector<Run> runs(RunScanner::maxRunsInRow(static_cast<uint32_t>(width)));
  for (const PackedSample& sample : samples) {
    RunScanner scanner(latticeOf(sample, height, width), 0, 0, static_cast<uint32_t>(width));
    for (uint32_t y = 0; y < static_cast<uint32_t>(height); ++y) {
      const Run* end = scanner.appendRow(runs.data(), runs.data(), 0);
      for (const Run* run = runs.data(); run != end; ++run) {
        rectangles.insert(rectangles.end(), {run->begin, y, run->end, y + 1});
      }
    }
    headers.insert(headers.end(),
                   {static_cast<uint32_t>(rectangles.size() / 4), 1, 0, 0, 0, 0, 0, 0});
  }
  headers.insert(headers.end(), rectangles.begin(), rectangles.end());
  return headers;
}

void randomBatchesAreMaskedAsDefined() {
  Random random(4);
  for (int i = 0; i < rounds(3000); ++i) {
    const bool large = i % 200 == 0;
    const bool wide = i % 200 == 1;  // rows that are longer than a block of the mask
    const bool many = i % 20 == 2;   // samples so small that some are joined
    const int height = random.between(1, wide ? 3 : large ? 260 : 40);
    const int width = wide ? random.between(2000, kMaxSide) : random.between(1, large ? 260 : 70);
    const auto count = static_cast<size_t>(random.between(1, many ? 60 : large || wide ? 3 : 5));
    const auto channels = static_cast<size_t>(random.between(1, many                          ? 3
                                                                : random.chance(0.1) && !wide ? 150
                                                                                              : 5));
    const size_t valueBytes = size_t{1} << random.between(0, 2);
    const bool channelsLast = random.chance(0.5);
    // JavaScript has one plane where a pixel holds all channels; here there may be two.
    const size_t planes = !channelsLast ? channels : random.chance(0.3) ? 2 : 1;
    const size_t pixelBytes = channelsLast ? channels * valueBytes : valueBytes;
    const size_t planeBytes = static_cast<size_t>(height) * static_cast<size_t>(width) * pixelBytes;
    const size_t bytes = count * planes * planeBytes;
    const size_t misalignment = valueBytes * static_cast<size_t>(random.between(0, 9));

    std::vector<uint8_t> fill(planes * pixelBytes);
    // Repeated values throughout, in each plane, in the first plane alone, or nowhere.
    const int repeats = random.between(0, 3);
    for (size_t k = 0; k < fill.size(); ++k) {
      const bool repeated = repeats == 3   ? k >= valueBytes
                            : repeats == 2 ? k % pixelBytes >= valueBytes
                            : repeats == 1 ? k >= valueBytes && k < pixelBytes
                                           : false;
      fill[k] = repeated ? fill[k - valueBytes] : static_cast<uint8_t>(random.word());
    }
    // Of some batches some channels stay.
    const bool some = random.chance(0.2);
    std::vector<uint8_t> filled(fill.size(), 0xff);
    for (size_t k = 0; k < fill.size() && some; k += valueBytes) {
      std::memset(&filled[k], random.chance(0.5) ? 0xff : 0, valueBytes);
    }
    std::vector<PackedSample> samples(count);
    for (auto& sample : samples) sample = randomSample(random);

    Memory source(bytes, misalignment), target(bytes, misalignment);
    for (size_t k = 0; k < bytes; ++k) source.data()[k] = static_cast<uint8_t>(random.word());
    std::vector<uint8_t> expected(source.data(), source.data() + bytes);
    for (size_t n = 0; n < count; ++n) {
      const Lattice lattice = latticeOf(samples[n], height, width);
      for (size_t plane = 0; plane < planes; ++plane) {
        for (int y = 0; y < height; ++y) {
          for (int x = 0; x < width; ++x) {
            if (keepsPixel(lattice, x, y)) continue;
            const size_t pixel =
                static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x);
            const size_t at = (n * planes + plane) * planeBytes + pixel * pixelBytes;
            for (size_t k = 0; k < pixelBytes; ++k) {
              const size_t byte = plane * pixelBytes + k;
              if (filled[byte] != 0) expected[at + k] = fill[byte];
            }
          }
        }
      }
    }

    const BatchLayout layout{count, planes, height, width, pixelBytes, valueBytes};
    MaskBatch batch{
        {layout, source.data(), target.data()}, Samples(samples.data()), fill.data(), {}};
    const std::vector<uint32_t> rectangles = rectanglesOf(samples, height, width);
    if (some) batch.filled = filled.data();
    MaskBatch same = batch;
    same.masks = Rectangles(reinterpret_cast<const RectangleHeader*>(rectangles.data()), count);
    const auto threads = static_cast<unsigned>(random.between(1, 4));
    const auto strategy = static_cast<cpu::Strategy>(random.between(0, 2));
    for (auto* kernels = cpu::availableKernels(); *kernels != nullptr; ++kernels) {
      std::memset(target.data(), 0xA5, bytes);
      cpu::apply(batch, threads, **kernels, strategy);
      CHECK(std::memcmp(target.data(), expected.data(), bytes) == 0);

      std::memcpy(target.data(), source.data(), bytes);
      MaskBatch inPlace = batch;
      inPlace.source = inPlace.target;
      cpu::apply(inPlace, threads, **kernels, strategy);
      CHECK(std::memcmp(target.data(), expected.data(), bytes) == 0);

      std::memset(target.data(), 0xA5, bytes);
      cpu::apply(same, threads, **kernels);
      CHECK(std::memcmp(target.data(), expected.data(), bytes) == 0);
    }
  }
}

// Batches that stream are too large to draw by the thousand; the loop itself is not.
void streamedRunsAreCopiedRuns() {
#ifdef GRIDMASK_STREAMING
  Random random(5);
  for (int i = 0; i < rounds(5000); ++i) {
    const size_t valueBytes = size_t{1} << random.between(0, 2);
    const bool splat = random.chance(0.5);
    const size_t pixelBytes =
        splat ? valueBytes : valueBytes * static_cast<size_t>(random.between(1, 9));
    const auto pixels = static_cast<size_t>(random.between(0, 600));
    const size_t bytes = pixels * pixelBytes;
    std::vector<Run> runs;
    for (size_t p = 0; p < pixels;) {
      const size_t begin = p + static_cast<size_t>(random.between(0, 80));
      const size_t end = begin + static_cast<size_t>(random.between(1, 80));
      if (end > pixels) break;
      runs.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
      p = end + 1;
    }
    std::vector<uint8_t> pattern(splat ? cpu::kSplatBytes : 5 * pixelBytes);
    const size_t period = splat ? valueBytes : pixelBytes;
    for (size_t k = 0; k < pattern.size(); ++k) {
      pattern[k] = k < period ? static_cast<uint8_t>(random.word()) : pattern[k - period];
    }
    const cpu::Fill fill{pattern.data(), pattern.size(), splat, false};
    const size_t misalignment = valueBytes * static_cast<size_t>(random.between(0, 40));
    Memory source(bytes, misalignment), streamed(bytes, misalignment), copied(bytes, 0);
    for (size_t k = 0; k < bytes; ++k) source.data()[k] = static_cast<uint8_t>(random.word());
    const Run* end = runs.data() + runs.size();
    cpu::streamRuns(streamed.data(), source.data(), runs.data(), end, pixels, pixelBytes, fill);
    cpu::bestKernels().copyRuns(copied.data(), source.data(), runs.data(), end, pixels, pixelBytes,
                                fill);
    CHECK(std::memcmp(streamed.data(), copied.data(), bytes) == 0);
  }
#endif
}

}  // namespace

int main() {
  randomBatchesAreMaskedAsDefined();
  streamedRunsAreCopiedRuns();
}
