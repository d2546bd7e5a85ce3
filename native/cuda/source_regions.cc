// SPDX-License-Identifier: MIT

#include "cuda/source_regions.h"

#include <algorithm>
#include <cstring>

namespace gridmask::cuda {
namespace {

// Images begin at multiples of this on the device, so that their first words do.
constexpr size_t kAlignment = 4;

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

struct Range {
  int32_t begin;
  int32_t length;
};

// Those of `side` pixels that lie in [first, first + length).
Range common(int32_t side, int32_t first, int32_t length) {
  const int32_t begin = std::clamp(first, 0, side);
  return {begin, std::clamp(first + length, begin, side) - begin};
}

}  // namespace

SourceRegions::SourceRegions(const PreprocessBatch& batch) : batch_(batch) {
  const size_t valueBytes = batch.floatSource ? sizeof(float) : 1;
  regions_.reserve(batch.count);
  for (SourceImage& image : batch_.images) {
    const size_t pixelBytes = image.channels * valueBytes;
    const size_t stepBytes = static_cast<size_t>(image.width) * pixelBytes;
    Region region{image.data, 1, static_cast<size_t>(image.height) * stepBytes, 0, bytes_};
    // Planes are small, or belong to images that are no larger than the result.
    if (!batch.planarSource) {
      const Range rows = common(image.height, image.top, batch.height);
      const Range columns = common(image.width, image.left, batch.width);
      region.data += static_cast<size_t>(rows.begin) * stepBytes +
                     static_cast<size_t>(columns.begin) * pixelBytes;
      region.rows = static_cast<size_t>(rows.length);
      region.rowBytes = static_cast<size_t>(columns.length) * pixelBytes;
      region.stepBytes = stepBytes;
      if (columns.length == image.width) {
        region.rowBytes *= region.rows;
        region.rows = 1;
      }
      image.height = rows.length;
      image.width = columns.length;
      image.top -= rows.begin;
      image.left -= columns.begin;
    }
    regions_.push_back(region);
    bytes_ += aligned(region.bytes());
  }
}

const uint8_t* SourceRegions::asTheyLie() const {
  if (regions_.empty()) return nullptr;
  const uint8_t* const first = regions_[0].data;
  const bool lies = std::all_of(regions_.begin(), regions_.end(), [&](const Region& region) {
    return region.rows == 1 && region.data == first + region.at && region.bytes() % kAlignment == 0;
  });
  return lies ? first : nullptr;
}

void SourceRegions::copy(size_t begin, size_t count, uint8_t* to) const {
  const size_t end = begin + count;
  auto region = std::upper_bound(regions_.begin(), regions_.end(), begin,
                                 [](size_t place, const Region& of) { return place < of.at; });
  for (--region; region != regions_.end() && region->at < end; ++region) {
    const size_t last = std::min(region->bytes(), end - region->at);
    size_t place = begin > region->at ? begin - region->at : 0;
    while (place < last) {
      const size_t row = place / region->rowBytes;
      const size_t inRow = place - row * region->rowBytes;
      const size_t bytes = std::min(region->rowBytes - inRow, last - place);
      std::memcpy(to + (region->at + place - begin), region->data + row * region->stepBytes + inRow,
                  bytes);
      place += bytes;
    }
  }
}

PreprocessBatch SourceRegions::placedAt(const uint8_t* onDevice) const {
  PreprocessBatch placed = batch_;
  for (size_t n = 0; n < regions_.size(); ++n) placed.images[n].data = onDevice + regions_[n].at;
  return placed;
}

}  // namespace gridmask::cuda
