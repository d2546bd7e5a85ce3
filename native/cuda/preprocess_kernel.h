// SPDX-License-Identifier: MIT
//
// The kernels that make a batch from decoded images: crop, mirror, pick channels, normalise, mask.
//
// PreprocessTile, for images of bytes whose channels, at most four, lie together in words that can
// be read, and a result of planes or of three channels together:
//
//   a thread   as many pixels of a row as a vector of 16 bytes has values, in all channels: each
//              pixel is decided once, and its bytes are read once
//   a warp     a tile of 2^tileShift threads side by side, the rest of the 32 below
//   the grid   x: a sample's tiles, y and z: samples
//
// Four pixels are at most sixteen bytes, which are read as words. A number of four bits says which
// of these bytes a value is made from, so mirroring, channels and their order are all the same
// thing: other numbers. With three channels together, a thread has three vectors, which the threads
// of the warp exchange before writing, so that neighbours write what lies side by side. That is why
// there are two phases.
//
// PreprocessPixel, for all others: a thread has a pixel, value by value.
//
// Dropped pixels are not read, unless the same thread has a kept pixel next to them.
#pragma once

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

// What a thread and a warp have. Measured on an H100: docs/kernel.md says what else was tried.
template <int valueBytes_, bool together_>
struct PreprocessShape {
  static constexpr int valueBytes = valueBytes_;
  static constexpr bool together = together_;  // three channels in one plane; else one per plane
  static constexpr int pixels = kValuesOf<valueBytes>;
  static constexpr int tileShift = valueBytes == 4 ? 5 : 2;
  static constexpr int minBlocks = valueBytes == 4 ? 6 : 4;
};

constexpr int kTogether = 3;  // channels

// The bits of four values of the result, of that many bytes each.
template <int valueBytes>
struct FourValues {
  uint32_t bits[4];

  // From four bytes, so there is no NaN. Dropped values become the fill.
  GRIDMASK_HD FourValues(uint32_t bytes, const KernelScale& scale, uint32_t dropped,
                         ValueType type) {
    float values[4];
    GRIDMASK_UNROLL
    for (int k = 0; k < 4; ++k) {
      const auto value = static_cast<float>(bytes >> (8 * k) & 0xFF);
      values[k] = exact::add(exact::multiply(value, scale.a), scale.b);
    }
    if (valueBytes == 4) {
      round<ValueType::kFloat32>(values);
    } else if (type == ValueType::kFloat16) {
      round<ValueType::kFloat16>(values);
    } else {
      round<ValueType::kBfloat16>(values);
    }
    GRIDMASK_UNROLL
    for (int k = 0; k < 4; ++k) {
      if ((dropped >> k & 1) != 0) bits[k] = scale.fill;
    }
  }

 private:
  template <ValueType type>
  GRIDMASK_HD void round(const float (&values)[4]) {
    GRIDMASK_UNROLL
    for (int k = 0; k < 4; ++k) bits[k] = noiseBits(values[k], type);
  }
};

template <class Shape>
class PreprocessTile {
 public:
  // The first phase: all, or what the threads exchange. False: there is nothing in this tile for
  // any thread of the warp.
  GRIDMASK_HD bool make(const KernelParams& params, uint32_t blockX, uint32_t blockY,
                        uint32_t blockZ, uint32_t threadX) {
    tile_ = WarpTile(params, blockX, blockY, blockZ, threadX);
    if (!tile_.exists(params)) return false;
    target_ = params.target + tile_.entry * params.sampleBytes;
    const uint32_t column = tile_.columnOf(params, tile_.lane);
    const uint32_t row = tile_.rowOf(params, tile_.lane);
    if (column < params.vectorsPerRow && row < params.height) {
      makePixels(params, tile_.entry, column, row);
    }
    return true;
  }

  // What the warp's threads exchange: the threads' vectors one after another.
  static constexpr uint32_t kExchanged = Shape::together ? kTogether * kWarp : 1;
  GRIDMASK_HD void give(Vector* exchanged) const {
    GRIDMASK_UNROLL
    for (int k = 0; k < kTogether; ++k) exchanged[kTogether * tile_.lane + k] = vectors_[k];
  }

