// SPDX-License-Identifier: MIT

#include "cpu/row_maker.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>

namespace gridmask::cpu {
namespace {

// Rows that are read backwards one after another are not foreseen by the processor.
constexpr int32_t kRowsAhead = 2;

#ifdef __GNUC__
#define GRIDMASK_PREFETCH(address) __builtin_prefetch(address)
#else
#define GRIDMASK_PREFETCH(address) ((void)(address))
#endif

std::vector<uint8_t> blackOf(const PreprocessBatch& batch) {
  std::vector<uint8_t> black(batch.planes * batch.pixelBytes);
  for (size_t channel = 0; channel < batch.channels(); ++channel) {
    // All of the hosts are little-endian.
    const uint32_t bits = scaledBits(0, batch.scales[channel], batch.type);
    std::memcpy(black.data() + channel * batch.valueBytes, &bits, batch.valueBytes);
  }
  return black;
}

// Pixels before the first block that streaming stores can write; none where there is no such block.
std::optional<uint32_t> shiftOf(const PreprocessBatch& batch, const Converter* converter) {
  if (converter == nullptr || !converter->streams) return std::nullopt;
  const uint32_t pixels = converter->pixels;
  const size_t vectorBytes = pixels * batch.valueBytes;
  // Then it is the same in every row and plane.
  if (static_cast<uint32_t>(batch.width) % pixels != 0) return std::nullopt;
  for (uint32_t shift = 0; shift < pixels; ++shift) {
    const auto place = reinterpret_cast<uintptr_t>(batch.target) + shift * batch.pixelBytes;
    if (place % vectorBytes == 0) return shift;
  }
  return std::nullopt;
}

// Of a block that is read with what may be read beyond it.
constexpr size_t kJointBytes = 16 * kMostPicked + kPickSlack;

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

RowMaker::RowMaker(const PreprocessBatch& batch, const Converter* converter, bool streams)
    : batch_(batch),
      converter_(converter),
      width_(static_cast<uint32_t>(batch.width)),
      streams_(streams && shiftOf(batch, converter).has_value()),
      shift_(streams_ ? *shiftOf(batch, converter) : 0),
      gathers_(streams && !streams_ && converter != nullptr && converter->streams),
      planeStride_(gathers_ ? batch.rowBytes() : batch.planeBytes()),
      black_(blackOf(batch)) {
  for (const SourceImage& image : batch.images) {
    if (!makesBlocks(image)) continue;
    Pickings& pickings = pickings_[kindOf(image)];
    if (pickings.empty()) pickings = pick(image);
  }
}

// There are tables for pixels whose channels lie together, and for planes that become planes.
bool RowMaker::makesBlocks(const SourceImage& image) const {
  if (converter_ == nullptr || width_ < converter_->pixels || batch_.floatSource) return false;
  return batch_.planarSource ? batch_.planes == batch_.channels() : image.channels <= kMostPicked;
}

// By its channels, and whether it is mirrored.
size_t RowMaker::kindOf(const SourceImage& image) const {
  const size_t channels = batch_.planarSource ? 1 : image.channels;
  return 2 * (channels - 1) + (image.flip ? 1 : 0);
}

RowMaker::Pickings RowMaker::pick(const SourceImage& image) const {
  Pickings pickings;
  const auto add = [&](const ChannelScale* scales, size_t count, const uint8_t* fill) {
    const bool interleaved = batch_.planes == 1 && count > 1;
    pickings.emplace_back(*converter_, scales, count, batch_.planarSource ? 1 : image.channels,
                          image.flip, interleaved, batch_.type, planeStride_, fill);
  };
  if (!batch_.planarSource) {
    add(batch_.scales.data(), batch_.channels(), batch_.fill);
    return pickings;
  }
  // A plane is an image of one channel.
  for (size_t channel = 0; channel < batch_.channels(); ++channel) {
    const ChannelScale only{0, batch_.scales[channel].a, batch_.scales[channel].b};
    add(&only, 1, batch_.fill + channel * batch_.valueBytes);
  }
  return pickings;
}

void RowMaker::finish() const {
  if (streams_) converter_->finish();
}

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

// ---- in blocks ----

RowMaker::Blocks::Blocks(const RowMaker& rows, Carver& memory)
    : staged_(memory.take<uint8_t>(rows.width_ * kMostPicked + kPickSlack)),
      joints_(memory.take<uint8_t>(rows.shift_ == 0 ? 0 : rows.batch_.planes * kJointBytes)),
      made_(memory.take<uint8_t>(
          rows.shift_ == 0 ? 0 : rows.converter_->pixels * rows.batch_.channels() * sizeof(float))),
      row_(memory.take<uint8_t>(rows.gathers_ ? rows.batch_.planes * rows.planeStride_ : 0)),
      writers_(memory.take<LineWriter>(rows.gathers_ ? rows.batch_.planes : 0)) {}

void RowMaker::makeBlocks(uint8_t* row, const SourceImage& image, int32_t y,
                          const uint16_t* dropped, Blocks& blocks) const {
  const Pickings& pickings = pickingsOf(image);
  const auto convert = converter_->of(batch_.type, streams_);
  const uint32_t pixels = converter_->pixels;
  const uint32_t whole = (width_ - shift_) / pixels;
  const uint32_t rest = (width_ - shift_) % pixels;
  const uint32_t last = width_ - pixels;
  const size_t sourcePixel = pixelBytes(image);
  const bool masked = dropped != nullptr;
  uint16_t joint = 0, tail = 0;
  if (masked && shift_ != 0) {
    // The end of the last row, and the beginning of this one, each at its place in a block.
    const unsigned ofEnd = (1u << rest) - 1;
    joint = static_cast<uint16_t>((blocks.tail_ & ofEnd) | (dropped[-1] & ~ofEnd));
  } else if (masked && rest != 0) {
    tail = static_cast<uint16_t>(dropped[static_cast<ptrdiff_t>(whole) - 1] >> rest |
                                 dropped[whole] << (pixels - rest));
  }
  for (size_t plane = 0; plane < pickings.size(); ++plane) {
    const size_t channel = batch_.planarSource ? batch_.scales[plane].channel : 0;
    if (image.flip) prefetch(image, y + kRowsAhead, channel);
    const PickedBlock& block = pickings[plane].block();
    const uint8_t* const source = sourceOf(image, y, channel, blocks.staged_);
    uint8_t* const target = (gathers_ ? blocks.row_ : row) + plane * planeStride_;
    const auto at = [&](uint32_t column) {  // the first byte of the block there
      return source + (image.flip ? last - column : column) * sourcePixel;
    };
    if (shift_ != 0) {
      uint8_t* const joined = blocks.joints_ + plane * kJointBytes;
      stageJoint(source, image, rest, shift_, 0, joined);
      makeJoint(target, block, blocks.joined_ ? 0 : rest, pixels, masked ? &joint : nullptr, plane,
                blocks);
      stageJoint(source, image, 0, rest, width_ - rest, joined);
    }
    convert(target + shift_ * batch_.pixelBytes, at(shift_), whole, block, dropped);
    if (shift_ == 0 && rest != 0) {
      // The last pixels together with some of those before them.
      convert(target + last * batch_.pixelBytes, at(last), 1, block, masked ? &tail : nullptr);
    }
  }
  if (gathers_) writeGathered(row, blocks);
  blocks.joined_ = shift_ != 0;
  blocks.masked_ = masked;
  if (masked && blocks.joined_) blocks.tail_ = dropped[whole];
}

// Rows of which not all begin at a multiple of a vector's size.
void RowMaker::writeGathered(uint8_t* row, Blocks& blocks) const {
  for (size_t plane = 0; plane < batch_.planes; ++plane) {
    LineWriter* const writer = blocks.writers_ + plane;
    if (!blocks.writes_) new (writer) LineWriter(row + plane * batch_.planeBytes());
    writer->copy(blocks.row_ + plane * planeStride_, planeStride_);
  }
  blocks.writes_ = true;
}

void RowMaker::endBlocks(uint8_t* row, const SourceImage& image, Blocks& blocks) const {
  if (blocks.writes_) {
    for (size_t plane = 0; plane < batch_.planes; ++plane) blocks.writers_[plane].~LineWriter();
    blocks.writes_ = false;
  }
  if (!blocks.joined_) return;
  const Pickings& pickings = pickingsOf(image);
  for (size_t plane = 0; plane < pickings.size(); ++plane) {
    makeJoint(row + plane * batch_.planeBytes(), pickings[plane].block(), 0,
              converter_->pixels - shift_, blocks.masked_ ? &blocks.tail_ : nullptr, plane, blocks);
  }
  blocks.joined_ = false;
}

// Pixels [first, first + count) of a joint, from the row's column on.
void RowMaker::stageJoint(const uint8_t* source, const SourceImage& image, uint32_t first,
                          uint32_t count, uint32_t column, uint8_t* joint) const {
  const size_t pixel = pixelBytes(image);
  const uint32_t place = image.flip ? converter_->pixels - first - count : first;
  const uint32_t from = image.flip ? width_ - column - count : column;
  std::memcpy(joint + place * pixel, source + from * pixel, count * pixel);
}

// The block of which the last `shift` pixels are a row's first. Of its pixels [first, end) are
// there.
void RowMaker::makeJoint(uint8_t* row, const PickedBlock& block, uint32_t first, uint32_t end,
                         const uint16_t* dropped, size_t plane, Blocks& blocks) const {
  const uint8_t* const source = blocks.joints_ + plane * kJointBytes;
  const uint32_t pixels = converter_->pixels;
  const auto place = static_cast<ptrdiff_t>(first + shift_) - static_cast<ptrdiff_t>(pixels);
  uint8_t* const target = row + place * static_cast<ptrdiff_t>(batch_.pixelBytes);
  if (first == 0 && end == pixels) {
    converter_->of(batch_.type, true)(target, source, 1, block, dropped);
    return;
  }
  const size_t vectorBytes = pixels * batch_.valueBytes;
  const size_t planes = batch_.planes > 1 && !batch_.planarSource ? batch_.planes : 1;
  PickedBlock apart = block;
  if (planes > 1) apart.vectorStride = vectorBytes;
  converter_->of(batch_.type, false)(blocks.made_, source, 1, apart, dropped);
  for (size_t k = 0; k < planes; ++k) {
    std::memcpy(target + k * batch_.planeBytes(),
                blocks.made_ + k * vectorBytes + first * batch_.pixelBytes,
                (end - first) * batch_.pixelBytes);
  }
}

// The bytes of the crop's row, black where it is outside of the image, with what may be read beyond
// them: in the image where they are there, else put together.
const uint8_t* RowMaker::sourceOf(const SourceImage& image, int32_t y, size_t plane,
                                  uint8_t* staged) const {
  SourceImage upright = image;
  upright.flip = false;
  const Inside inside = insideOf(upright, y);
  const size_t pixel = pixelBytes(image);
  const size_t bytes = (inside.end - inside.begin) * pixel;
  const size_t rowBytes = width_ * pixel;
  const uint8_t* const source = inside.source + plane * channelBytes(image);
  const uint8_t* const end = image.data + (batch_.planarSource ? plane + 1 : image.channels) *
                                              static_cast<size_t>(image.height) *
                                              static_cast<size_t>(image.width);
  if (bytes == rowBytes && static_cast<size_t>(end - source) >= bytes + kPickSlack) return source;
  std::memset(staged, 0, rowBytes + kPickSlack);
  if (bytes > 0) std::memcpy(staged + inside.begin * pixel, source, bytes);
  return staged;
}

void RowMaker::prefetch(const SourceImage& image, int32_t y, size_t plane) const {
  SourceImage upright = image;
  upright.flip = false;
  const Inside inside = insideOf(upright, y);
  const size_t bytes = (inside.end - inside.begin) * pixelBytes(image);
  for (size_t i = 0; i < bytes; i += kLineBytes) {
    GRIDMASK_PREFETCH(inside.source + plane * channelBytes(image) + i);
  }
}

// ---- value by value ----

void RowMaker::makeValues(uint8_t* row, const SourceImage& image, int32_t y, const Run* runs,
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
