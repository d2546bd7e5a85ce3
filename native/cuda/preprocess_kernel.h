// SPDX-License-Identifier: MIT
//
// The kernels that make a batch from decoded images: crop, mirror, pick channels, normalise, mask.
//
// PreprocessTile, for images of bytes whose channels, at most four, lie together in words that can
// be read, and a result of at most four planes or of three channels together:
//
//   a thread   as many pixels of a row as a vector of 16 bytes has values, in all channels: each
//              pixel is decided once, and its bytes are read once
//   a block    a rectangle of threads: x along the row, y downwards
//   the grid   x and y: a sample's blocks, z: samples
//
// Instructions are what these kernels wait for. Four pixels are at most sixteen bytes, which are
// read as words and become a word for each pixel. The number of a channel's byte in it, together
// with the upper bytes of a float, makes a float of the byte in one instruction. With three
// channels together, a thread has three vectors, which the threads of a block's row exchange before
// writing, so that neighbours write what lies side by side. That is why there are two phases.
//
// PreprocessPixel, for all others: a thread has a pixel, value by value.
//
// Dropped pixels are not read, unless the same thread has a kept pixel next to them.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "cuda/kernel_params.h"
#include "cuda/mask_bits.h"
#include "cuda/mask_kernel.h"
#include "cuda/memory.h"
#include "cuda/preprocess_params.h"
#include "cuda/source_words.h"
#include "cuda/vector_bits.h"
#include "cuda/warp_tile.h"
#include "lattice/channel_scale.h"

namespace gridmask::cuda {

// What a thread and a block have. docs/kernel.md says what else was tried.
template <int valueBytes_, bool together_>
struct PreprocessShape {
  static constexpr int valueBytes = valueBytes_;
  static constexpr bool together = together_;  // three channels in one plane; else one per plane
  static constexpr int pixels = kValuesOf<valueBytes>;
  static constexpr uint32_t columns = 64;  // at most, of a block
  static constexpr int minBlocks = valueBytes == 4 ? 8 : 6;
};

constexpr uint32_t kTogether = 3;  // channels

// a·b + c, rounded once.
GRIDMASK_HD inline float fused(float a, float b, float c) {
#ifdef __CUDA_ARCH__
  return __fmaf_rn(a, b, c);
#else
  return std::fma(a, b, c);
#endif
}

template <class Shape>
class PreprocessTile {
 public:
  // The first phase: all, or what the threads exchange. `column` and `row`: of threads in the
  // sample, some beyond it.
  GRIDMASK_HD void make(const KernelParams& params, uint32_t column, uint32_t row, uint32_t entry) {
    if (column < params.vectorsPerRow && row < params.height) {
      makePixels(params, column, row, entry);
    }
  }

  // What a thread gives to the others of its block's row.
  GRIDMASK_HD void give(Vector* exchanged) const {
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kTogether; ++k) exchanged[k] = vectors_[k];
  }

  // The second phase: writes what the threads of a row of the block gave, neighbours side by side.
  GRIDMASK_HD static void write(const KernelParams& params, const Vector* exchanged,
                                uint32_t blockX, uint32_t threadX, uint32_t row, uint32_t entry) {
    if (row >= params.height) return;
    const uint32_t columns = params.threadsPerBlockRow;
    uint8_t* const to = rowOf(params, row, entry);
    if ((params.preprocessFlags & kByValues) == 0) {
      const uint32_t first = blockX * columns * kTogether;
      GRIDMASK_UNROLL
      for (uint32_t k = 0; k < kTogether; ++k) {
        const uint32_t number = k * columns + threadX;
        if (first + number >= params.vectorsPerRow * kTogether) break;
        storeOnce(to + uint64_t{first + number} * kVectorBytes, exchanged[number]);
      }
      return;
    }
    using Value = typename Unsigned<kValueBytes>::type;
    const uint32_t values = columns * kTogether * kPixels;
    const uint32_t first = blockX * values;
    GRIDMASK_NO_UNROLL
    for (uint32_t number = threadX; number < values; number += columns) {
      if (first + number >= params.valuesPerRow) break;
      Value bits;
      memcpy(&bits, reinterpret_cast<const uint8_t*>(exchanged) + number * kValueBytes,
             sizeof bits);
      store<Value>(to + uint64_t{first + number} * kValueBytes, bits);
    }
  }

