// SPDX-License-Identifier: MIT
//
// The kernel that masks with noise as the fill.
//
// The noise generator makes four numbers at a time, for a block of four successive pixels of the
// image, across row ends. A block belongs to the row in which it begins.
//
//   a thread   a block in `rows` rows, one below the other, in all channels: the numbers are drawn
//              once for all channels, or once for each
//   a warp     2^tileShift blocks side by side, the rest of the 32 below: close to a square of
//              pixels, so that few warps draw for only some of their threads
//   the grid   x: a sample's tiles, y and z: samples. In place only those that are masked
#pragma once

#include <cstdint>

#include "cuda/kernel_params.h"
#include "cuda/mask_bits.h"
#include "cuda/mask_kernel.h"
#include "cuda/memory.h"
#include "cuda/vector_bits.h"
#include "cuda/warp_tile.h"
#include "lattice/noise.h"

namespace gridmask::cuda {

template <int valueBytes_, bool inPlace_>
struct NoiseShape {
  static constexpr int valueBytes = valueBytes_;
  static constexpr bool inPlace = inPlace_;
  static constexpr int rows = 1;
  static constexpr int tileShift = 2;
};

constexpr uint32_t kMinNoiseBlocks = 4;  // MaskShape::minBlocks

// Four floats that are used one after another, without being addressed by index.
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

GRIDMASK_HD inline Numbers drawNumbers(const NoiseKey& key, uint32_t block, NoiseKind kind) {
  const Philox4 words =
      philox4x32({{key.index[0], key.index[1], key.epoch, block}}, key.seed[0], key.seed[1]);
  Numbers numbers{};
  if (kind == NoiseKind::kUniform) {
    numbers = {uniformOf(words.word[0]), uniformOf(words.word[1]), uniformOf(words.word[2]),
               uniformOf(words.word[3])};
  } else {
    normalsOf(words.word[0], words.word[1], numbers.a, numbers.b);
    normalsOf(words.word[2], words.word[3], numbers.c, numbers.d);
  }
  return numbers;
}

// Four values, moved at once.
template <int valueBytes>
struct Four {
  uint32_t value[4];

  GRIDMASK_HD static Four load(const uint8_t* from) {
    if constexpr (valueBytes == 4) {
      const Vector vector = cuda::load<Vector>(from);
      return {{vector.word[0], vector.word[1], vector.word[2], vector.word[3]}};
    } else {
      constexpr int kBits = 8 * valueBytes;
      const auto packed = cuda::load<Packed>(from);
      Four four;
      GRIDMASK_UNROLL
      for (int k = 0; k < 4; ++k) {
        four.value[k] = static_cast<uint32_t>(packed >> (k * kBits)) & ((1u << kBits) - 1);
      }
      return four;
    }
  }

  GRIDMASK_HD void store(uint8_t* to) const {
    if constexpr (valueBytes == 4) {
      cuda::store<Vector>(to, {{value[0], value[1], value[2], value[3]}});
    } else {
      Packed packed = 0;
      GRIDMASK_UNROLL
      for (int k = 0; k < 4; ++k) packed |= static_cast<Packed>(value[k]) << (k * 8 * valueBytes);
      cuda::store<Packed>(to, packed);
    }
  }

 private:
  using Packed = typename Unsigned<(valueBytes < 4 ? 4 * valueBytes : 4)>::type;
};

template <class Shape>
class NoiseTile {
 public:
  GRIDMASK_HD NoiseTile(const KernelParams& params) : params_(params) {}

  GRIDMASK_HD void run(uint32_t blockX, uint32_t blockY, uint32_t blockZ, uint32_t threadX) {
    const WarpTile tile(params_, blockX, blockY, blockZ, threadX);
    if (!tile.exists(params_)) return;
    const uint32_t entry = tile.entry;
    const uint32_t column = tile.columnOf(params_, tile.lane);
    const uint32_t row = tile.rowOf(params_, tile.lane) * kRows;
    if (column >= params_.vectorsPerRow || row >= params_.height) return;
    const KernelSample sample = sampleAt(params_, entry);
    const uint32_t rows = params_.height - row < kRows ? params_.height - row : kRows;
    const bool aligned =
        params_.width % kNoisePixels == 0 && params_.noiseFirstPixel % kNoisePixels == 0;
    // A tile of pixels, if blocks do not continue in the next row.
    if (Shape::inPlace && aligned &&
        !sample.is(KernelSample::kReverse | KernelSample::kFine | KernelSample::kDense)) {
      const TilePhases phases(sample, static_cast<int32_t>(column * kNoisePixels),
                              static_cast<int32_t>(row));
      if (!phases.mayHaveSquares<kNoisePixels, kRows>()) return;
    }
    GRIDMASK_NO_UNROLL
    for (uint32_t r = row; r < row + rows; ++r) block(sample, entry, column, r);
  }

