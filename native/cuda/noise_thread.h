// SPDX-License-Identifier: MIT
//
// The body of the kernel that masks with noise for a fill. A thread has the pixels of one block of
// the noise's generator: four that follow one another in the image, row after row, whatever a row's
// length. It decides which of them are dropped and draws their numbers once for all channels, or
// anew for each.
//
// One kernel does it all: kernels take room, most of which would be the numbers' arithmetic again.
// What tells batches apart are conditions that hold for a whole launch.
#pragma once

#include <cstdint>

#include "cuda/decide.h"
#include "cuda/kernel.h"
#include "cuda/memory.h"
#include "lattice/noise.h"

namespace gridmask::cuda {

// Four floats that are used one after another, without an address.
struct Numbers {
  float a, b, c, d;

  GRIDMASK_HD float next() {
    const float first = a;
    a = b;
    b = c;
    c = d;
    d = first;
    return first;
  }
};

GRIDMASK_HD inline Numbers drawNumbers(const NoiseKey* keyAt, uint32_t block, NoiseKind kind) {
  const auto word = [&](size_t offset) {
    return load<uint32_t>(reinterpret_cast<const uint8_t*>(keyAt) + offset);
  };
  const Philox4 words =
      philox4x32({{word(offsetof(NoiseKey, index)), word(offsetof(NoiseKey, index) + 4),
                   word(offsetof(NoiseKey, epoch)), block}},
                 word(offsetof(NoiseKey, seed)), word(offsetof(NoiseKey, seed) + 4));
  Numbers numbers{};
  if (kind == NoiseKind::kUniform) {
    numbers = {uniformOf(words.word[0]), uniformOf(words.word[1]), uniformOf(words.word[2]),
               uniformOf(words.word[3])};
  } else {
    Philox4 pairs = words;
    GRIDMASK_NO_UNROLL
    for (int k = 0; k < 2; ++k) {
      numbers.a = numbers.c;
      numbers.b = numbers.d;
      normalsOf(pairs.word[0], pairs.word[1], numbers.c, numbers.d);
      pairs.word[0] = pairs.word[2];
      pairs.word[1] = pairs.word[3];
    }
  }
  return numbers;
}

// Bit k: whether pixel `begin` + k of the batch's rows is dropped, for k in [from, to).
GRIDMASK_HD inline uint32_t decideBlock(const KernelParams& params, const LatticePart& sample,
                                        const uint8_t* sampleAt, int32_t begin, uint32_t from,
                                        uint32_t to) {
  const bool random = (sample.flags & KernelSample::kRandom) != 0;
  const bool reverse = (sample.flags & KernelSample::kReverse) != 0;
  const uint32_t first = static_cast<uint32_t>(begin) + from;
  auto row = static_cast<int32_t>(quotient(first, params.noise.widthReciprocal));
  auto x = static_cast<int32_t>(first - static_cast<uint32_t>(row) * params.width);
  UnitDraws draws(sampleAt);
  uint32_t dropped = 0;
  GRIDMASK_NO_UNROLL
  for (uint32_t k = from; k < to; ++k) {
    bool square = turnsAt(sample, x, row).inSquare();
    if (square && random) square = draws.drops(x, row);
    if (square != reverse) dropped |= 1u << k;
    if (static_cast<uint32_t>(++x) == params.width) {
      x = 0;
      ++row;
    }
  }
  return dropped;
}

GRIDMASK_HD inline void storeValue(uint8_t* to, uint32_t value, uint32_t bytes) {
  if (bytes == 4) {
    store<uint32_t>(to, value);
  } else if (bytes == 2) {
    store<uint16_t>(to, static_cast<uint16_t>(value));
  } else {
    store<uint8_t>(to, static_cast<uint8_t>(value));
  }
}

// `bytes`: 1, 2, 4, 8 or 16, and both addresses multiples of it.
GRIDMASK_HD inline void copyBytes(uint8_t* to, const uint8_t* from, uint32_t bytes) {
  if (bytes == 16) {
    store<Vector>(to, load<Vector>(from));
  } else if (bytes == 8) {
    store<uint64_t>(to, load<uint64_t>(from));
  } else if (bytes == 4) {
    store<uint32_t>(to, load<uint32_t>(from));
  } else if (bytes == 2) {
    store<uint16_t>(to, load<uint16_t>(from));
  } else {
    store<uint8_t>(to, load<uint8_t>(from));
  }
}

GRIDMASK_HD inline void noiseThread(const KernelParams& params, uint32_t blockX, uint32_t blockY,
                                    uint32_t blockZ, uint32_t threadX) {
  const KernelNoise& noise = params.noise;
  const uint32_t n = blockZ * params.gridY + blockY;
  const uint32_t thread = blockX * params.threadsPerBlock + threadX;
  if (n >= params.count || thread >= params.threadsPerSample) return;
  const auto* sampleAt = reinterpret_cast<const uint8_t*>(params.samples + n);
  const LatticePart sample = loadLatticePart(sampleAt);
  const bool masked = (sample.flags & KernelSample::kMasked) != 0;
  if (params.inPlace && !masked) return;

  // Of the batch's pixels the first to go into a block, which the first block may begin before;
  // the block's pixels are those of [from, to).
  const uint32_t lead = noise.firstPixel % kNoisePixels;
  const auto begin = static_cast<int32_t>(thread * kNoisePixels - lead);
  const uint32_t from = begin < 0 ? lead : 0;
  const uint32_t left = params.height * params.width - static_cast<uint32_t>(begin);
  const uint32_t to = left < kNoisePixels ? left : kNoisePixels;
  const uint32_t dropped = masked ? decideBlock(params, sample, sampleAt, begin, from, to) : 0;
  if (params.inPlace && dropped == 0) return;

  const uint32_t valueBytes = params.valueBytes;
  const uint32_t pixelBytes = valueBytes * params.valuesPerPixel;
  const bool interleaved = params.valuesPerPixel > 1;
  const bool copies = dropped == 0 && from == 0 && to == kNoisePixels;
  const uint32_t channels = params.planes * params.valuesPerPixel;
  // What is only copied lies together where pixels hold all channels: as many fours of values.
  const uint64_t stride = !interleaved ? params.planeBytes
                          : copies     ? uint64_t{kNoisePixels} * valueBytes
                                       : valueBytes;
  const int64_t at = static_cast<int64_t>(n * params.sampleBytes) + int64_t{begin} * pixelBytes;
  uint8_t* target = params.target + at;
  const uint8_t* source = params.source + at;
  const uint8_t* numbersAt = params.fill;
  uint32_t block =
      kFirstNoiseBlock + noise.firstField * noise.blocks + noise.firstPixel / kNoisePixels + thread;
  Numbers drawn{};
  GRIDMASK_NO_UNROLL
  for (uint32_t channel = 0; channel < channels; ++channel) {
    // Whether four values in a row can be moved at once.
    const uintptr_t addresses = reinterpret_cast<uintptr_t>(target) |
                                (params.inPlace ? 0 : reinterpret_cast<uintptr_t>(source));
    const bool fours = addresses % (kNoisePixels * valueBytes) == 0;
    if (copies && fours) {
      copyBytes(target, source, kNoisePixels * valueBytes);
    } else {
      if (dropped != 0 && (channel == 0 || noise.shared == 0)) {
        drawn = drawNumbers(noise.keys + n, block, static_cast<NoiseKind>(noise.kind));
        block += noise.blocks;
      }
      const float a = exact::ofBits(load<uint32_t>(numbersAt));
      const float b = exact::ofBits(load<uint32_t>(numbersAt + sizeof(float)));
      const bool stores = fours && !interleaved && dropped == 0xF;
      const uint32_t step = copies ? valueBytes : pixelBytes;
      Vector words{};
      uint64_t packed = 0;
      GRIDMASK_NO_UNROLL
      for (uint32_t k = 0; k < kNoisePixels; ++k) {
        const float value = noiseValue(static_cast<NoiseKind>(noise.kind), drawn.next(), a, b);
        const uint32_t bits = noiseBits(value, static_cast<NoiseType>(noise.type));
        if (stores) {
          words = {{words.word[1], words.word[2], words.word[3], bits}};
          packed = packed >> (8 * valueBytes) | uint64_t{bits} << (64 - 8 * valueBytes);
        } else if (dropped >> k & 1) {
          storeValue(target + k * step, bits, valueBytes);
        } else if (!params.inPlace && k >= from && k < to) {
          copyBytes(target + k * step, source + k * step, valueBytes);
        }
      }
      if (stores) {
        if (valueBytes == 4) {
          store<Vector>(target, words);
        } else if (valueBytes == 2) {
          store<uint64_t>(target, packed);
        } else {
          store<uint32_t>(target, static_cast<uint32_t>(packed >> 32));
        }
      }
    }
    target += stride;
    source += stride;
    numbersAt += 2 * sizeof(float);
  }
}

}  // namespace gridmask::cuda
