// SPDX-License-Identifier: MIT
//
// Noise against its definition, pixel by pixel: the CPU backend by every instruction set, and the
// kernel thread by thread, each of whose accesses is seen. Memory is exactly sized, so that a
// sanitizer sees every stray access.

#include "lattice/noise.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "check.h"
#include "cpu/backend.h"
#include "cuda/launch.h"
#include "samples.h"
#include "watched_memory.h"

using namespace gridmask;

namespace {

// All that there are.
void logarithmsAreClose() {
  for (uint32_t k = 1; k <= 1u << 24; ++k) {
    const double exact = std::log(k / 16777216.0);
    const double found = logarithmOf(k);
    CHECK(found <= 0 && std::abs(found - exact) <= std::abs(exact) / (1 << 23));
  }
}

struct Case {
  size_t count, channels;
  int32_t height, width;
  bool channelsLast;
  NoiseType type;
  NoiseKind kind;
  bool shared;
  std::vector<PackedSample> samples;
  std::vector<float> numbers;

  size_t valueBytes() const { return valueBytesOf(type); }
  size_t planes() const { return channelsLast ? 1 : channels; }
  size_t pixelBytes() const { return channelsLast ? channels * valueBytes() : valueBytes(); }
  size_t pixels() const { return static_cast<size_t>(height) * static_cast<size_t>(width); }
  size_t bytes() const { return count * channels * pixels() * valueBytes(); }
  Noise noise() const { return {kind, type, shared, numbers.data()}; }

  // `dropped`: for each byte whether it is.
  std::vector<uint8_t> masked(const uint8_t* source, std::vector<bool>& dropped) const {
    std::vector<uint8_t> result(source, source + bytes());
    dropped.assign(bytes(), false);
    for (size_t n = 0; n < count; ++n) {
      const Lattice lattice = latticeOf(samples[n], height, width);
      const NoiseKey key = noiseKeyOf(samples[n]);
      for (size_t pixel = 0; pixel < pixels(); ++pixel) {
        const auto x = static_cast<int32_t>(pixel % static_cast<size_t>(width));
        if (keepsPixel(lattice, x, static_cast<int32_t>(pixel / static_cast<size_t>(width)))) {
          continue;
        }
        for (size_t channel = 0; channel < channels; ++channel) {
          const size_t at = (channelsLast ? (n * pixels() + pixel) * channels + channel
                                          : (n * channels + channel) * pixels() + pixel) *
                            valueBytes();
          const uint32_t bits = bitsOf(key, shared ? 0 : channel, pixel, channel);
          std::memcpy(&result[at], &bits, valueBytes());
          std::fill_n(dropped.begin() + static_cast<ptrdiff_t>(at), valueBytes(), true);
        }
      }
    }
    return result;
  }

