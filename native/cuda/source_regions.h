// SPDX-License-Identifier: MIT
//
// The parts of host images that a batch needs on the device: of a cropped image, the rows and
// columns of the crop, one after another. What nobody needs does not cross the bus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lattice/preprocess.h"

namespace gridmask::cuda {

class SourceRegions {
 public:
  // Keeps the batch. Its images must stay where they are while copy() is called.
  explicit SourceRegions(const PreprocessBatch& batch);

  // The bytes that all regions take together.
  size_t bytes() const { return bytes_; }

  // All regions, if they lie on the host as they will on the device; otherwise null.
  const uint8_t* asTheyLie() const;

  // Copies bytes [begin, begin + count) of all regions together. On any thread.
  void copy(size_t begin, size_t count, uint8_t* to) const;

  // The batch, with the regions at `onDevice` as its images.
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