 private:
  static constexpr int kValueBytes = Shape::valueBytes;
  static constexpr uint32_t kRows = Shape::rows;
  static constexpr uint32_t kAll = (1u << kNoisePixels) - 1;
  using Value = typename Unsigned<kValueBytes>::type;

  GRIDMASK_HD void block(const KernelSample& sample, uint32_t entry, uint32_t column,
                         uint32_t row) {
    // Pixels of the image, and of the batch's rows, which may begin in the middle of a block.
    const uint32_t rowBegin = params_.noiseFirstPixel + row * params_.width;
    const uint32_t number =
        (row == 0 ? rowBegin : rowBegin + kNoisePixels - 1) / kNoisePixels + column;
    if (number * kNoisePixels >= rowBegin + params_.width) return;
    const auto begin = static_cast<int32_t>(number * kNoisePixels - params_.noiseFirstPixel);
    const uint32_t from = begin < 0 ? static_cast<uint32_t>(-begin) : 0;
    const uint32_t left = params_.height * params_.width - static_cast<uint32_t>(begin);
    const uint32_t to = left < kNoisePixels ? left : kNoisePixels;
    const uint32_t inside = (kAll >> (kNoisePixels - to)) & (kAll << from);

    const int32_t x = begin - static_cast<int32_t>(row * params_.width);
    const uint32_t dropped = decide(sample, entry, x, row) & inside;
    if (Shape::inPlace && dropped == 0) return;
    const uint64_t sampleAt = sample.number() * params_.sampleBytes;
    if (params_.valuesPerPixel > 1) {
      interleaved(entry, number, sampleAt, begin, dropped, inside);
    } else {
      planar(entry, number, sampleAt, begin, dropped, inside);
    }
  }

  // Bit k: whether pixel x + k is dropped, in the row or those below.
  GRIDMASK_HD uint32_t decide(const KernelSample& sample, uint32_t entry, int32_t x,
                              uint32_t row) const {
    const bool random = sample.is(KernelSample::kRandom);
    const auto width = static_cast<int32_t>(params_.width);
    auto y = static_cast<int32_t>(row);
    Phases<uint64_t> phases = phasesAt(sample, x, y);
    const uint32_t reverse = sample.is(KernelSample::kReverse) ? 0xFFFFFFFFu : 0;
    if (x + static_cast<int32_t>(kNoisePixels) <= width &&
        !sample.is(KernelSample::kRandom | KernelSample::kFine)) {
      auto coarsely = coarse(phases);
      uint32_t squares = 0;
      GRIDMASK_UNROLL
      for (uint32_t k = 0; k < kNoisePixels; ++k, coarsely.next()) {
        if (coarsely.inSquare()) squares |= 1u << k;
      }
      return squares ^ reverse;
    }
    UnitDraws draws(params_, entry);
    uint32_t dropped = 0;
    GRIDMASK_NO_UNROLL
    for (uint32_t k = 0; k < kNoisePixels; ++k, ++x, phases.next()) {
      if (x == width) {
        x = 0;
        ++y;
        phases = phasesAt(sample, x, y);
      }
      bool square = phases.inSquare();
      if (square && random) square = draws.drops(x, y);
      dropped |= square ? 1u << k : 0;
    }
    return dropped ^ reverse;
  }

  GRIDMASK_HD void draw(uint32_t entry, uint32_t number, uint32_t channel) {
    if (channel != 0 && params_.noiseShared != 0) return;
    const auto key = constant<NoiseKey>(
        params_, params_.noiseKeysAt + entry * static_cast<uint32_t>(sizeof(NoiseKey)));
    const uint32_t field = params_.noiseFirstField + channel;
    drawn_ = drawNumbers(key, kFirstNoiseBlock + field * params_.noiseBlocks + number, kind());
  }

  GRIDMASK_HD NoiseKind kind() const { return static_cast<NoiseKind>(params_.noiseKind); }

  // The bits of the next number's value.
  GRIDMASK_HD uint32_t nextValue(float a, float b) {
    const float value = noiseValue(kind(), drawn_.next(), a, b);
    const auto type = kValueBytes == 4   ? NoiseType::kFloat32
                      : kValueBytes == 1 ? NoiseType::kUint8
                                         : static_cast<NoiseType>(params_.noiseType);
    return noiseBits(value, type);
  }

  struct Channel {
    float a, b;
  };
  GRIDMASK_HD Channel channelAt(uint32_t channel) const {
    return constant<Channel>(params_,
                             params_.channelsAt + channel * static_cast<uint32_t>(sizeof(Channel)));
  }

