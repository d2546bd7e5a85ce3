// SPDX-License-Identifier: MIT
//
// The kernels that make a batch of decoded images: crop, mirror, pick channels, normalise, mask.
//
// PreprocessTile, for images of bytes whose channels, at most four, lie together:
//
//   a thread   a vector of the result in `rows` rows, one below the other, and the same in all
//              planes: each pixel is decided once, and its bytes are read once
//   a warp     a tile of 2^tileShift such vectors side by side, the rest of the 32 below
//   the grid   x: a sample's tiles, y and z: samples
//
// Four pixels are at most sixteen bytes, which are read as words. Which of these bytes a value is
// made of is a number of four bits, so that mirroring, channels and their order are all one thing:
// other numbers.
//
// PreprocessPixel, for all others: a thread has a pixel, value by value.
//
// What is dropped is not read, but where a vector has a pixel that is kept.
#pragma once

#include <cstdint>

#include "cuda/kernel_params.h"
#include "cuda/mask_bits.h"
#include "cuda/mask_kernel.h"
#include "cuda/memory.h"
#include "cuda/preprocess_params.h"
#include "cuda/source_words.h"
#include "lattice/channel_scale.h"

namespace gridmask::cuda {

template <ValueType type_, bool together_>
struct PreprocessShape {
  static constexpr ValueType type = type_;
  static constexpr bool together = together_;  // three channels, in one plane; else planes of one
  static constexpr int rows = 2;
  static constexpr int pixels = 4;  // of a vector in a plane
  static constexpr int tileShift = 5;
  static constexpr int minBlocks = 4;
};

// Four values of the result, and how they are stored.
template <ValueType type>
struct FourValues {
  uint32_t bits[4];

  // Of four bytes. What is dropped becomes the fill.
  GRIDMASK_HD FourValues(uint32_t bytes, const float (&a)[4], const float (&b)[4],
                         const uint32_t (&fill)[4], uint32_t dropped) {
    GRIDMASK_UNROLL
    for (int k = 0; k < 4; ++k) {
      const auto value = static_cast<float>(bytes >> (8 * k) & 0xFF);
      // Of a byte it is a number: no NaN.
      const uint32_t kept = noiseBits(exact::add(exact::multiply(value, a[k]), b[k]), type);
      bits[k] = (dropped >> k & 1) != 0 ? fill[k] : kept;
    }
  }

  // Two of them, of 16 bits each.
  GRIDMASK_HD uint32_t pair(int first) const { return bits[first] | bits[first + 1] << 16; }
};

template <class Shape>
class PreprocessTile {
 public:
  GRIDMASK_HD explicit PreprocessTile(const KernelParams& params) : params_(params) {}

  GRIDMASK_HD void run(uint32_t blockX, uint32_t blockY, uint32_t blockZ, uint32_t threadX) {
    const uint32_t entry = blockZ * params_.gridY + blockY;
    const uint32_t tile = (blockX * params_.threadsPerBlock + threadX) / kWarp;
    if (entry >= params_.entries || tile >= params_.tilesPerSample) return;
    const uint32_t lane = threadX % kWarp;
    const uint32_t tileRow = quotient(tile, params_.tileColumnsReciprocal);
    const uint32_t tileColumn = tile - tileRow * params_.tileColumns;
    const uint32_t shift = params_.tileShift;
    column_ = (tileColumn << shift) + (lane & ((1u << shift) - 1));
    row_ = ((tileRow << (5 - shift)) + (lane >> shift)) * kRows;
    if (column_ >= params_.vectorsPerRow || row_ >= params_.height) return;
    rowsLeft_ = params_.height - row_;
    decide(entry);

    const auto image =
        constant<KernelImage>(params_, params_.imagesAt + entry * params_.imageStep);
    GRIDMASK_UNROLL
    for (int r = 0; r < kRows; ++r) {
      GRIDMASK_UNROLL
      for (int g = 0; g < kGroups; ++g) {
        const uint32_t rest = dropped_[r] >> (4 * g);
        const bool keeps = Shape::together ? dropped_[r] != kAll : (rest & 0xF) != 0xF;
        source_[r][g] = {};
        if (keeps && static_cast<uint32_t>(r) < rowsLeft_) {
          source_[r][g] = read(image, entry, firstPixel() + 4 * g, row_ + r);
        }
      }
    }
    uint8_t* const to = params_.target + entry * params_.sampleBytes + row_ * params_.rowBytes +
                        uint64_t{column_} * kStoredBytes;
    if constexpr (Shape::together) {
      writeTogether(image, to);
    } else {
      writePlanes(image, to);
    }
  }

