// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <memory>

#include "cpu/kernels.h"
#include "lattice/mask_batch.h"

namespace gridmask::cpu {

// The fill of each plane of a batch, laid out as Fill requires.
class Fills {
 public:
  explicit Fills(const MaskBatch& batch) {
    const size_t pixelBytes = batch.pixelBytes;
    const uint8_t* const end = batch.fill + batch.planes * pixelBytes;
    for (const uint8_t* pixel = batch.fill; pixel != end; pixel += pixelBytes) {
      for (size_t i = 0; i < pixelBytes; ++i) {
        zero_ = zero_ && pixel[i] == 0;
        splat_ = splat_ && (i < batch.valueBytes || pixel[i] == pixel[i - batch.valueBytes]);
      }
    }
    // A pattern that is not a splat is copied a few hundred bytes at a time.
    const size_t unit = splat_ ? batch.valueBytes : pixelBytes;
    bytes_ = splat_ ? kSplatBytes : (511 / unit + 1) * unit;
    // If all planes have the same fill, as is usual, they share one pattern: a million planes of
    // one pixel need no more memory for it than three large ones.
    const bool alike =
        std::memcmp(batch.fill, batch.fill + pixelBytes, (batch.planes - 1) * pixelBytes) == 0;
    const size_t count = alike ? 1 : batch.planes;
    stride_ = alike ? 0 : bytes_;
    patterns_.reset(new uint8_t[bytes_ * count]);
    for (size_t plane = 0; plane < count; ++plane) {
      uint8_t* const pattern = patterns_.get() + plane * bytes_;
      for (size_t i = 0; i < bytes_; i += unit) {
        std::memcpy(pattern + i, batch.fill + plane * pixelBytes, unit);
      }
    }
  }

  bool splat() const { return splat_; }
  bool zero() const { return zero_; }

  Fill of(size_t plane) const { return {patterns_.get() + plane * stride_, bytes_, splat_, zero_}; }

 private:
  std::unique_ptr<uint8_t[]> patterns_;
  size_t bytes_;
  size_t stride_;
  bool splat_ = true;  // each plane's fill is one value, repeated
  bool zero_ = true;   // all of it
};

}  // namespace gridmask::cpu
