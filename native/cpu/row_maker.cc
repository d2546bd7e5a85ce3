// SPDX-License-Identifier: MIT

#include "cpu/row_maker.h"

#include <algorithm>
#include <cstring>

namespace gridmask::cpu {
namespace {

std::vector<uint8_t> blackOf(const PreprocessBatch& batch) {
  std::vector<uint8_t> black(batch.planes * batch.pixelBytes);
  for (size_t channel = 0; channel < batch.channels(); ++channel) {
    // All of the hosts are little-endian.
    const uint32_t bits = scaledBits(0, batch.scales[channel], batch.type);
    std::memcpy(black.data() + channel * batch.valueBytes, &bits, batch.valueBytes);
  }
  return black;
}

template <typename Value, ValueType kType, typename Stored>
void convertAs(uint8_t* target, size_t targetPixel, const uint8_t* source, ptrdiff_t sourcePixel,
               size_t count, const ChannelScale& scale) {
  for (size_t i = 0; i < count; ++i) {
    Value value;
    std::memcpy(&value, source, sizeof value);
    const auto bits = static_cast<Stored>(scaledBits(static_cast<float>(value), scale, kType));
    std::memcpy(target, &bits, sizeof bits);
    target += targetPixel;
    source += sourcePixel;
  }
}

template <typename Value>
auto converterOf(ValueType type) {
  return type == ValueType::kFloat32   ? convertAs<Value, ValueType::kFloat32, uint32_t>
         : type == ValueType::kFloat16 ? convertAs<Value, ValueType::kFloat16, uint16_t>
                                       : convertAs<Value, ValueType::kBfloat16, uint16_t>;
}

}  // namespace

RowMaker::RowMaker(const PreprocessBatch& batch)
    : batch_(batch), width_(static_cast<uint32_t>(batch.width)), black_(blackOf(batch)) {}

size_t RowMaker::pixelBytes(const SourceImage& image) const {
  return (batch_.planarSource ? 1 : image.channels) * (batch_.floatSource ? sizeof(float) : 1);
}

size_t RowMaker::channelBytes(const SourceImage& image) const {
  const size_t pixels = static_cast<size_t>(image.height) * static_cast<size_t>(image.width);
  return (batch_.planarSource ? pixels : 1) * (batch_.floatSource ? sizeof(float) : 1);
}

RowMaker::Inside RowMaker::insideOf(const SourceImage& image, int32_t y) const {
  const int32_t sourceY = y + image.top;
  if (sourceY < 0 || sourceY >= image.height) return {0, 0, image.data};
  const int32_t begin = std::clamp(-image.left, 0, batch_.width);
  const int32_t end = std::clamp(image.width - image.left, begin, batch_.width);
  if (begin == end) return {0, 0, image.data};
  const int32_t first = image.flip ? end - 1 : begin;
  const size_t pixel = static_cast<size_t>(sourceY) * static_cast<size_t>(image.width) +
                       static_cast<size_t>(first + image.left);
  const uint8_t* const source = image.data + pixel * pixelBytes(image);
  return image.flip ? Inside{width_ - static_cast<uint32_t>(end),
                             width_ - static_cast<uint32_t>(begin), source}
                    : Inside{static_cast<uint32_t>(begin), static_cast<uint32_t>(end), source};
}

void RowMaker::make(uint8_t* row, const SourceImage& image, int32_t y, const Run* runs,
                    const Run* end) const {
  const Inside inside = insideOf(image, y);
  repeat(row, black_.data(), 0, inside.begin);
  repeat(row, black_.data(), inside.end, width_);
  uint32_t x = inside.begin;
  for (const Run* run = runs; run != end && x < inside.end; ++run) {
    convertValues(row, image, inside, x, std::min(run->begin, inside.end));
    x = std::max(x, run->end);
  }
  convertValues(row, image, inside, x, inside.end);
  for (const Run* run = runs; run != end; ++run) repeat(row, batch_.fill, run->begin, run->end);
}

void RowMaker::convertValues(uint8_t* row, const SourceImage& image, const Inside& inside,
                             uint32_t begin, uint32_t end) const {
  if (begin >= end) return;
  const auto pixel = static_cast<ptrdiff_t>(pixelBytes(image));
  const ptrdiff_t step = image.flip ? -pixel : pixel;
  const auto convert =
      batch_.floatSource ? converterOf<float>(batch_.type) : converterOf<uint8_t>(batch_.type);
  const uint8_t* const source = inside.source + static_cast<ptrdiff_t>(begin - inside.begin) * step;
  uint8_t* const target = row + begin * batch_.pixelBytes;
  const size_t nextChannel = batch_.planes > 1 ? batch_.planeBytes() : batch_.valueBytes;
  for (size_t channel = 0; channel < batch_.channels(); ++channel) {
    const ChannelScale& scale = batch_.scales[channel];
    convert(target + channel * nextChannel, batch_.pixelBytes,
            source + scale.channel * channelBytes(image), step, end - begin, scale);
  }
}

// Writes `pixel`, in all channels, to columns [begin, end).
void RowMaker::repeat(uint8_t* row, const uint8_t* pixel, uint32_t begin, uint32_t end) const {
  for (size_t plane = 0; plane < batch_.planes; ++plane) {
    uint8_t* target = row + plane * batch_.planeBytes() + begin * batch_.pixelBytes;
    const uint8_t* const value = pixel + plane * batch_.pixelBytes;
    for (uint32_t x = begin; x < end; ++x, target += batch_.pixelBytes) {
      std::memcpy(target, value, batch_.pixelBytes);
    }
  }
}

}  // namespace gridmask::cpu
