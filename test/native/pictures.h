// SPDX-License-Identifier: MIT
//
// Decoded images of every kind, and their right results, value by value.
#pragma once

#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "check.h"
#include "lattice/preprocess.h"
#include "samples.h"

namespace gridmask {

struct Pictures {
  PreprocessBatch batch;
  std::vector<std::unique_ptr<uint8_t[]>> pictures;
  std::vector<PackedSample> samples;
  std::vector<uint8_t> fill;
};

inline Pictures randomPictures(Random& random) {
  Pictures of;
  PreprocessBatch& batch = of.batch;
  batch.type = static_cast<ValueType>(
      std::vector<uint32_t>{0, 2, 3}[static_cast<size_t>(random.between(0, 2))]);
  batch.valueBytes = valueBytesOf(batch.type);
  batch.floatSource = random.chance(0.2);
  batch.planarSource = random.chance(0.3);
  batch.count = static_cast<size_t>(random.between(1, 4));
  batch.height = random.between(1, random.chance(0.05) ? 100 : 12);
  batch.width = random.chance(0.5) ? 16 * random.between(1, 8) : random.between(1, 140);
  const auto channels =
      static_cast<size_t>(random.chance(0.3) ? 3 : random.between(1, random.chance(0.1) ? 9 : 4));
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
  if (random.chance(0.7)) batch.samples = Samples(of.samples.data());
  return of;
}

// The value of channel k of pixel (x, y) of sample n, as bits.
inline uint32_t definedBits(const Pictures& of, size_t n, size_t k, int32_t x, int32_t y) {
  const PreprocessBatch& batch = of.batch;
  if (batch.samples &&
      !keepsPixel(latticeOf((*batch.samples)[n], batch.height, batch.width), x, y)) {
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
        batch.planarSource ? channel * pixels + pixel : pixel * image.channels + channel;
    if (batch.floatSource) {
      std::memcpy(&value, image.data + at * sizeof value, sizeof value);
    } else {
      value = static_cast<float>(image.data[at]);
    }
  }
  return scaledBits(value, batch.scales[k], batch.type);
}

inline void checkResult(const Pictures& of, const uint8_t* target) {
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

}  // namespace gridmask