  // One value per pixel: a block is four in a row.
  GRIDMASK_HD void planar(uint32_t entry, uint32_t number, uint64_t sampleAt, int32_t begin,
                          uint32_t dropped, uint32_t inside) {
    uint64_t at = sampleAt + static_cast<uint64_t>(int64_t{begin} * kValueBytes);
    // Values of several planes are read before the first is waited for.
    constexpr uint32_t kPlanes = 3;
    GRIDMASK_NO_UNROLL
    for (uint32_t plane = 0; plane < params_.planes; plane += kPlanes) {
      Four<kValueBytes> kept[kPlanes];
      bool fours[kPlanes];
      GRIDMASK_UNROLL
      for (uint32_t p = 0; p < kPlanes; ++p) {
        const uint64_t planeAt = at + p * params_.planeBytes;
        const auto addresses =
            reinterpret_cast<uintptr_t>(params_.target + planeAt) |
            (Shape::inPlace ? 0 : reinterpret_cast<uintptr_t>(params_.source + planeAt));
        fours[p] = inside == kAll && addresses % (kNoisePixels * kValueBytes) == 0;
        kept[p] = {};
        if (!Shape::inPlace && fours[p] && dropped != kAll && plane + p < params_.planes) {
          kept[p] = Four<kValueBytes>::load(params_.source + planeAt);
        }
      }
      const uint32_t end = params_.planes - plane < kPlanes ? params_.planes - plane : kPlanes;
      GRIDMASK_NO_UNROLL
      for (uint32_t p = 0; p < end; ++p, at += params_.planeBytes) {
        if (dropped != 0) draw(entry, number, plane + p);
        writeFour(at, plane + p, dropped, inside, kept[0], fours[0]);
        kept[0] = kept[1];
        kept[1] = kept[2];
        fours[0] = fours[1];
        fours[1] = fours[2];
      }
    }
  }

  GRIDMASK_HD void writeFour(uint64_t at, uint32_t channel, uint32_t dropped, uint32_t inside,
                             Four<kValueBytes> four, bool atOnce) {
    if (dropped != 0) {
      const Channel of = channelAt(channel);
      GRIDMASK_UNROLL
      for (uint32_t k = 0; k < kNoisePixels; ++k) {
        const uint32_t bits = nextValue(of.a, of.b);
        if (dropped >> k & 1) four.value[k] = bits;
      }
    }
    if (atOnce && (!Shape::inPlace || dropped == kAll)) {
      four.store(params_.target + at);
      return;
    }
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kNoisePixels; ++k) {
      const uint64_t valueAt = at + k * kValueBytes;
      if (dropped >> k & 1) {
        store<Value>(params_.target + valueAt, static_cast<Value>(four.value[k]));
      } else if (!Shape::inPlace && (inside >> k & 1)) {
        store<Value>(params_.target + valueAt, atOnce ? static_cast<Value>(four.value[k])
                                                      : load<Value>(params_.source + valueAt));
      }
    }
  }

  // All channels of a pixel lie together.
  GRIDMASK_HD void interleaved(uint32_t entry, uint32_t number, uint64_t sampleAt, int32_t begin,
                               uint32_t dropped, uint32_t inside) {
    const uint32_t channels = params_.valuesPerPixel;
    const uint32_t pixelBytes = channels * kValueBytes;
    const uint64_t at = sampleAt + static_cast<uint64_t>(int64_t{begin} * pixelBytes);
    if (!Shape::inPlace && dropped != kAll) copyKept(at, pixelBytes, dropped, inside);
    if (dropped == 0) return;
    GRIDMASK_NO_UNROLL
    for (uint32_t channel = 0; channel < channels; ++channel) {
      draw(entry, number, channel);
      const Channel of = channelAt(channel);
      GRIDMASK_UNROLL
      for (uint32_t k = 0; k < kNoisePixels; ++k) {
        const uint32_t bits = nextValue(of.a, of.b);
        if (dropped >> k & 1) {
          store<Value>(params_.target + at + k * pixelBytes + channel * kValueBytes,
                       static_cast<Value>(bits));
        }
      }
    }
  }

  GRIDMASK_HD void copyKept(uint64_t at, uint32_t pixelBytes, uint32_t dropped, uint32_t inside) {
    const auto addresses = reinterpret_cast<uintptr_t>(params_.target + at) |
                           reinterpret_cast<uintptr_t>(params_.source + at);
    constexpr uint32_t kFour = kNoisePixels * kValueBytes;
    if (dropped == 0 && inside == kAll && addresses % kFour == 0) {
      // As many groups of four as channels.
      GRIDMASK_NO_UNROLL
      for (uint32_t k = 0; k < pixelBytes * kNoisePixels; k += kFour) {
        Four<kValueBytes>::load(params_.source + at + k).store(params_.target + at + k);
      }
      return;
    }
    GRIDMASK_NO_UNROLL
    for (uint32_t k = 0; k < kNoisePixels; ++k) {
      if (((inside & ~dropped) >> k & 1) == 0) continue;
      GRIDMASK_NO_UNROLL
      for (uint32_t byte = 0; byte < pixelBytes; byte += kValueBytes) {
        const uint64_t valueAt = at + k * pixelBytes + byte;
        store<Value>(params_.target + valueAt, load<Value>(params_.source + valueAt));
      }
    }
  }

  const KernelParams& params_;
  Numbers drawn_{};
};

}  // namespace gridmask::cuda
