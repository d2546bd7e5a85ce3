// SPDX-License-Identifier: MIT
//
// What of the images on the host a batch needs on the device: of an image that is cropped the rows
// and columns of the crop, all of them behind one another. What nobody needs does not cross the
// bus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lattice/preprocess.h"

namespace gridmask::cuda {

class SourceRegions {
 public:
  // Keeps the batch, whose images are to stay where they are while copy() is called.
  explicit SourceRegions(const PreprocessBatch& batch);

  // That they take together.
  size_t bytes() const { return bytes_; }

  // All of them, where they lie on the host as they will on the device; else null.
  const uint8_t* asTheyLie() const;

  // Copies bytes [begin, begin + count) of what they are together. On any thread.
  void copy(size_t begin, size_t count, uint8_t* to) const;

  // The batch, with the regions at `onDevice` for its images.
  PreprocessBatch placedAt(const uint8_t* onDevice) const;

 private:
  struct Region {
    const uint8_t* data;
    size_t rows;
    size_t rowBytes;
    size_t stepBytes;  // from row to row
    size_t at;

    size_t bytes() const { return rows * rowBytes; }
  };

  PreprocessBatch batch_;  // its images are the regions
  std::vector<Region> regions_;
  size_t bytes_ = 0;
};

}  // namespace gridmask::cuda
