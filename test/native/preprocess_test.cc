// SPDX-License-Identifier: MIT
//
// The CPU's Preprocessor against its definition, value by value: every kind of image, crop, type
// and layout, by every instruction set that this processor has and without, past the caches and
// not. Memory has exactly the size that it needs, so that a sanitizer sees every stray access.

#include "cpu/preprocess.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "check.h"
#include "samples.h"

using namespace gridmask;

namespace {

constexpr uint8_t kUnwritten = 0xA5;
constexpr size_t kGuard = 64;

struct Batch {
  PreprocessBatch batch;
  std::vector<std::unique_ptr<uint8_t[]>> pictures;
  std::vector<PackedSample> samples;
  std::vector<uint8_t> fill;
};

uint32_t sourceChannels(const Batch& of, size_t n) { return of.batch.images[n].channels; }

Batch randomBatch(Random& random) {
  Batch of;
  PreprocessBatch& batch = of.batch;
  batch.type = static_cast<ValueType>(
      std::vector<uint32_t>{0, 2, 3}[static_cast<size_t>(random.between(0, 2))]);
  batch.valueBytes = valueBytesOf(batch.type);
  batch.floatSource = random.chance(0.2);
  batch.planarSource = random.chance(0.3);
  batch.count = static_cast<size_t>(random.between(1, 4));
  batch.height = random.between(1, random.chance(0.05) ? 100 : 12);
  batch.width = random.chance(0.3) ? 16 * random.between(1, 8) : random.between(1, 140);
  const auto channels = static_cast<size_t>(random.between(1, random.chance(0.1) ? 9 : 4));
  const bool interleaved = random.chance(0.4);
  batch.planes = interleaved ? 1 : channels;
  batch.pixelBytes = interleaved ? channels * batch.valueBytes : batch.valueBytes;
  const int least = random.between(1, 6);  // channels of an image
  for (size_t k = 0; k < channels; ++k) {
    batch.scales.push_back({static_cast<uint32_t>(random.between(0, least - 1)),
                            static_cast<float>(random.uniform() * 0.05 + 1e-3),
                            static_cast<float>(random.uniform() * 6 - 3)});
  }
  for (size_t n = 0; n < batch.count; ++n) {
    SourceImage image{};
    image.height = random.between(0, 16);
    image.width = random.chance(0.3) ? batch.width : random.between(0, 150);
    image.channels = static_cast<uint32_t>(random.between(least, random.chance(0.2) ? 7 : least));
    image.top = random.between(-4, 6);
    image.left = random.chance(0.3) ? 0 : random.between(-20, 30);
    image.flip = random.chance(0.5);
    const size_t values =
        static_cast<size_t>(image.height) * static_cast<size_t>(image.width) * image.channels;
    const size_t bytes = values * (batch.floatSource ? sizeof(float) : 1);
    of.pictures.emplace_back(new uint8_t[bytes]);
    uint8_t* const data = of.pictures.back().get();
    for (size_t i = 0; i < values; ++i) {
      const float value = static_cast<float>(random.between(-1000, 30000)) / 100;
      if (batch.floatSource) {
        std::memcpy(data + i * sizeof value, &value, sizeof value);
      } else {
        data[i] = static_cast<uint8_t>(random.word());
      }
    }
    if (batch.floatSource && values > 0 && random.chance(0.3)) {
      const float value = random.chance(0.5) ? -INFINITY : NAN;
      std::memcpy(data, &value, sizeof value);
    }
    image.data = data;
    batch.images.push_back(image);
    of.samples.push_back(randomSample(random));
  }
  of.fill.resize(batch.planes * batch.pixelBytes);
  for (size_t k = 0; k < channels; ++k) {
    const uint32_t bits = noiseBits(static_cast<float>(random.between(-2, 2)), batch.type);
    std::memcpy(of.fill.data() + k * batch.valueBytes, &bits, batch.valueBytes);
  }
  batch.fill = of.fill.data();
  batch.samples = random.chance(0.7) ? of.samples.data() : nullptr;
  return of;
}

// The value of channel k of pixel (x, y) of sample n, as bits.
uint32_t definedBits(const Batch& of, size_t n, size_t k, int32_t x, int32_t y) {
  const PreprocessBatch& batch = of.batch;
  if (batch.samples != nullptr &&
      !keepsPixel(latticeOf(batch.samples[n], batch.height, batch.width), x, y)) {
    uint32_t bits = 0;
    std::memcpy(&bits, batch.fill + k * batch.valueBytes, batch.valueBytes);
    return bits;
  }
  const SourceImage& image = batch.images[n];
  const int32_t row = y + image.top;
  const int32_t column = image.left + (image.flip ? batch.width - 1 - x : x);
  float value = 0;
  if (row >= 0 && row < image.height && column >= 0 && column < image.width) {
    const size_t channel = batch.scales[k].channel;
    const size_t pixel =
        static_cast<size_t>(row) * static_cast<size_t>(image.width) + static_cast<size_t>(column);
    const size_t pixels = static_cast<size_t>(image.height) * static_cast<size_t>(image.width);
    const size_t at =
        batch.planarSource ? channel * pixels + pixel : pixel * sourceChannels(of, n) + channel;
    if (batch.floatSource) {
      std::memcpy(&value, image.data + at * sizeof value, sizeof value);
    } else {
      value = static_cast<float>(image.data[at]);
    }
  }
  return scaledBits(value, batch.scales[k], batch.type);
}

void checkResult(const Batch& of, const uint8_t* target) {
  const PreprocessBatch& batch = of.batch;
  for (size_t n = 0; n < batch.count; ++n) {
    for (size_t k = 0; k < batch.channels(); ++k) {
      for (int32_t y = 0; y < batch.height; ++y) {
        for (int32_t x = 0; x < batch.width; ++x) {
          const size_t pixel =
              static_cast<size_t>(y) * static_cast<size_t>(batch.width) + static_cast<size_t>(x);
          const size_t at = n * batch.sampleBytes() + pixel * batch.pixelBytes +
                            k * (batch.planes > 1 ? batch.planeBytes() : batch.valueBytes);
          uint32_t bits = 0;
          std::memcpy(&bits, target + at, batch.valueBytes);
          CHECK(bits == definedBits(of, n, k, x, y));
        }
      }
    }
  }
}

void checkBatch(Batch& of, unsigned threads, const cpu::Converter* converter, cpu::Stores stores,
                size_t misalignment) {
  const size_t bytes = of.batch.bytes();
  std::unique_ptr<uint8_t[]> memory(new uint8_t[bytes + 2 * kGuard + 64]);
  const auto begin = reinterpret_cast<uintptr_t>(memory.get()) + kGuard;
  uint8_t* const target = memory.get() + kGuard + (64 - begin % 64) % 64 + misalignment % 64;
  std::memset(memory.get(), kUnwritten, bytes + 2 * kGuard + 64);
  of.batch.target = target;
  cpu::preprocess(of.batch, threads, converter, stores);
  checkResult(of, target);
  const uint8_t* const end = memory.get() + bytes + 2 * kGuard + 64;
  CHECK(std::all_of(memory.get(), target, [](uint8_t byte) { return byte == kUnwritten; }));
  CHECK(std::all_of(target + bytes, const_cast<uint8_t*>(end),
                    [](uint8_t byte) { return byte == kUnwritten; }));
}

void randomBatchesAreMadeAsDefined() {
  Random random(11);
  for (int i = 0; i < 1500; ++i) {
    Batch of = randomBatch(random);
    const auto threads = static_cast<unsigned>(random.between(1, 3));
    const auto stores = random.chance(0.5) ? cpu::Stores::kPastCaches : cpu::Stores::kCached;
    const size_t misalignment =
        random.chance(0.5) ? 0 : of.batch.valueBytes * static_cast<size_t>(random.between(0, 15));
    checkBatch(of, threads, nullptr, stores, misalignment);
    for (const auto* converters = cpu::availableConverters(); *converters != nullptr;
         ++converters) {
      checkBatch(of, threads, *converters, stores, misalignment);
    }
  }
}

// Of images in a row, none may be read for its neighbour.
void nothingIsReadBeyondAnImage() {
  for (const auto* converters = cpu::availableConverters(); *converters != nullptr; ++converters) {
    for (uint32_t channels = 1; channels <= 4; ++channels) {
      for (int32_t width = 1; width < 70; ++width) {
        for (const bool flip : {false, true}) {
          Batch of;
          PreprocessBatch& batch = of.batch;
          batch = {};
          batch.count = 1;
          batch.planes = channels;
          batch.height = 2;
          batch.width = width;
          batch.pixelBytes = batch.valueBytes = 4;
          batch.type = ValueType::kFloat32;
          of.pictures.emplace_back(new uint8_t[2 * static_cast<size_t>(width) * channels]);
          for (size_t k = 0; k < 2 * static_cast<size_t>(width) * channels; ++k) {
            of.pictures[0][k] = static_cast<uint8_t>(k * 37);
          }
          batch.images.push_back({of.pictures[0].get(), 2, width, channels, 0, 0, flip});
          for (uint32_t k = 0; k < channels; ++k) batch.scales.push_back({k, 0.01f, -1});
          of.fill.resize(4 * channels);
          batch.fill = of.fill.data();
          checkBatch(of, 1, *converters, cpu::Stores::kCached, 0);
        }
      }
    }
  }
}

void emptyBatchesAreNone() {
  PreprocessBatch batch{};
  batch.count = 3;
  batch.planes = 3;
  batch.pixelBytes = batch.valueBytes = 4;
  cpu::preprocess(batch, 2);
}

}  // namespace

int main() {
  randomBatchesAreMadeAsDefined();
  nothingIsReadBeyondAnImage();
  emptyBatchesAreNone();
}
