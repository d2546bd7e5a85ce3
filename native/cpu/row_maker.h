// SPDX-License-Identifier: MIT
//
// Makes rows of the result from rows of an image, value by value: where the processor has no vector
// instructions for it, and for images that band_maker.h has no tables for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lattice/preprocess.h"
#include "lattice/runs.h"

namespace gridmask::cpu {

class RowMaker {
 public:
  explicit RowMaker(const PreprocessBatch& batch);

  // Makes row y of the result: at `row` in the first plane, at the same place in the others. The
  // runs are what the mask drops of it.
  void make(uint8_t* row, const SourceImage& image, int32_t y, const Run* runs,
            const Run* end) const;

 private:
  // Columns of the result that lie in the image, and the pixel that the first of them comes from.
  struct Inside {
    uint32_t begin, end;
    const uint8_t* source;
  };

  Inside insideOf(const SourceImage& image, int32_t y) const;
  void convertValues(uint8_t* row, const SourceImage& image, const Inside& inside, uint32_t begin,
                     uint32_t end) const;
  void repeat(uint8_t* row, const uint8_t* pixel, uint32_t begin, uint32_t end) const;

  // An image's bytes from one pixel to the next and from one channel to the next.
  size_t pixelBytes(const SourceImage& image) const;
  size_t channelBytes(const SourceImage& image) const;

  const PreprocessBatch& batch_;
  const uint32_t width_;
  std::vector<uint8_t> black_;  // a pixel, in all channels
};

}  // namespace gridmask::cpu