  // The second phase: writes them, neighbours side by side.
  GRIDMASK_HD void write(const KernelParams& params, const Vector* exchanged) const {
    if ((params.preprocessFlags & kByValues) == 0) {
      GRIDMASK_UNROLL
      for (uint32_t k = 0; k < kTogether; ++k) {
        const uint32_t number = k * kWarp + tile_.lane;
        const uint32_t lane = number / kTogether;
        const uint32_t column = tile_.columnOf(params, lane);
        const uint32_t row = tile_.rowOf(params, lane);
        if (column >= params.vectorsPerRow || row >= params.height) continue;
        storeOnce(target_ + row * params.rowBytes +
                      uint64_t{kTogether * column + number % kTogether} * kVectorBytes,
                  exchanged[number]);
      }
      return;
    }
    using Value = typename Unsigned<kValueBytes>::type;
    constexpr uint32_t kValues = kTogether * kPixels;  // of a thread
    GRIDMASK_NO_UNROLL
    for (uint32_t number = tile_.lane; number < kWarp * kValues; number += kWarp) {
      const uint32_t lane = number / kValues;
      const uint32_t value = tile_.columnOf(params, lane) * kValues + number % kValues;
      const uint32_t row = tile_.rowOf(params, lane);
      if (value >= params.valuesPerRow || row >= params.height) continue;
      Value bits;
      memcpy(&bits, reinterpret_cast<const uint8_t*>(exchanged) + number * kValueBytes,
             sizeof bits);
      store<Value>(target_ + row * params.rowBytes + uint64_t{value} * kValueBytes, bits);
    }
  }

 private:
  static constexpr int kValueBytes = Shape::valueBytes;
  static constexpr int kPixels = Shape::pixels;
  static constexpr uint32_t kAll = (1u << kPixels) - 1;
  static constexpr int kGroups = kPixels / 4;
  using Source = Stretch;
  using Four = FourValues<kValueBytes>;

  GRIDMASK_HD void makePixels(const KernelParams& params, uint32_t entry, uint32_t column,
                              uint32_t row) {
    const uint32_t x = column * kPixels;
    const uint32_t left = params.width - x;
    const uint32_t dropped = decide(params, entry, x, row) | (left < kPixels ? kAll << left : 0);
    const auto image = constant<KernelImage>(params, params.imagesAt + entry * params.imageStep);
    Source source[kGroups];
    GRIDMASK_UNROLL
    for (int g = 0; g < kGroups; ++g) {
      source[g] = {};
      if ((~dropped >> (4 * g) & 0xF) != 0) source[g] = read(image, entry, x + 4 * g, row);
    }
    // Of the bytes of channel 0.
    const uint32_t numbers = pixelBytesOf(image) * (image.across < 0 ? 0x0123u : 0x3210u);
    if constexpr (Shape::together) {
      uint32_t bits[kTogether * kPixels];
      GRIDMASK_UNROLL
      for (uint32_t channel = 0; channel < kTogether; ++channel) {
        GRIDMASK_UNROLL
        for (int g = 0; g < kGroups; ++g) {
          const Four values = makeFour(params, channel, numbers, source[g], dropped >> (4 * g));
          GRIDMASK_UNROLL
          for (int k = 0; k < 4; ++k) bits[kTogether * (4 * g + k) + channel] = values.bits[k];
        }
      }
      GRIDMASK_UNROLL
      for (int k = 0; k < kTogether; ++k) vectors_[k] = vectorOf(bits + k * kPixels);
    } else {
      uint8_t* to = target_ + row * params.rowBytes + uint64_t{column} * kVectorBytes;
      GRIDMASK_NO_UNROLL
      for (uint32_t plane = 0; plane < params.planes; ++plane, to += params.planeBytes) {
        uint32_t bits[kPixels];
        GRIDMASK_UNROLL
        for (int g = 0; g < kGroups; ++g) {
          const Four values = makeFour(params, plane, numbers, source[g], dropped >> (4 * g));
          GRIDMASK_UNROLL
          for (int k = 0; k < 4; ++k) bits[4 * g + k] = values.bits[k];
        }
        put(params, to, bits, left);
      }
    }
  }

