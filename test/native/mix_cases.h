// SPDX-License-Identifier: MIT
//
// Batches to be mixed, and what the definition, keepsPixel(), makes of them.
#pragma once

#include <algorithm>
#include <vector>

#include "lattice/lattice.h"
#include "lattice/mix.h"
#include "samples.h"

namespace gridmask {

struct Case {
  std::vector<PackedSample> samples;
  std::vector<int32_t> partner;
  std::vector<uint8_t> images;
  MixBatch batch;
  size_t bytes;
};

// Cycles of random lengths: fixed points, pairs, one of all samples.
inline std::vector<int32_t> randomPermutation(Random& random, size_t count) {
  std::vector<int32_t> order(count);
  for (size_t i = 0; i < count; ++i) order[i] = static_cast<int32_t>(i);
  for (size_t i = count; i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<size_t>(random.between(0, static_cast<int>(i) - 1))]);
  }
  std::vector<int32_t> partner(count);
  const int most = random.between(1, static_cast<int>(count));
  for (size_t begin = 0; begin < count;) {
    const size_t end = std::min(begin + static_cast<size_t>(random.between(1, most)), count);
    for (size_t i = begin; i < end; ++i) {
      partner[static_cast<size_t>(order[i])] = order[i + 1 < end ? i + 1 : begin];
    }
    begin = end;
  }
  return partner;
}

inline Case randomCase(Random& random, bool many = false) {
  Case made;
  const auto size = [&](int low, int high) {
    return static_cast<size_t>(random.between(low, high));
  };
  const size_t count = many ? size(1, 2000) : size(1, 6);
  for (size_t i = 0; i < count; ++i) made.samples.push_back(randomSample(random));
  made.partner = randomPermutation(random, count);
  const size_t planes = random.chance(0.1) && !many ? size(40, 80) : size(1, 4);
  const int width =
      random.chance(0.3) ? 16 * random.between(1, many ? 1 : 4) : random.between(1, many ? 10 : 70);
  const int height = random.between(1, many ? 4 : 40);
  const size_t pixelBytes = random.chance(0.2) ? size(1, 40) : size_t{1} << random.between(0, 3);
  made.bytes =
      count * planes * static_cast<size_t>(height) * static_cast<size_t>(width) * pixelBytes;
  // Room to begin anywhere.
  made.images.resize(made.bytes + 64);
  for (uint8_t& byte : made.images) byte = static_cast<uint8_t>(random.word());
  const BatchLayout layout{count, planes, height, width, pixelBytes, 1};
  made.batch = {{layout, nullptr, nullptr}, Samples(made.samples.data()), nullptr};
  if (random.chance(0.5)) {
    DrawSettings settings = randomSettings(random);
    settings.unitMin = static_cast<uint32_t>(random.between(1, 90));
    settings.unitMax = settings.unitMin + random.word() % 90;
    if (many) settings.probability = 1;  // so that they take turns
    made.batch.samples = Samples(settings, SampleNumbers{random.word()});
    for (size_t i = 0; i < count; ++i) made.samples[i] = made.batch.samples[i];
  }
  return made;
}

// The batch, which may have been moved, over its memory.
inline MixBatch over(const Case& made, const uint8_t* source, uint8_t* target,
                     double* lambda = nullptr) {
  MixBatch batch = made.batch;
  batch.lambda = lambda;
  batch.source = source;
  batch.target = target;
  if (batch.samples.drawn() == nullptr) batch.samples = Samples(made.samples.data());
  batch.partner = made.partner.data();
  return batch;
}

inline std::vector<uint8_t> expectedOf(const Case& made, const uint8_t* source) {
  const MixBatch& batch = made.batch;
  std::vector<uint8_t> result(source, source + made.bytes);
  const auto height = static_cast<size_t>(batch.height);
  const auto width = static_cast<size_t>(batch.width);
  const size_t sampleBytes = batch.planes * height * width * batch.pixelBytes;
  for (size_t n = 0; n < batch.count; ++n) {
    const Lattice lattice = latticeOf(made.samples[n], batch.height, batch.width);
    const uint8_t* other = source + static_cast<size_t>(made.partner[n]) * sampleBytes;
    for (size_t pixel = 0; pixel < batch.planes * height * width; ++pixel) {
      const auto x = static_cast<int32_t>(pixel % width);
      const auto y = static_cast<int32_t>(pixel / width % height);
      if (keepsPixel(lattice, x, y)) continue;
      const size_t at = pixel * batch.pixelBytes;
      std::copy_n(other + at, batch.pixelBytes, result.data() + n * sampleBytes + at);
    }
  }
  return result;
}

}  // namespace gridmask