 private:
  static constexpr int kRows = Shape::rows;
  static constexpr int kPerPixel = Shape::together ? 3 : 1;
  static constexpr int kValueBytes = static_cast<int>(valueBytesOf(Shape::type));
  static constexpr int kStoredBytes = Shape::together ? 16 : Shape::pixels * kValueBytes;
  static constexpr int kValues = kStoredBytes / kValueBytes;
  static constexpr uint32_t kAll = (1u << kValues) - 1;
  // A vector of three channels begins in the middle of a pixel, and has to do with one more.
  static constexpr int kPixels = (kValues + kPerPixel - 1 + kPerPixel - 1) / kPerPixel;
  static constexpr int kGroups = Shape::together ? 1 : Shape::pixels / 4;
  static constexpr int kWords = kPixels <= 2 ? 2 : 4;
  using Source = Stretch<kWords>;

  GRIDMASK_HD uint32_t firstPixel() const { return column_ * kValues / kPerPixel; }
  // Of its values, those that lie before the vector.
  GRIDMASK_HD uint32_t lead() const { return column_ * kValues % kPerPixel; }
  // That the vector has a value of; of planes, that a group has.
  GRIDMASK_HD uint32_t pixels() const {
    return Shape::together ? (lead() + kValues + kPerPixel - 1) / kPerPixel : 4;
  }

  // Bits of the vector's values.
  GRIDMASK_HD void decide(uint32_t entry) {
    GRIDMASK_UNROLL
    for (int r = 0; r < kRows; ++r) dropped_[r] = 0;
    if ((params_.preprocessFlags & kHasMasks) == 0) return;
    const KernelSample sample = sampleAt(params_, entry);
    const auto x = static_cast<int32_t>(firstPixel());
    const auto y = static_cast<int32_t>(row_);
    TilePhases phases(sample, x, y);
    if (sample.is(KernelSample::kDense) || phases.mayHaveSquares<kPixels, kRows>()) {
      GRIDMASK_UNROLL
      for (int r = 0; r < kRows; ++r, phases.nextRow()) dropped_[r] = squares(phases.row);
    }
    if (sample.is(KernelSample::kRandom)) {
      GRIDMASK_UNROLL
      for (int r = 0; r < kRows; ++r) {
        dropped_[r] = drawnSquares(dropped_[r], params_, entry, x, y + r, kPerPixel, kPerPixel);
      }
    }
    const uint32_t kept = sample.is(KernelSample::kReverse) ? 0xFFFFFFFFu : 0;
    GRIDMASK_UNROLL
    for (int r = 0; r < kRows; ++r) dropped_[r] = (dropped_[r] ^ kept) >> lead() & kAll;
  }

  GRIDMASK_HD static uint32_t squares(Phases<uint32_t> phases) {
    constexpr uint32_t kPixel = (1u << kPerPixel) - 1;
    uint32_t bits = 0;
    GRIDMASK_UNROLL
    for (int k = 0; k < kPixels; ++k, phases.next()) {
      if (phases.inSquare()) bits |= kPixel << (k * kPerPixel);
    }
    return bits;
  }

