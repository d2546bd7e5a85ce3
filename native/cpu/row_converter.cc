// SPDX-License-Identifier: MIT

#include "cpu/row_converter.h"

#include <algorithm>
#include <cstring>

namespace gridmask::cpu {
namespace {

constexpr int32_t kRowsAhead = 2;
constexpr size_t kLineBytes = 64;

#ifdef __GNUC__
#define GRIDMASK_PREFETCH(address) __builtin_prefetch(address)
#else
#define GRIDMASK_PREFETCH(address) ((void)(address))
#endif

std::unique_ptr<uint8_t[]> blackOf(const PreprocessBatch& batch) {
  std::unique_ptr<uint8_t[]> black(new uint8_t[batch.planes * batch.pixelBytes]);
  for (size_t channel = 0; channel < batch.channels(); ++channel) {
    // All of the hosts are little-endian.
    const uint32_t bits = scaledBits(0, batch.scales[channel], batch.type);
    std::memcpy(black.get() + channel * batch.valueBytes, &bits, batch.valueBytes);
  }
  return black;
}

// Streaming stores are of whole vectors, whose place is a multiple of their size.
bool canStream(const PreprocessBatch& batch, const Converter* converter) {
  if (converter == nullptr) return false;
  const size_t vectorBytes = converter->pixels * batch.valueBytes;
  return batch.rowBytes() % vectorBytes == 0 &&
         static_cast<size_t>(batch.width) % converter->pixels == 0 &&
         reinterpret_cast<uintptr_t>(batch.target) % vectorBytes == 0;
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

RowConverter::RowConverter(const PreprocessBatch& batch, const Converter* converter, bool streams)
    : batch_(batch),
      converter_(converter),
      width_(static_cast<uint32_t>(batch.width)),
      streams_(streams && canStream(batch, converter)),
      black_(blackOf(batch)) {}

RowConverter::~RowConverter() {
  if (streams_) converter_->finish();
}

void RowConverter::start(const SourceImage& image) {
  image_ = &image;
  // There are tables for pixels whose channels lie together, and for planes that become planes.
  const uint32_t channels = batch_.planarSource ? 1 : image.channels;
  const bool joins = batch_.planarSource && batch_.planes != batch_.channels();
  inBlocks_ = converter_ != nullptr && width_ >= converter_->pixels && !batch_.floatSource &&
              channels <= kMostPicked && !joins;
  if (!inBlocks_) return;
  Pickings& pickings = pickings_[image.flip ? 1 : 0];
  if (pickings.channels != channels) fill(pickings, channels, image.flip);
  staged_.resize(width_ * channels + kPickSlack);
}

void RowConverter::fill(Pickings& pickings, uint32_t channels, bool flip) const {
  pickings.all.clear();
  const auto add = [&](const ChannelScale* scales, size_t count, const uint8_t* fill) {
    const bool interleaved = batch_.planes == 1 && count > 1;
    pickings.all.emplace_back(*converter_, scales, count, channels, flip, interleaved, batch_.type,
                              batch_.planeBytes(), fill);
  };
  if (!batch_.planarSource) {
    add(batch_.scales, batch_.channels(), batch_.fill);
  } else {
    // A plane is an image of one channel.
    for (size_t channel = 0; channel < batch_.channels(); ++channel) {
      const ChannelScale only{0, batch_.scales[channel].a, batch_.scales[channel].b};
      add(&only, 1, batch_.fill + channel * batch_.valueBytes);
    }
  }
  pickings.channels = channels;
}

RowConverter::Inside RowConverter::insideOf(int32_t y, size_t pixelBytes) const {
  const SourceImage& image = *image_;
  const int32_t sourceY = y + image.top;
  if (sourceY < 0 || sourceY >= image.height) return {0, 0, nullptr};
  const int32_t begin = std::clamp(-image.left, 0, batch_.width);
  const int32_t end = std::clamp(image.width - image.left, begin, batch_.width);
  const size_t first = static_cast<size_t>(sourceY) * static_cast<size_t>(image.width) +
                       static_cast<size_t>(begin + image.left);
  return {static_cast<uint32_t>(begin), static_cast<uint32_t>(end),
          image.data + first * pixelBytes};
}

// ---- in blocks ----

void RowConverter::makeBlocks(uint8_t* row, int32_t y, const uint16_t* dropped) {
  const Pickings& pickings = pickings_[image_->flip ? 1 : 0];
  const auto convert = converter_->of(batch_.type, streams_);
  const uint32_t pixels = converter_->pixels;
  const uint32_t whole = width_ / pixels;
  for (size_t plane = 0; plane < pickings.all.size(); ++plane) {
    const PickedBlock& block = pickings.all[plane].block();
    const size_t channel = batch_.planarSource ? batch_.scales[plane].channel : 0;
    const size_t sourcePixel = batch_.planarSource ? 1 : image_->channels;
    const uint8_t* const source = sourceOf(y, channel);
    uint8_t* const target = row + plane * batch_.planeBytes();
    const size_t mirrored = image_->flip ? (width_ - pixels) * sourcePixel : 0;
    if (image_->flip) prefetchRow(y + kRowsAhead, channel);
    convert(target, source + mirrored, whole, block, dropped);
    if (whole * pixels == width_) continue;
    // The last pixels together with some of those before them.
    const size_t first = width_ - pixels;
    convert(target + first * batch_.pixelBytes, source + (image_->flip ? 0 : first * sourcePixel),
            1, block, dropped == nullptr ? nullptr : dropped + whole);
  }
}

// Rows that are read backwards one after another are not foreseen by the processor.
void RowConverter::prefetchRow(int32_t y, size_t plane) const {
  const size_t pixelBytes = batch_.planarSource ? 1 : image_->channels;
  const Inside inside = insideOf(y, pixelBytes);
  const size_t planeBytes =
      static_cast<size_t>(image_->height) * static_cast<size_t>(image_->width);
  const size_t bytes = (inside.end - inside.begin) * pixelBytes;
  for (size_t i = 0; i < bytes; i += kLineBytes) {
    GRIDMASK_PREFETCH(inside.source + plane * planeBytes + i);
  }
}

// The bytes of the crop's row, black where it is outside of the image, with what may be read beyond
// them: in the image where they are there, else put together.
const uint8_t* RowConverter::sourceOf(int32_t y, size_t plane) {
  const SourceImage& image = *image_;
  const size_t pixelBytes = batch_.planarSource ? 1 : image.channels;
  const size_t planeBytes = static_cast<size_t>(image.height) * static_cast<size_t>(image.width);
  const Inside inside = insideOf(y, pixelBytes);
  const size_t bytes = (inside.end - inside.begin) * pixelBytes;
  if (bytes > 0) {
    const uint8_t* const source = inside.source + plane * planeBytes;
    const uint8_t* const end =
        image.data + (batch_.planarSource ? (plane + 1) : image.channels) * planeBytes;
    if (inside.begin == 0 && inside.end == width_ &&
        static_cast<size_t>(end - source) >= bytes + kPickSlack) {
      return source;
    }
    const size_t before = inside.begin * pixelBytes;
    std::memset(staged_.data(), 0, before);
    std::memcpy(staged_.data() + before, source, bytes);
    std::memset(staged_.data() + before + bytes, 0, staged_.size() - before - bytes);
  } else {
    std::memset(staged_.data(), 0, staged_.size());
  }
  return staged_.data();
}

// ---- value by value ----

void RowConverter::makeValues(uint8_t* row, int32_t y, const Run* runs, const Run* end) const {
  const size_t valueBytes = batch_.floatSource ? sizeof(float) : 1;
  const size_t pixelBytes = batch_.planarSource ? valueBytes : image_->channels * valueBytes;
  Inside inside = insideOf(y, pixelBytes);
  if (image_->flip) {
    // The first column has the last pixel.
    if (inside.end > inside.begin) inside.source += (inside.end - inside.begin - 1) * pixelBytes;
    inside = {width_ - inside.end, width_ - inside.begin, inside.source};
  }
  repeat(row, black_.get(), 0, inside.begin);
  repeat(row, black_.get(), inside.end, width_);
  uint32_t x = inside.begin;
  for (const Run* run = runs; run != end && x < inside.end; ++run) {
    convertValues(row, inside, x, std::min(run->begin, inside.end));
    x = std::max(x, run->end);
  }
  convertValues(row, inside, x, inside.end);
  for (const Run* run = runs; run != end; ++run) repeat(row, batch_.fill, run->begin, run->end);
}

void RowConverter::convertValues(uint8_t* row, const Inside& inside, uint32_t begin,
                                 uint32_t end) const {
  if (begin >= end) return;
  const SourceImage& image = *image_;
  const size_t valueBytes = batch_.floatSource ? sizeof(float) : 1;
  const size_t pixelBytes = batch_.planarSource ? valueBytes : image.channels * valueBytes;
  const size_t channelBytes =
      batch_.planarSource
          ? static_cast<size_t>(image.height) * static_cast<size_t>(image.width) * valueBytes
          : valueBytes;
  const ptrdiff_t step = static_cast<ptrdiff_t>(pixelBytes) * (image.flip ? -1 : 1);
  const auto convert =
      batch_.floatSource ? converterOf<float>(batch_.type) : converterOf<uint8_t>(batch_.type);
  const uint8_t* const source = inside.source + static_cast<ptrdiff_t>(begin - inside.begin) * step;
  uint8_t* const target = row + begin * batch_.pixelBytes;
  const size_t nextChannel = batch_.planes > 1 ? batch_.planeBytes() : batch_.valueBytes;
  for (size_t channel = 0; channel < batch_.channels(); ++channel) {
    const ChannelScale& scale = batch_.scales[channel];
    convert(target + channel * nextChannel, batch_.pixelBytes,
            source + scale.channel * channelBytes, step, end - begin, scale);
  }
}

// Writes `pixel`, in all channels, to columns [begin, end).
void RowConverter::repeat(uint8_t* row, const uint8_t* pixel, uint32_t begin, uint32_t end) const {
  for (size_t plane = 0; plane < batch_.planes; ++plane) {
    uint8_t* target = row + plane * batch_.planeBytes() + begin * batch_.pixelBytes;
    const uint8_t* const value = pixel + plane * batch_.pixelBytes;
    for (uint32_t x = begin; x < end; ++x, target += batch_.pixelBytes) {
      std::memcpy(target, value, batch_.pixelBytes);
    }
  }
}

}  // namespace gridmask::cpu
