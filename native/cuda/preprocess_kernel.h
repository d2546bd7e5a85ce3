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
#include <type_traits>

#include "cuda/kernel_params.h"
#include "cuda/mask_bits.h"
#include "cuda/mask_kernel.h"
#include "cuda/memory.h"
#include "cuda/preprocess_params.h"
#include "cuda/source_words.h"
#include "cuda/vector_bits.h"
#include "lattice/channel_scale.h"

namespace gridmask::cuda {

// What a thread and a warp have. Measured on an H100: docs/kernel.md has what else was tried.
template <int valueBytes_, bool together_>
struct PreprocessShape {
  static constexpr int valueBytes = valueBytes_;
  static constexpr bool together = together_;  // three channels, in one plane; else planes of one
  static constexpr int values = 16 / valueBytes;
  // In planes a thread has enough to wait for. Else more rows share its start.
  static constexpr int rows = together ? 4 : 1;
  static constexpr int tileShift = together ? 3 : valueBytes == 4 ? 5 : 2;
  static constexpr int minBlocks = 4;
};

// Four values of the result, as bits, of so many bytes each.
template <int valueBytes>
struct FourValues {
  uint32_t bits[4];

  // Of four bytes, which become numbers: there is no NaN. What is dropped becomes the fill.
  GRIDMASK_HD FourValues(uint32_t bytes, const float (&a)[4], const float (&b)[4],
                         const uint32_t (&fill)[4], uint32_t dropped, ValueType type) {
    float values[4];
    GRIDMASK_UNROLL
    for (int k = 0; k < 4; ++k) {
      const auto value = static_cast<float>(bytes >> (8 * k) & 0xFF);
      values[k] = exact::add(exact::multiply(value, a[k]), b[k]);
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
      if ((dropped >> k & 1) != 0) bits[k] = fill[k];
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
    row_ = ((tileRow << (5 - shift)) + (lane >> shift)) * Shape::rows;
    if (column_ >= params_.vectorsPerRow || row_ >= params_.height) return;
    const auto image = constant<KernelImage>(params_, params_.imagesAt + entry * params_.imageStep);
    makeRows(entry, image);
  }

 private:
  static constexpr int kPerPixel = Shape::together ? 3 : 1;
  static constexpr int kValueBytes = Shape::valueBytes;
  static constexpr int kValues = Shape::values;
  static constexpr uint32_t kAll = kAllOf<kValueBytes>;
  // A vector of three channels begins in the middle of a pixel, and has to do with one more.
  static constexpr int kPixels = (kValues + 2 * (kPerPixel - 1)) / kPerPixel;
  static constexpr int kGroups = Shape::together ? 1 : kValues / 4;
  static constexpr int kWords = kPixels <= 2 ? 2 : 4;
  using Source = Stretch<kWords>;
  using Four = FourValues<kValueBytes>;

  GRIDMASK_HD uint32_t firstPixel() const { return column_ * kValues / kPerPixel; }
  // Of its values, those that lie before the vector.
  GRIDMASK_HD uint32_t lead() const { return column_ * kValues % kPerPixel; }
  // That the vector has a value of; of planes, that a group has.
  GRIDMASK_HD uint32_t pixels() const {
    return Shape::together ? (lead() + kValues + kPerPixel - 1) / kPerPixel : 4;
  }

  GRIDMASK_HD void makeRows(uint32_t entry, const KernelImage& image) {
    const bool masks = (params_.preprocessFlags & kHasMasks) != 0;
    const KernelSample sample = masks ? sampleAt(params_, entry) : KernelSample{};
    const auto x = static_cast<int32_t>(firstPixel());
    TilePhases phases(sample, x, static_cast<int32_t>(row_));
    const bool may =
        sample.is(KernelSample::kDense) || phases.mayHaveSquares<kPixels, Shape::rows>();
    const Channels channels(*this, image);
    uint8_t* to = params_.target + entry * params_.sampleBytes + row_ * params_.rowBytes +
                  uint64_t{column_} * kVectorBytes;
    // Nobody needs values beyond the row.
    const uint32_t left = params_.valuesPerRow - column_ * kValues;
    const uint32_t beyond = left < kValues ? kAll << left : 0;
    SquareDraws draws(params_, entry);
    GRIDMASK_NO_UNROLL
    for (int r = 0; r < Shape::rows; ++r, phases.nextRow(), to += params_.rowBytes) {
      const uint32_t y = row_ + r;
      if (y >= params_.height) break;
      uint32_t dropped = may ? squares(phases.row) : 0;
      if (sample.is(KernelSample::kRandom)) {
        dropped = draws.nextRow(dropped, static_cast<int32_t>(y), [&](uint32_t bit) {
          return x + static_cast<int32_t>(bit / kPerPixel);
        });
      }
      if (sample.is(KernelSample::kReverse)) dropped = ~dropped;
      dropped = (dropped >> lead() | beyond) & kAll;
      Source source[kGroups];
      GRIDMASK_UNROLL
      for (int g = 0; g < kGroups; ++g) {
        const uint32_t all = Shape::together ? kAll : 0xFu << (4 * g);
        source[g] = {};
        if ((dropped & all) != all) source[g] = read(image, entry, firstPixel() + 4 * g, y);
      }
      channels.write(*this, source, dropped, to);
    }
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
  GRIDMASK_HD Source read(const KernelImage& image, uint32_t entry, uint32_t x, uint32_t y) const {
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

  GRIDMASK_HD ValueType type() const {
    return static_cast<ValueType>(params_.preprocessFlags >> kTypeShift);
  }

  GRIDMASK_HD KernelScale scaleAt(uint32_t channel) const {
    return constant<KernelScale>(
        params_, params_.scalesAt + channel * static_cast<uint32_t>(sizeof(KernelScale)));
  }

  // What becomes of the pixels' bytes, in planes.
  class Planes {
   public:
    GRIDMASK_HD Planes(const PreprocessTile&, const KernelImage& image)
        : numbers_(pixelBytesOf(image) * (image.across < 0 ? 0x0123u : 0x3210u)) {}

    GRIDMASK_HD void write(const PreprocessTile& tile, const Source (&source)[kGroups],
                           uint32_t dropped, uint8_t* to) const {
      GRIDMASK_NO_UNROLL
      for (uint32_t plane = 0; plane < tile.params_.planes; ++plane) {
        const KernelScale scale = tile.scaleAt(plane);
        const Picker picker(numbers_ + scale.channel * 0x1111u);
        const float a[4] = {scale.a, scale.a, scale.a, scale.a};
        const float b[4] = {scale.b, scale.b, scale.b, scale.b};
        const uint32_t fill[4] = {scale.fill, scale.fill, scale.fill, scale.fill};
        const Four values(picker.pick(source[0]), a, b, fill, dropped, tile.type());
        if constexpr (kGroups == 1) {
          tile.put(to, values.bits);
        } else {
          const Four more(picker.pick(source[kGroups - 1]), a, b, fill, dropped >> 4, tile.type());
          tile.put(to, values.bits, more.bits);
        }
        to += tile.params_.planeBytes;
      }
    }

   private:
    uint32_t numbers_;  // of the bytes of channel 0
  };

  // The same for three channels together.
  class Together {
   public:
    GRIDMASK_HD Together(const PreprocessTile& tile, const KernelImage& image) {
      const KernelScale scales[3] = {tile.scaleAt(0), tile.scaleAt(1), tile.scaleAt(2)};
      // In the order of the vector's values: to choose is cheaper than to read at places that
      // differ from thread to thread.
      const uint32_t lead = tile.lead();
      own_ = lead == 0 ? scales[0] : lead == 1 ? scales[1] : scales[2];
      next_ = lead == 0 ? scales[1] : lead == 1 ? scales[2] : scales[0];
      last_ = lead == 0 ? scales[2] : lead == 1 ? scales[0] : scales[1];
      // How many pixels further on each value is.
      const uint32_t pixelsOn = lead == 0 ? 0x1000u : lead == 1 ? 0x1100u : 0x1110u;
      const uint32_t furtherOn = lead == 0 ? 0x2211u : lead == 1 ? 0x2221u : 0x3222u;
      const uint32_t pixelBytes = pixelBytesOf(image);
      const uint32_t turned = (tile.pixels() - 1) * 0x1111u;
      const bool mirrored = image.across < 0;
      first_ = pixelBytes * (mirrored ? turned - pixelsOn : pixelsOn) + own_.channel * 0x1001u +
               next_.channel * 0x0010u + last_.channel * 0x0100u;
      second_ = pixelBytes * (mirrored ? turned - furtherOn : furtherOn) + next_.channel * 0x1001u +
                last_.channel * 0x0010u + own_.channel * 0x0100u;
    }

    GRIDMASK_HD void write(const PreprocessTile& tile, const Source (&source)[kGroups],
                           uint32_t dropped, uint8_t* to) const {
      const Four values =
          fourOf(own_, next_, last_, Picker(first_).pick(source[0]), dropped, tile.type());
      if constexpr (kValues == 4) {
        tile.put(to, values.bits);
      } else {
        const Four more =
            fourOf(next_, last_, own_, Picker(second_).pick(source[0]), dropped >> 4, tile.type());
        tile.put(to, values.bits, more.bits);
      }
    }

   private:
    // Of one channel after another, from the first's on.
    GRIDMASK_HD static Four fourOf(const KernelScale& first, const KernelScale& second,
                                   const KernelScale& third, uint32_t bytes, uint32_t dropped,
                                   ValueType type) {
      const float a[4] = {first.a, second.a, third.a, first.a};
      const float b[4] = {first.b, second.b, third.b, first.b};
      const uint32_t fill[4] = {first.fill, second.fill, third.fill, first.fill};
      return Four(bytes, a, b, fill, dropped, type);
    }

    KernelScale own_, next_, last_;
    uint32_t first_, second_;  // the numbers of the bytes of four values, and of four more
  };

  using Channels = std::conditional_t<Shape::together, Together, Planes>;

  GRIDMASK_HD void put(uint8_t* to, const uint32_t (&bits)[4]) const {
    if ((params_.preprocessFlags & kByValues) == 0) {
      storeOnce(to, {{bits[0], bits[1], bits[2], bits[3]}});
    } else {
      putEach<0>(to, bits);
    }
  }
  // The same of values of 16 bits.
  GRIDMASK_HD void put(uint8_t* to, const uint32_t (&bits)[4], const uint32_t (&more)[4]) const {
    if ((params_.preprocessFlags & kByValues) == 0) {
      storeOnce(to, {{bits[0] | bits[1] << 16, bits[2] | bits[3] << 16, more[0] | more[1] << 16,
                      more[2] | more[3] << 16}});
    } else {
      putEach<0>(to, bits);
      putEach<4>(to, more);
    }
  }
  // Where rows do not begin and end at multiples of a vector.
  template <uint32_t first>
  GRIDMASK_HD void putEach(uint8_t* to, const uint32_t (&bits)[4]) const {
    using Value = typename Unsigned<kValueBytes>::type;
    const uint32_t left = params_.valuesPerRow - column_ * kValues;
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < 4; ++k) {
      if (first + k < left) {
        store<Value>(to + (first + k) * kValueBytes, static_cast<Value>(bits[k]));
      }
    }
  }

  const KernelParams& params_;
  uint32_t column_ = 0;
  uint32_t row_ = 0;
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