 private:
  static constexpr int kValueBytes = Shape::valueBytes;
  static constexpr int kPixels = Shape::pixels;
  static constexpr uint32_t kAll = (1u << kPixels) - 1;
  static constexpr uint32_t kGroups = kPixels / 4;

  GRIDMASK_HD void makePixels(const KernelParams& params, uint32_t column, uint32_t row,
                              uint32_t entry) {
    const uint32_t x = column * kPixels;
    const uint32_t left = params.width - x;
    const bool masked = (params.preprocessFlags & kHasMasks) != 0;
    // Pixels beyond the row count as dropped. Bits beyond the vector mean nothing.
    uint32_t dropped = kAll << (left < kPixels ? left : kPixels);
    if (masked) dropped |= decide(params, sampleAt(params, entry), entry, x, row);
    const auto image = constant<KernelImage>(params, params.imagesAt + entry * params.imageStep);
    FourPixels pixels[kGroups];
    GRIDMASK_UNROLL
    for (uint32_t g = 0; g < kGroups; ++g) {
      pixels[g] = read(image, entry, x + 4 * g, row, (~dropped >> (4 * g) & 0xF) != 0);
    }
    if constexpr (Shape::together) {
      Vector planes[kTogether];
      GRIDMASK_UNROLL
      for (uint32_t channel = 0; channel < kTogether; ++channel) {
        planes[channel] = makeVector(params, channel, pixels, dropped);
      }
      interleave(planes);
    } else {
      uint8_t* to = rowOf(params, row, entry) + uint64_t{column} * kVectorBytes;
      if ((params.preprocessFlags & kByValues) == 0) {
        GRIDMASK_UNROLL
        for (uint32_t plane = 0; plane < kTileChannels; ++plane, to += params.planeBytes) {
          if (plane > 0 && plane == params.planes) break;
          storeOnce(to, makeVector(params, plane, pixels, dropped));
        }
      } else {
        GRIDMASK_NO_UNROLL
        for (uint32_t plane = 0; plane < params.planes; ++plane, to += params.planeBytes) {
          storeValues(to, makeVector(params, plane, pixels, dropped), left);
        }
      }
    }
  }

  // Bits of the pixels.
  GRIDMASK_HD static uint32_t decide(const KernelParams& params, const KernelSample& sample,
                                     uint32_t entry, uint32_t column, uint32_t row) {
    const auto x = static_cast<int32_t>(column);
    const auto y = static_cast<int32_t>(row);
    // Of the pixels of a warp some mostly lie in a square, so the tile is not tested as a whole.
    Phases<uint32_t> phases = coarse(phasesAt(sample, x, y));
    uint32_t dropped = 0;
    GRIDMASK_UNROLL
    for (int k = 0; k < kPixels; ++k, phases.next()) {
      if (phases.inSquare()) dropped |= 1u << k;
    }
    if (sample.is(KernelSample::kRandom) && dropped != 0) {
      dropped = SquareDraws(params, entry).nextRow(dropped, y, [&](uint32_t bit) {
        return x + static_cast<int32_t>(bit);
      });
    }
    return sample.is(KernelSample::kReverse) ? ~dropped & kAll : dropped;
  }

  // Four pixels from x on, or none.
  GRIDMASK_HD static FourPixels read(const KernelImage& image, uint32_t entry, uint32_t x,
                                     uint32_t y, bool kept) {
    const uint32_t end = x + 4;
    FourPixels pixels{};
    if (!kept || y < image.yBegin || y >= image.yEnd) return pixels;
    const bool mirrored = image.across < 0;
    const uint64_t at =
        image.origin + entry * image.next + uint64_t{y} * image.down +
        static_cast<uint64_t>(int64_t{static_cast<int32_t>(mirrored ? end - 1 : x)} * image.across);
    const auto* const from = reinterpret_cast<const uint8_t*>(static_cast<uintptr_t>(at));
    const auto pixelBytes = static_cast<uint32_t>(mirrored ? -image.across : image.across);
    if (pixelBytes == 3 && x >= image.xBegin && end <= image.xEnd) {
      pixels = FourPixels::loadThreeBytes(from);
    } else {
      const uint32_t first = x > image.xBegin ? x : image.xBegin;
      const uint32_t last = end < image.xEnd ? end : image.xEnd;
      if (first >= last) return pixels;
      pixels = FourPixels::load(from, pixelBytes, mirrored ? end - last : first - x,
                                mirrored ? end - first : last - x);
    }
    if (mirrored) pixels.reverse();
    return pixels;
  }

