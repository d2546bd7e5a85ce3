// SPDX-License-Identifier: MIT
//
// Makes rows of the result out of rows of an image: in blocks of pixels where the processor has
// instructions for them, else value by value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cpu/convert.h"
#include "cpu/scratch.h"
#include "cpu/streaming_stores.h"
#include "lattice/preprocess.h"
#include "lattice/runs.h"

namespace gridmask::cpu {

class RowMaker {
 public:
  // `converter` may be null. `streams`: past the caches, where that can be.
  RowMaker(const PreprocessBatch& batch, const Converter* converter, bool streams);

  // Whether an image's rows are made in blocks: all of a batch's need not be.
  bool makesBlocks(const SourceImage& image) const;

  // Where the first block of a row begins: past the caches a vector's place must be a multiple of
  // its size. What is left at the end of a row is a block together with what the next one begins
  // with.
  uint32_t shift() const { return shift_; }

  // What a thread makes the rows of one image with, one after another.
  class Blocks;

  // Makes row y of the result at `row`, and in other planes likewise after it, with what a
  // BlockMask drops.
  void makeBlocks(uint8_t* row, const SourceImage& image, int32_t y, const uint16_t* dropped,
                  Blocks& blocks) const;
  // No row follows at `row` that has been begun together with the one before it.
  void endBlocks(uint8_t* row, const SourceImage& image, Blocks& blocks) const;

  // The same value by value, with the row's dropped runs.
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
  const Pickings& pickingsOf(const SourceImage& image) const { return pickings_[kindOf(image)]; }
  Pickings pick(const SourceImage& image) const;
  Inside insideOf(const SourceImage& image, int32_t y) const;
  const uint8_t* sourceOf(const SourceImage& image, int32_t y, size_t plane, uint8_t* staged) const;
  void stageJoint(const uint8_t* source, const SourceImage& image, uint32_t first, uint32_t count,
                  uint32_t column, uint8_t* joint) const;
  void makeJoint(uint8_t* row, const PickedBlock& block, uint32_t first, uint32_t end,
                 const uint16_t* dropped, size_t plane, Blocks& blocks) const;
  void prefetch(const SourceImage& image, int32_t y, size_t plane) const;
  void writeGathered(uint8_t* row, Blocks& blocks) const;
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
  const uint32_t shift_;
  const bool gathers_;        // rows in memory of the thread's, from where they go past the caches
  const size_t planeStride_;  // of rows that are made
  std::vector<uint8_t> black_;          // a pixel, in all channels
  Pickings pickings_[2 * kMostPicked];  // by an image's kind
};

class RowMaker::Blocks {
 public:
  Blocks(const RowMaker& rows, Carver& memory);

 private:
  friend class RowMaker;

  uint8_t* const staged_;      // a row of an image
  uint8_t* const joints_;      // for each plane, pixels of two rows that are a block of the result
  uint8_t* const made_;        // such a block, where one of the rows is not there
  uint8_t* const row_;         // all planes of a row, where they are gathered
  LineWriter* const writers_;  // of each plane's, from then on
  bool writes_ = false;
  bool joined_ = false;  // the last row's end waits for the next one
  bool masked_ = false;
  uint16_t tail_ = 0;  // of that end
};

}  // namespace gridmask::cpu
