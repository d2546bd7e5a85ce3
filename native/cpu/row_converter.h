// SPDX-License-Identifier: MIT
//
// Makes rows of the result out of rows of an image: in blocks of pixels where the processor has
// instructions for them, else value by value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "cpu/convert.h"
#include "lattice/preprocess.h"
#include "lattice/runs.h"

namespace gridmask::cpu {

class RowConverter {
 public:
  // `converter` may be null. `streams`: past the caches, where that can be.
  RowConverter(const PreprocessBatch& batch, const Converter* converter, bool streams);
  ~RowConverter();

  // Whose rows are made from now on.
  void start(const SourceImage& image);

  // Whether its rows are made in blocks: all of a batch's images need not be.
  bool inBlocks() const { return inBlocks_; }

  // Makes row y of the result at `row`, and in other planes likewise after it: in blocks, with the
  // bits of a BlockMask, or value by value, with the row's dropped runs.
  void makeBlocks(uint8_t* row, int32_t y, const uint16_t* dropped);
  void makeValues(uint8_t* row, int32_t y, const Run* runs, const Run* end) const;

 private:
  // The tables for images of so many channels: one for all of the result's channels, or for
  // planes one for each.
  struct Pickings {
    uint32_t channels = 0;
    std::vector<Picking> all;
  };

  // Columns of the result that are in the image, and the pixel of the first of them.
  struct Inside {
    uint32_t begin, end;
    const uint8_t* source;
  };

  void fill(Pickings& pickings, uint32_t channels, bool flip) const;
  Inside insideOf(int32_t y, size_t pixelBytes) const;

  void prefetchRow(int32_t y, size_t plane) const;
  const uint8_t* sourceOf(int32_t y, size_t plane);

  void convertValues(uint8_t* row, const Inside& inside, uint32_t begin, uint32_t end) const;
  void repeat(uint8_t* row, const uint8_t* pixel, uint32_t begin, uint32_t end) const;

  const PreprocessBatch& batch_;
  const Converter* const converter_;
  const uint32_t width_;
  const bool streams_;
  std::unique_ptr<uint8_t[]> black_;  // a pixel, in all channels
  std::vector<uint8_t> staged_;
  const SourceImage* image_ = nullptr;
  bool inBlocks_ = false;
  Pickings pickings_[2];  // of images as they are, and of mirrored ones
};

}  // namespace gridmask::cpu