 private:
  uint32_t bitsOf(const NoiseKey& key, size_t field, size_t pixel, size_t channel) const {
    const auto block = static_cast<uint32_t>(2 + field * ((pixels() + 3) / 4) + pixel / 4);
    const Philox4 words =
        philox4x32({{key.index[0], key.index[1], key.epoch, block}}, key.seed[0], key.seed[1]);
    const size_t place = pixel % 4;
    float number = uniformOf(words.word[place]);
    if (kind == NoiseKind::kNormal) {
      float pair[2];
      normalsOf(words.word[place & 2], words.word[(place & 2) + 1], pair[0], pair[1]);
      number = pair[place & 1];
    }
    return noiseBits(noiseValue(kind, number, numbers[2 * channel], numbers[2 * channel + 1]),
                     type);
  }
};

Case randomCase(Random& random) {
  Case c;
  c.count = static_cast<size_t>(random.between(1, 3));
  c.channels = static_cast<size_t>(random.between(1, random.chance(0.1) ? 40 : 4));
  const bool large = random.chance(0.02);
  c.height = random.between(1, large ? 200 : 20);
  c.width = random.between(1, large ? 200 : 40);
  if (random.chance(0.3)) c.width = (c.width + 15) / 16 * 16;
  if (random.chance(0.01)) {  // more in a row than the CPU draws at a time
    c.height = random.between(1, 2);
    c.width = random.between(4097, 5000);
  }
  c.channelsLast = random.chance(0.5);
  c.type = static_cast<NoiseType>(random.between(0, 3));
  c.kind = random.chance(0.5) ? NoiseKind::kUniform : NoiseKind::kNormal;
  c.shared = random.chance(0.5);
  c.samples.resize(c.count);
  for (auto& sample : c.samples) sample = randomSample(random);
  const bool tiny = random.chance(0.2);
  for (size_t k = 0; k < c.channels; ++k) {
    const auto low = static_cast<float>(random.uniform() * (tiny ? 1e-6 : 100));
    c.numbers.push_back(low);
    c.numbers.push_back(static_cast<float>(low + random.uniform() * (tiny ? 1e-6 : 100)));
  }
  return c;
}

void checkCpu(const Case& c, Random& random, const std::vector<uint8_t>& bytes,
              const std::vector<uint8_t>& expected) {
  const size_t offset = c.valueBytes() * static_cast<size_t>(random.between(0, 3));
  for (auto* kernels = cpu::availableKernels(); *kernels != nullptr; ++kernels) {
    Memory source(bytes, offset), target(std::vector<uint8_t>(bytes.size(), 0xA5), offset);
    const BatchLayout layout{c.count, c.planes(),     c.height,
                             c.width, c.pixelBytes(), c.valueBytes()};
    MaskBatch batch{
        {layout, source.data(), target.data()}, Samples(c.samples.data()), nullptr, c.noise()};
    const auto threads = static_cast<unsigned>(random.between(1, 4));
    cpu::apply(batch, threads, **kernels);
    CHECK(target.holds(expected) && source.holds(bytes));
    batch.target = source.data();
    cpu::apply(batch, threads, **kernels);
    CHECK(source.holds(expected));
  }
}

void checkKernel(const Case& c, Random& random, const std::vector<uint8_t>& bytes,
                 const std::vector<uint8_t>& expected, const std::vector<bool>& dropped,
                 bool inPlace) {
  const size_t offset = c.valueBytes() * static_cast<size_t>(random.between(0, 7)) % 16;
  Memory source(bytes, offset);
  Memory apart(bytes, random.chance(0.5) ? offset : c.valueBytes());
  Memory& target = inPlace ? source : apart;

  cuda::Batch batch{};
  batch.layout = {c.count, c.planes(), c.height, c.width, c.pixelBytes(), c.valueBytes()};
  batch.source = source.data();
  batch.target = target.data();
  batch.noise = c.noise();
  cuda::Launch launch;
  const cuda::Prepared prepared = cuda::prepareMask(batch, Samples(c.samples.data()), 0, launch);
  if (prepared == cuda::Prepared::kNothing) {
    CHECK(inPlace && expected == bytes);
    return;
  }
  CHECK(prepared == cuda::Prepared::kReady);
  runKernel(launch, source, target);

  CHECK(target.holds(expected) && (inPlace || source.holds(bytes)));
  for (size_t k = 0; k < bytes.size(); ++k) {
    CHECK(target.writes[k] == (inPlace ? dropped[k] : 1));
    CHECK(source.reads[k] <= (inPlace ? 0 : 1) && (inPlace || source.reads[k] || dropped[k]));
  }
}

}  // namespace

int main() {
  logarithmsAreClose();
  Random random(11);
  for (int i = 0; i < rounds(2500); ++i) {
    const Case c = randomCase(random);
    std::vector<uint8_t> bytes(c.bytes());
    for (auto& byte : bytes) byte = static_cast<uint8_t>(random.word());
    std::vector<bool> dropped;
    const std::vector<uint8_t> expected = c.masked(bytes.data(), dropped);
    checkCpu(c, random, bytes, expected);
    checkKernel(c, random, bytes, expected, dropped, false);
    checkKernel(c, random, bytes, expected, dropped, true);
  }
}