  // The bytes of pixels() pixels from x on, as they lie in the image.
  GRIDMASK_HD Source read(const KernelImage& image, uint32_t entry, uint32_t x,
                          uint32_t y) const {
    Source none{};
    if (y < image.yBegin || y >= image.yEnd) return none;
    const uint32_t end = x + pixels();
    const uint32_t from = x > image.xBegin ? x : image.xBegin;
    const uint32_t to = end < image.xEnd ? end : image.xEnd;
    if (from >= to) return none;
    const bool mirrored = image.across < 0;
    const uint32_t first = mirrored ? end - 1 : x;
    const uint64_t at = image.origin + entry * image.next + uint64_t{y} * image.down +
                        static_cast<uint64_t>(int64_t{static_cast<int32_t>(first)} * image.across);
    const uint32_t pixelBytes = pixelBytesOf(image);
    return Source::load(reinterpret_cast<const uint8_t*>(static_cast<uintptr_t>(at)),
                        (end - x) * pixelBytes, (mirrored ? end - to : from - x) * pixelBytes,
                        (mirrored ? end - from : to - x) * pixelBytes, image.bytewise != 0);
  }

  GRIDMASK_HD static uint32_t pixelBytesOf(const KernelImage& image) {
    return static_cast<uint32_t>(image.across < 0 ? -image.across : image.across);
  }

  GRIDMASK_HD void writePlanes(const KernelImage& image, uint8_t* to) const {
    const uint32_t numbers = pixelBytesOf(image) * (image.across < 0 ? 0x0123u : 0x3210u);
    GRIDMASK_NO_UNROLL
    for (uint32_t plane = 0; plane < params_.planes; ++plane, to += params_.planeBytes) {
      const auto scale = constant<KernelScale>(
          params_, params_.scalesAt + plane * static_cast<uint32_t>(sizeof(KernelScale)));
      const Picker picker(numbers + scale.channel * 0x1111u);
      const float a[4] = {scale.a, scale.a, scale.a, scale.a};
      const float b[4] = {scale.b, scale.b, scale.b, scale.b};
      const uint32_t fill[4] = {scale.fill, scale.fill, scale.fill, scale.fill};
      GRIDMASK_UNROLL
      for (int r = 0; r < kRows; ++r) {
        if (static_cast<uint32_t>(r) >= rowsLeft_) break;
        uint8_t* const row = to + r * params_.rowBytes;
        if constexpr (kGroups == 1) {
          put(row, four(picker.pick(source_[r][0]), a, b, fill, dropped_[r]));
        } else {
          put(row, four(picker.pick(source_[r][0]), a, b, fill, dropped_[r]),
              four(picker.pick(source_[r][kGroups - 1]), a, b, fill, dropped_[r] >> 4));
        }
      }
    }
  }

  GRIDMASK_HD void writeTogether(const KernelImage& image, uint8_t* to) const {
    const uint32_t pixelBytes = pixelBytesOf(image);
    const uint32_t first = lead();
    const KernelScales scales = scalesAt(first);
    if constexpr (kValues == 4) {
      const Picker picker(numbersOf(image, pixelBytes, scales.pixels[0]) + scales.channels);
      GRIDMASK_UNROLL
      for (int r = 0; r < kRows; ++r) {
        if (static_cast<uint32_t>(r) >= rowsLeft_) break;
        put(to + r * params_.rowBytes, four(picker.pick(source_[r][0]), scales.a, scales.b,
                                            scales.fill, dropped_[r]));
      }
    } else {
      const KernelScales later = scalesAt(first == 2 ? 0 : first + 1);
      const Picker picker(numbersOf(image, pixelBytes, scales.pixels[0]) + scales.channels);
      const Picker second(numbersOf(image, pixelBytes, scales.pixels[1]) + later.channels);
      GRIDMASK_UNROLL
      for (int r = 0; r < kRows; ++r) {
        if (static_cast<uint32_t>(r) >= rowsLeft_) break;
        put(to + r * params_.rowBytes,
            four(picker.pick(source_[r][0]), scales.a, scales.b, scales.fill, dropped_[r]),
            four(second.pick(source_[r][0]), later.a, later.b, later.fill, dropped_[r] >> 4));
      }
    }
  }

