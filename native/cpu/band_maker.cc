// SPDX-License-Identifier: MIT

#include "cpu/band_maker.h"

#include <algorithm>
#include <cstring>

#include "cpu/kernels.h"
#include "cpu/short_copy.h"

namespace gridmask::cpu {
namespace {

// Pixels of a band, unless a row has more. What the mask drops from a band is decided before the
// band is made, so a band is kept short enough that memory is not idle for long.
constexpr uint32_t kBandPixels = 2048;

// A band leaves pixels that do not fill a step to the next band: fewer than this.
constexpr size_t kMostStep = 32;

size_t pixelsOfLines(const PreprocessBatch& batch, const Converter* converter) {
  if (converter == nullptr) return 1;
  return std::max<size_t>(converter->pixels, kLineBytes / batch.valueBytes);
}

// Whether lines of the cache begin with a pixel. If they do, they do so in every plane.
bool linesBeginWithPixels(const PreprocessBatch& batch, size_t pixels) {
  for (size_t k = 0; k < pixels; ++k) {
    if ((reinterpret_cast<uintptr_t>(batch.target) + k * batch.pixelBytes) % kLineBytes == 0) {
      return true;
    }
  }
  return false;
}

// Between separate arrays. Rows are too short to be worth a call to memcpy().
void copyRow(uint8_t* to, const uint8_t* from, size_t bytes) {
  struct Part {
    uint64_t words[4];
  };
  const auto copy = [&](size_t at) {
    Part part;
    std::memcpy(&part, from + at, sizeof part);
    std::memcpy(to + at, &part, sizeof part);
  };
  if (bytes < sizeof(Part)) {
    copyShort(to, from, bytes);
    return;
  }
  for (size_t at = 0; at + sizeof(Part) <= bytes; at += sizeof(Part)) copy(at);
  copy(bytes - sizeof(Part));
}

// The kWordBits bits from `at` on.
uint64_t wordAt(const uint64_t* words, size_t at) {
  const uint64_t* const word = words + at / kWordBits;
  const size_t shift = at % kWordBits;
  return shift == 0 ? *word : word[0] >> shift | word[1] << (kWordBits - shift);
}

}  // namespace

BandMaker::BandMaker(const PreprocessBatch& batch, const Converter* converter, bool streams)
    : batch_(batch),
      converter_(converter),
      width_(static_cast<size_t>(batch.width)),
      aligns_(converter != nullptr && linesBeginWithPixels(batch, pixelsOfLines(batch, converter))),
      streams_(streams && aligns_ && converter->streams),
      step_(aligns_     ? pixelsOfLines(batch, converter)
            : converter ? converter->pixels
                        : 1) {
  for (const SourceImage& image : batch.images) {
    if (!makes(image)) continue;
    Kind& kind = kinds_[kindOf(image)];
    if (!kind.groups.empty()) continue;
    kind = pick(image);
    mostGroups_ = std::max(mostGroups_, kind.groups.size());
  }
}

// There are tables for interleaved channels, and for planes that become planes.
bool BandMaker::makes(const SourceImage& image) const {
  if (converter_ == nullptr || batch_.floatSource) return false;
  return batch_.planarSource ? batch_.planes == batch_.channels() : image.channels <= kMostPicked;
}

// By its channels, and whether it is mirrored.
size_t BandMaker::kindOf(const SourceImage& image) const {
  return 2 * (sourcePixelBytes(image) - 1) + (image.flip ? 1 : 0);
}

BandMaker::Kind BandMaker::pick(const SourceImage& image) const {
  Kind kind;
  const auto add = [&](const ChannelScale* scales, size_t count, const uint8_t* fill) {
    const bool interleaved = batch_.planes == 1 && count > 1;
    kind.pickings.emplace_back(*converter_, scales, count, sourcePixelBytes(image), image.flip,
                               interleaved, batch_.type, batch_.planeBytes(), fill);
    return kind.pickings.back().block();
  };
  if (!batch_.planarSource) {
    const PickedBlock block = add(batch_.scales.data(), batch_.channels(), batch_.fill);
    // Planes whose lines begin with the same pixels are made together.
    if (!aligns_ || batch_.planes == 1 || batch_.planeBytes() % kLineBytes == 0) {
      kind.groups.push_back({block, 0, batch_.planes, 0});
      return kind;
    }
    for (size_t plane = 0; plane < batch_.planes; ++plane) {
      PickedBlock own = block;
      own.vectors += plane;
      own.count = 1;
      kind.groups.push_back({own, plane, 1, 0});
    }
    return kind;
  }
  // Each plane is treated as an image of one channel.
  for (size_t plane = 0; plane < batch_.planes; ++plane) {
    const ChannelScale& scale = batch_.scales[plane];
    const ChannelScale only{0, scale.a, scale.b};
    kind.groups.push_back(
        {add(&only, 1, batch_.fill + plane * batch_.valueBytes), plane, 1, scale.channel});
  }
  return kind;
}

size_t BandMaker::sourcePixelBytes(const SourceImage& image) const {
  return batch_.planarSource ? 1 : image.channels;
}

const uint8_t* BandMaker::planeOf(const SourceImage& image, size_t plane) const {
  return image.data + plane * static_cast<size_t>(image.height) * static_cast<size_t>(image.width);
}

void BandMaker::finish() const {
  if (streams_) converter_->finish();
}

BandMaker::Memory::Memory(const BandMaker& bands, Carver& carver)
    : staged_(carver.take<uint8_t>((std::max<size_t>(kBandPixels, bands.width_) + 3 * kMostStep) *
                                       kMostPicked +
                                   kPickSlack)),
      made_(carver.take<uint8_t>(bands.step_ * bands.batch_.planes * bands.batch_.pixelBytes)),
      bits_(carver.take<uint64_t>(1 + wordsOfBits(std::max<size_t>(kBandPixels, bands.width_)))),
      done_(carver.take<size_t>(bands.mostGroups_)),
      mask_(bestKernels(), static_cast<uint32_t>(bands.width_),
            carver.take<Run>(MaskBits::mostRuns(static_cast<uint32_t>(bands.width_))), carver) {}

void BandMaker::makeTile(const Tile& tile, const MaskReader* mask, Memory& memory) const {
  std::fill_n(memory.done_, mostGroups_, 0);
  const auto bandOf = [&](int32_t row, uint32_t rows, const uint64_t* bits) {
    const size_t begin = static_cast<size_t>(row - tile.rowBegin) * width_;
    const bool isLast = row + static_cast<int32_t>(rows) == tile.rowEnd;
    return Band{tile, begin, begin + rows * width_, isLast, bits};
  };
  if (mask == nullptr) {
    const auto most = static_cast<int32_t>(std::max<size_t>(1, kBandPixels / width_));
    for (int32_t row = tile.rowBegin; row < tile.rowEnd; row += most) {
      const auto rows = static_cast<uint32_t>(std::min(most, tile.rowEnd - row));
      makeBand(bandOf(row, rows, nullptr), memory);
    }
    return;
  }
  // A band's bits follow those of the pixels that the band before has left to it.
  uint64_t* const bits = memory.bits_;
  bits[0] = 0;
  const auto makeMasked = [&](int32_t row, uint32_t rows, const uint64_t* words) {
    const size_t pixels = rows * width_;
    std::copy_n(words, wordsOfBits(pixels) - 1, bits + 1);
    makeBand(bandOf(row, rows, bits), memory);
    bits[0] = wordAt(bits, pixels);
  };
  memory.mask_.forEachBlock(*mask, tile.rowBegin, tile.rowEnd, kBandPixels, makeMasked);
}

struct BandMaker::Source {
  // The block of pixels from `pixel` of the tile on.
  const uint8_t* at(size_t pixel) const {
    return origin + static_cast<ptrdiff_t>(pixel) * pixelStride;
  }