  // A channel of the pixels.
  GRIDMASK_HD static Vector makeVector(const KernelParams& params, uint32_t channel,
                                       const FourPixels (&pixels)[kGroups], uint32_t dropped) {
    const auto scale = parameter<KernelScale>(params.inlined + kTileScalesAt +
                                              channel * static_cast<uint32_t>(sizeof(KernelScale)));
    const float offset = exact::multiply(scale.a, -kPlacedByte);
    float values[kPixels];
    GRIDMASK_UNROLL
    for (int k = 0; k < kPixels; ++k) {
      const uint32_t placed =
          bytesAt(pixels[k / 4].word[k % 4], exact::bitsOf(kPlacedByte), scale.channel);
      values[k] = exact::add(fused(exact::ofBits(placed), scale.a, offset), scale.b);
    }
    Vector vector;
    if constexpr (kValueBytes == 4) {
      GRIDMASK_UNROLL
      for (int k = 0; k < kPixels; ++k) {
        vector.word[k] = (dropped >> k & 1) != 0 ? scale.fill : exact::bitsOf(values[k]);
      }
      return vector;
    } else {
      if (static_cast<ValueType>(params.preprocessFlags >> kTypeShift) == ValueType::kFloat16) {
        vector = pairs<ValueType::kFloat16>(values);
      } else {
        vector = pairs<ValueType::kBfloat16>(values);
      }
      return blend<kValueBytes>(vector, {{scale.fill, scale.fill, scale.fill, scale.fill}},
                                dropped);
    }
  }

  // From bytes, so there is no NaN.
  template <ValueType type>
  GRIDMASK_HD static Vector pairs(const float (&values)[kPixels]) {
    Vector vector;
    GRIDMASK_UNROLL
    for (int w = 0; w < 4; ++w) {
      vector.word[w] = noiseBits(values[2 * w], type) | noiseBits(values[2 * w + 1], type) << 16;
    }
    return vector;
  }

  GRIDMASK_HD void interleave(const Vector (&planes)[kTogether]) {
    constexpr uint32_t kPerWord = 4 / kValueBytes;
    GRIDMASK_UNROLL
    for (uint32_t n = 0; n < 4 * kTogether; ++n) {
      const uint32_t first = n * kPerWord;  // of the values
      uint32_t word = wordOf(planes, first);
      if (kPerWord == 2) {
        const uint32_t next = first + 1;
        word = bytesAt(word, wordOf(planes, next),
                       (first / kTogether % 2 != 0 ? 0x32u : 0x10u) |
                           (next / kTogether % 2 != 0 ? 0x7600u : 0x5400u));
      }
      vectors_[n / 4].word[n % 4] = word;
    }
  }

  // The one that holds a value of the pixels.
  GRIDMASK_HD static uint32_t wordOf(const Vector (&planes)[kTogether], uint32_t value) {
    return planes[value % kTogether].word[value / kTogether * kValueBytes / 4];
  }

  // If rows do not begin and end at multiples of a vector.
  GRIDMASK_HD static void storeValues(uint8_t* to, const Vector& vector, uint32_t left) {
    using Value = typename Unsigned<kValueBytes>::type;
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kPixels; ++k) {
      constexpr uint32_t kPerWord = 4 / kValueBytes;
      const uint32_t word = vector.word[k / kPerWord];
      if (k < left) store<Value>(to + k * kValueBytes, valueOf<kValueBytes>(word, k % kPerWord));
    }
  }

  // Of the result.
  GRIDMASK_HD static uint8_t* rowOf(const KernelParams& params, uint32_t row, uint32_t entry) {
    // Below 2³¹.
    const auto rowBytes = static_cast<uint32_t>(params.rowBytes);
    return params.target + entry * params.sampleBytes + uint64_t{row} * rowBytes;
  }

  Vector vectors_[kTogether];
};