  // Bits of the pixels.
  GRIDMASK_HD static uint32_t decide(const KernelParams& params, uint32_t entry, uint32_t column,
                                     uint32_t row) {
    if ((params.preprocessFlags & kHasMasks) == 0) return 0;
    const KernelSample sample = sampleAt(params, entry);
    const auto x = static_cast<int32_t>(column);
    const auto y = static_cast<int32_t>(row);
    TilePhases phases(sample, x, y);
    uint32_t dropped = 0;
    if (sample.is(KernelSample::kDense) || phases.mayHaveSquares<kPixels, 1>()) {
      GRIDMASK_UNROLL
      for (int k = 0; k < kPixels; ++k, phases.row.next()) {
        if (phases.row.inSquare()) dropped |= 1u << k;
      }
    }
    if (sample.is(KernelSample::kRandom) && dropped != 0) {
      dropped = SquareDraws(params, entry).nextRow(dropped, y, [&](uint32_t bit) {
        return x + static_cast<int32_t>(bit);
      });
    }
    return sample.is(KernelSample::kReverse) ? ~dropped & kAll : dropped;
  }

  // The bytes of four pixels from x on, as they lie in the image.
  GRIDMASK_HD static Source read(const KernelImage& image, uint32_t entry, uint32_t x, uint32_t y) {
    Source none{};
    if (y < image.yBegin || y >= image.yEnd) return none;
    const uint32_t end = x + 4;
    const uint32_t from = x > image.xBegin ? x : image.xBegin;
    const uint32_t to = end < image.xEnd ? end : image.xEnd;
    if (from >= to) return none;
    const bool mirrored = image.across < 0;
    const uint32_t first = mirrored ? end - 1 : x;
    const uint64_t at = image.origin + entry * image.next + uint64_t{y} * image.down +
                        static_cast<uint64_t>(int64_t{static_cast<int32_t>(first)} * image.across);
    const uint32_t pixelBytes = pixelBytesOf(image);
    return Source::load(reinterpret_cast<const uint8_t*>(static_cast<uintptr_t>(at)),
                        4 * pixelBytes, (mirrored ? end - to : from - x) * pixelBytes,
                        (mirrored ? end - from : to - x) * pixelBytes);
  }

  GRIDMASK_HD static uint32_t pixelBytesOf(const KernelImage& image) {
    return static_cast<uint32_t>(image.across < 0 ? -image.across : image.across);
  }

  GRIDMASK_HD static Four makeFour(const KernelParams& params, uint32_t channel, uint32_t numbers,
                                   const Source& source, uint32_t dropped) {
    const KernelScale scale = constant<KernelScale>(
        params, params.scalesAt + channel * static_cast<uint32_t>(sizeof(KernelScale)));
    const Picker picker(numbers + scale.channel * 0x1111u);
    return Four(picker.pick(source), scale, dropped,
                static_cast<ValueType>(params.preprocessFlags >> kTypeShift));
  }

  GRIDMASK_HD static Vector vectorOf(const uint32_t* bits) {
    Vector vector;
    GRIDMASK_UNROLL
    for (int w = 0; w < 4; ++w) {
      vector.word[w] = kValueBytes == 4 ? bits[w] : bits[2 * w] | bits[2 * w + 1] << 16;
    }
    return vector;
  }

  GRIDMASK_HD static void put(const KernelParams& params, uint8_t* to,
                              const uint32_t (&bits)[kPixels], uint32_t left) {
    if ((params.preprocessFlags & kByValues) == 0) {
      storeOnce(to, vectorOf(bits));
      return;
    }
    // If rows do not begin and end at multiples of a vector.
    using Value = typename Unsigned<kValueBytes>::type;
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kPixels; ++k) {
      if (k < left) store<Value>(to + k * kValueBytes, static_cast<Value>(bits[k]));
    }
  }

  WarpTile tile_;
  uint8_t* target_;  // the sample's
  Vector vectors_[kTogether] = {};
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
