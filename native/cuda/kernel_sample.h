// SPDX-License-Identifier: MIT
//
// Host only: the constants of samples for the kernels.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "cuda/kernel_params.h"
#include "lattice/batch.h"
#include "lattice/lattice.h"

namespace gridmask::cuda {

struct Launch;

// For sample `number` of a batch, at most kMaxSamples. Its rows are the rows of an image from
// `firstRow` on. A sample that is not masked has no squares.
KernelSample kernelSampleOf(const Lattice& lattice, uint32_t number, int32_t firstRow = 0);

// The same for an image of height x width pixels; only if the sample is random.
KernelUnits kernelUnitsOf(const Lattice& lattice, int32_t height, int32_t width,
                          int32_t firstRow = 0);

// The axes of the whole degrees that have been needed, on the canvas of one image size, which
// mostly stays the same from batch to batch.
class TurnedAxesTable {
 public:
  void reset(const Canvas& canvas);

  // Valid until the next call.
  const TurnedAxes& of(double angle) {
    const auto degree = static_cast<uint32_t>(angle >= 0 && angle < kDegrees ? angle : kDegrees);
    TurnedAxes& axes = axes_[degree];
    if (degree == angle && known_[degree]) return axes;
    axes = turnedAxesOf(angle, canvas_);
    known_[degree] = degree == angle;
    return axes;
  }

 private:
  static constexpr int kDegrees = 360;

  Canvas canvas_{};
  std::array<bool, kDegrees + 1> known_{};
  std::array<TurnedAxes, kDegrees + 1> axes_;
};

// The samples that a launch works on. They come first in its constants, where they are written as
// they are added.
class SampleConstants {
 public:
  // At most as many as the layout has. Images have `imageHeight` rows; the layout's are those from
  // `firstRow` on.
  SampleConstants(const BatchLayout& layout, int32_t imageHeight, int32_t firstRow, Launch& launch);

  void add(const PackedSample& sample, uint32_t number);

  // Whether one of them has one of these flags.
  bool anyIs(uint32_t flags) const { return (flags_ & flags) != 0; }

  // Call it after the last: other constants may follow. False if there are none.
  bool end();

 private:
  Launch& launch_;
  int32_t height_;
  int32_t width_;
  int32_t firstRow_;
  uint32_t flags_ = 0;
  size_t count_ = 0;
  std::vector<KernelUnits> units_;  // of all samples, or of none if none is random
};

}  // namespace gridmask::cuda