// Any image, result and mask.
class PreprocessPixel {
 public:
  static constexpr int kRows = 1;
  static constexpr int kTileShift = 5;
  static constexpr int kMinBlocks = 4;

  GRIDMASK_HD explicit PreprocessPixel(const KernelParams& params) : params_(params) {}

  GRIDMASK_HD void run(uint32_t blockX, uint32_t blockY, uint32_t blockZ, uint32_t threadX) {
    const WarpTile tile(params_, blockX, blockY, blockZ, threadX);
    if (!tile.exists(params_)) return;
    const uint32_t entry = tile.entry;
    const uint32_t x = tile.columnOf(params_, tile.lane);
    const uint32_t y = tile.rowOf(params_, tile.lane);
    if (x >= params_.width || y >= params_.height) return;

    const auto image = constant<KernelImage>(params_, params_.imagesAt + entry * params_.imageStep);
    const bool dropped = drops(entry, static_cast<int32_t>(x), static_cast<int32_t>(y));
    const bool isRead =
        !dropped && x >= image.xBegin && x < image.xEnd && y >= image.yBegin && y < image.yEnd;
    const uint64_t at = image.origin + entry * image.next + uint64_t{y} * image.down +
                        static_cast<uint64_t>(int64_t{static_cast<int32_t>(x)} * image.across);
    const auto* const from = reinterpret_cast<const uint8_t*>(static_cast<uintptr_t>(at));
    const auto type = static_cast<ValueType>(params_.preprocessFlags >> kTypeShift);
    const uint32_t valueBytes = valueBytesOf(type);
    const uint32_t channels = params_.planes * params_.valuesPerPixel;
    const uint64_t step = params_.planes > 1 ? params_.planeBytes : valueBytes;
    uint8_t* to = params_.target + entry * params_.sampleBytes + y * params_.rowBytes +
                  uint64_t{x} * (params_.valuesPerPixel * valueBytes);
    // All reads of several channels are started before the first is waited for.
    constexpr uint32_t kChannels = 3;
    GRIDMASK_NO_UNROLL
    for (uint32_t channel = 0; channel < channels; channel += kChannels) {
      float values[kChannels];
      GRIDMASK_UNROLL
      for (uint32_t k = 0; k < kChannels; ++k) {
        values[k] = 0;
        if (!isRead || channel + k >= channels) continue;
        values[k] = valueAt(from + uint64_t{scaleAt(channel + k).channel} * image.channelBytes);
      }
      GRIDMASK_UNROLL
      for (uint32_t k = 0; k < kChannels; ++k, to += step) {
        if (channel + k >= channels) break;
        const KernelScale scale = scaleAt(channel + k);
        const uint32_t bits =
            dropped ? scale.fill : scaledBits(values[k], {scale.channel, scale.a, scale.b}, type);
        if (valueBytes == 4) {
          store<uint32_t>(to, bits);
        } else {
          store<uint16_t>(to, static_cast<uint16_t>(bits));
        }
      }
    }
  }

 private:
  GRIDMASK_HD bool drops(uint32_t entry, int32_t x, int32_t y) const {
    if ((params_.preprocessFlags & kHasMasks) == 0) return false;
    const KernelSample sample = sampleAt(params_, entry);
    bool square = phasesAt(sample, x, y).inSquare();
    if (square && sample.is(KernelSample::kRandom)) square = UnitDraws(params_, entry).drops(x, y);
    return square != sample.is(KernelSample::kReverse);
  }

  GRIDMASK_HD KernelScale scaleAt(uint32_t channel) const {
    return constant<KernelScale>(
        params_, params_.scalesAt + channel * static_cast<uint32_t>(sizeof(KernelScale)));
  }

  GRIDMASK_HD float valueAt(const uint8_t* from) const {
    if ((params_.preprocessFlags & kFloatSource) != 0) {
      return exact::ofBits(load<uint32_t>(from));
    }
    return static_cast<float>(load<uint8_t>(from));
  }

  const KernelParams& params_;
};

}  // namespace gridmask::cuda