  const uint8_t* origin;
  ptrdiff_t pixelStride;
};

void BandMaker::makeBand(const Band& band, Memory& memory) const {
  const Kind& kind = kinds_[kindOf(batch_.images[band.tile.sample])];
  const size_t first = *std::min_element(memory.done_, memory.done_ + kind.groups.size());
  Source source{};
  for (size_t k = 0; k < kind.groups.size(); ++k) {
    const Group& group = kind.groups[k];
    if (k == 0 || batch_.planarSource) {
      source = sourceOf(band, group.sourcePlane, first, memory);
    }
    makeGroup(band, group, source, memory.done_[k], memory);
  }
}

// Pixels before the next one that a line begins with.
size_t BandMaker::pixelsUntilLine(const uint8_t* target) const {
  size_t pixels = 0;
  for (auto at = reinterpret_cast<uintptr_t>(target); at % kLineBytes != 0;) {
    at += batch_.pixelBytes;
    ++pixels;
  }
  return pixels;
}

void BandMaker::makeGroup(const Band& band, const Group& group, const Source& source, size_t& done,
                          Memory& memory) const {
  const Tile& tile = band.tile;
  uint8_t* const target = batch_.target + tile.sample * batch_.sampleBytes() +
                          group.plane * batch_.planeBytes() +
                          static_cast<size_t>(tile.rowBegin) * batch_.rowBytes();
  if (aligns_ && done == 0) {
    done = std::min(pixelsUntilLine(target), band.end);
    if (done > 0) makePart(band, group, source, target, 0, done, memory);
  }
  const size_t steps = (band.end - done) / step_;
  if (steps > 0) {
    converter_->of(batch_.type, streams_)(
        target + done * batch_.pixelBytes, source.at(done), steps * (step_ / converter_->pixels),
        group.block, {band.bits, band.bits == nullptr ? 0 : kWordBits + done - band.begin});
    done += steps * step_;
  }
  if (!band.isLast || done == band.end) return;
  makePart(band, group, source, target, done, band.end - done, memory);
  done = band.end;
}

// Fewer pixels than a step.
void BandMaker::makePart(const Band& band, const Group& group, const Source& source,
                         uint8_t* target, size_t first, size_t count, Memory& memory) const {
  PickedBlock apart = group.block;
  if (group.planes > 1) apart.vectorStride = step_ * batch_.valueBytes;
  converter_->of(batch_.type, false)(
      memory.made_, source.at(first), (count + converter_->pixels - 1) / converter_->pixels, apart,
      {band.bits, band.bits == nullptr ? 0 : kWordBits + first - band.begin});
  for (size_t plane = 0; plane < group.planes; ++plane) {
    copyBytes(target + plane * batch_.planeBytes() + first * batch_.pixelBytes,
              memory.made_ + plane * apart.vectorStride, count * batch_.pixelBytes);
  }
}

// How far one may read from an image's start: to the end of the next image if that follows directly
// in memory, else to its own.
const uint8_t* BandMaker::endOfReadable(size_t sample) const {
  const SourceImage* image = &batch_.images[sample];
  const uint8_t* const end = planeOf(*image, image->channels);
  if (sample + 1 == batch_.count || image[1].data != end) return end;
  return planeOf(image[1], image[1].channels);
}

// Where to read a band's pixels from `first` on, which may lie before the band. That is the image
// itself if whole rows are used and there is enough to read behind them; else pixels are staged.
BandMaker::Source BandMaker::sourceOf(const Band& band, size_t plane, size_t first,
                                      Memory& memory) const {
  const SourceImage& image = batch_.images[band.tile.sample];
  const size_t pixelBytes = sourcePixelBytes(image);
  const auto stride = static_cast<ptrdiff_t>(pixelBytes);
  const int32_t row = band.tile.rowBegin + image.top;
  if (!image.flip && image.left == 0 && image.width == batch_.width && row >= 0 &&
      band.tile.rowEnd + image.top <= image.height) {
    const uint8_t* const begin =
        planeOf(image, plane) + static_cast<size_t>(row) * width_ * pixelBytes;
    const uint8_t* const end = begin + band.end * pixelBytes;
    const auto behind = static_cast<size_t>(endOfReadable(band.tile.sample) - end);
    if (behind >= step_ * pixelBytes + kPickSlack) return {begin, stride};
  }
  // Mirrored, pixels are stored last to first, so a block is read from its end.
  uint8_t* const staged = memory.staged_ + kMostStep * pixelBytes;
  stage(band, plane, first, staged);
  if (!image.flip) return {staged - static_cast<ptrdiff_t>(first) * stride, stride};
  const auto last = static_cast<ptrdiff_t>(band.end) - static_cast<ptrdiff_t>(converter_->pixels);
  return {staged + last * stride, -stride};
}

// Copies the pixels from `first` to the band's end: backwards if mirrored, and black where they lie
// outside the image.
void BandMaker::stage(const Band& band, size_t plane, size_t first, uint8_t* staged) const {
  const SourceImage& image = batch_.images[band.tile.sample];
  const size_t pixelBytes = sourcePixelBytes(image);
  const int32_t top = band.tile.rowBegin + image.top;
  const bool isInside = image.left >= 0 && image.left + batch_.width <= image.width && top >= 0 &&
                        band.tile.rowEnd + image.top <= image.height;
  if (!isInside) std::memset(staged, 0, (band.end - first) * pixelBytes);
  const uint8_t* const data = planeOf(image, plane);
  size_t column = first % width_;
  auto y = top + static_cast<int32_t>(first / width_);
  for (size_t at = first; at < band.end; ++y, column = 0) {
    const size_t count = std::min(width_ - column, band.end - at);
    uint8_t* const to = staged + (image.flip ? band.end - at - count : at - first) * pixelBytes;
    at += count;
    if (y < 0 || y >= image.height) continue;
    // In the image's columns.
    const auto from =
        image.left + static_cast<int32_t>(image.flip ? width_ - column - count : column);
    const int32_t begin = std::max(from, 0);
    const int32_t end = std::min(from + static_cast<int32_t>(count), image.width);
    if (begin >= end) continue;
    const size_t pixel =
        static_cast<size_t>(y) * static_cast<size_t>(image.width) + static_cast<size_t>(begin);
    copyRow(to + static_cast<size_t>(begin - from) * pixelBytes, data + pixel * pixelBytes,
            static_cast<size_t>(end - begin) * pixelBytes);
  }
}

}  // namespace gridmask::cpu
