// SPDX-License-Identifier: MIT
//
// Makes rows of the result out of rows of an image: in blocks of pixels where the processor has
// instructions for them, else value by value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cpu/convert.h"
#include "lattice/preprocess.h"
#include "lattice/runs.h"

namespace gridmask::cpu {

class RowMaker {
 public:
  // `converter` may be null. `streams`: past the caches, where that can be.
  RowMaker(const PreprocessBatch& batch, const Converter* converter, bool streams);

  // Whether an image's rows are made in blocks: all of a batch's need not be.
  bool makesBlocks(const SourceImage& image) const;

  // Bytes that making a row in blocks needs.
  size_t stagedBytes() const;

  // Makes row y of the result at `row`, and in other planes likewise after it, with what a
  // BlockMask drops, or the row's dropped runs.
  void makeBlocks(uint8_t* row, const SourceImage& image, int32_t y, const uint16_t* dropped,
                  uint8_t* staged) const;
  void makeValues(uint8_t* row, const SourceImage& image, int32_t y, const Run* runs,
                  const Run* end) const;

  // Follows the last row that a thread has made, before another one looks at it.
  void finish() const;

 private:
  // One table for all of the result's channels; of planes one for each.
  using Pickings = std::vector<Picking>;

  // Columns of the result that are in the image, and the pixel that the first of them is made of.
  struct Inside {
    uint32_t begin, end;
    const uint8_t* source;
  };

  size_t kindOf(const SourceImage& image) const;
  Pickings pick(const SourceImage& image) const;
  Inside insideOf(const SourceImage& image, int32_t y) const;
  const uint8_t* sourceOf(const SourceImage& image, int32_t y, size_t plane, uint8_t* staged) const;
  void prefetch(const SourceImage& image, int32_t y, size_t plane) const;
  void convertValues(uint8_t* row, const SourceImage& image, const Inside& inside, uint32_t begin,
                     uint32_t end) const;
  void repeat(uint8_t* row, const uint8_t* pixel, uint32_t begin, uint32_t end) const;

  // Of an image: bytes from pixel to pixel and from channel to channel.
  size_t pixelBytes(const SourceImage& image) const;
  size_t channelBytes(const SourceImage& image) const;

  const PreprocessBatch& batch_;
  const Converter* const converter_;
  const uint32_t width_;
  const bool streams_;
  std::vector<uint8_t> black_;          // a pixel, in all channels
  Pickings pickings_[2 * kMostPicked];  // by an image's kind
};

}  // namespace gridmask::cpu