  GRIDMASK_HD KernelScales scalesAt(uint32_t first) const {
    return constant<KernelScales>(
        params_, params_.scalesAt + first * static_cast<uint32_t>(sizeof(KernelScales)));
  }

  // The numbers of the bytes of channel 0 of these pixels.
  GRIDMASK_HD uint32_t numbersOf(const KernelImage& image, uint32_t pixelBytes,
                                 uint32_t pixels4) const {
    return pixelBytes * (image.across < 0 ? (pixels() - 1) * 0x1111u - pixels4 : pixels4);
  }

  using Four = FourValues<Shape::type>;
  GRIDMASK_HD static Four four(uint32_t bytes, const float (&a)[4], const float (&b)[4],
                               const uint32_t (&fill)[4], uint32_t dropped) {
    return Four(bytes, a, b, fill, dropped);
  }

  GRIDMASK_HD static void put(uint8_t* to, const Four& values) {
    if constexpr (kValueBytes == 4) {
      storeOnce(to, {{values.bits[0], values.bits[1], values.bits[2], values.bits[3]}});
    } else {
      store<uint64_t>(to, uint64_t{values.pair(2)} << 32 | values.pair(0));
    }
  }
  GRIDMASK_HD static void put(uint8_t* to, const Four& values, const Four& more) {
    storeOnce(to, {{values.pair(0), values.pair(2), more.pair(0), more.pair(2)}});
  }

  const KernelParams& params_;
  uint32_t column_ = 0;
  uint32_t row_ = 0;
  uint32_t rowsLeft_ = 0;
  uint32_t dropped_[kRows];
  Source source_[kRows][kGroups];
};

// Any image, result and mask.
class PreprocessPixel {
 public:
  static constexpr int kRows = 1;
  static constexpr int kTileShift = 5;
  static constexpr int kMinBlocks = 4;

  GRIDMASK_HD explicit PreprocessPixel(const KernelParams& params) : params_(params) {}

  GRIDMASK_HD void run(uint32_t blockX, uint32_t blockY, uint32_t blockZ, uint32_t threadX) {
    const uint32_t entry = blockZ * params_.gridY + blockY;
    const uint32_t tile = (blockX * params_.threadsPerBlock + threadX) / kWarp;
    if (entry >= params_.entries || tile >= params_.tilesPerSample) return;
    const uint32_t lane = threadX % kWarp;
    const uint32_t tileRow = quotient(tile, params_.tileColumnsReciprocal);
    const uint32_t tileColumn = tile - tileRow * params_.tileColumns;
    const uint32_t shift = params_.tileShift;
    const uint32_t x = (tileColumn << shift) + (lane & ((1u << shift) - 1));
    const uint32_t y = (tileRow << (5 - shift)) + (lane >> shift);
    if (x >= params_.width || y >= params_.height) return;

    const auto image =
        constant<KernelImage>(params_, params_.imagesAt + entry * params_.imageStep);
    const bool dropped = drops(entry, static_cast<int32_t>(x), static_cast<int32_t>(y));
    const bool isRead = !dropped && x >= image.xBegin && x < image.xEnd && y >= image.yBegin &&
                        y < image.yEnd;
    const uint64_t at = image.origin + entry * image.next + uint64_t{y} * image.down +
                        static_cast<uint64_t>(int64_t{static_cast<int32_t>(x)} * image.across);
    const auto* const from = reinterpret_cast<const uint8_t*>(static_cast<uintptr_t>(at));
    const auto type = static_cast<ValueType>(params_.preprocessFlags >> kTypeShift);
    const uint32_t valueBytes = valueBytesOf(type);
    const uint32_t channels = params_.planes * params_.valuesPerPixel;
    const uint64_t step = params_.planes > 1 ? params_.planeBytes : valueBytes;
    uint8_t* to = params_.target + entry * params_.sampleBytes + y * params_.rowBytes +
                  uint64_t{x} * (params_.valuesPerPixel * valueBytes);
    // All reads of some channels are under way before the first of them is waited for.
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
