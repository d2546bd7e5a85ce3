// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "cpu/kernels.h"
#include "cpu/strategy.h"
#include "lattice/mask_batch.h"
#include "lattice/phase_block.h"

namespace gridmask::cpu {

// Decides whether blending a whole tile is cheaper than going by runs. A row's cost is estimated in
// units of one run in place, without the bytes it fills: a few nanoseconds on a core of 2023, most
// of it for branches at its ends that cannot be predicted. `npm run bench -- --calibrate` shows
// what a wrong choice costs.
class BlendCosts {
 public:
  BlendCosts(const MaskBatch& batch, bool streams, Reach reach, const Kernels& kernels,
             Strategy strategy)
      : never_(!hasBitKernel(batch.pixelBytes) || strategy == Strategy::kRuns),
        isApart_(!batch.inPlace()),
        streams_(streams),
        always_(strategy == Strategy::kBits),
        vectorBytes_(kernels.vectorBytes),
        pixelBytes_(batch.pixelBytes),
        bytes_(static_cast<double>(batch.planes * batch.rowBytes())),
        planes_(static_cast<double>(batch.planes)),
        width_(batch.width),
        isNear_(reach == Reach::kNear),
        // Past the caches, memory takes its time whatever the vectors.
        perByte_(inMemory() ? 1 : narrowness(2)),
        perPixel_(narrowness(inMemory() ? 3 : 2)) {}

  bool prefersBlending(const Phases& phases, uint32_t d) const {
    if (never_ || always_) return !never_;
    const bool isUpright = phases.isUpright();
    const double gap = phases.gap / 4294967296.0;
    if (gap * d < kShortestRun) return true;
    if (isApart_ && (!isUpright || (!streams_ && vectorBytes_ >= 32))) {
      return gap * d < kLongRun || !copiesLongRuns(isUpright);
    }
    // In an upright mask, rows within a stripe have no runs.
    const double crossed = isUpright ? gap : 1;
    const Costs& costs = isApart_    ? (streams_ ? kStreamed : kApart)
                         : isUpright ? (isNear_ ? kNearUpright : kFarUpright)
                                     : (isNear_ ? kNearRotated : kFarRotated);
    const double runs =
        width_ * (partOfPeriod(phases.acrossX) + partOfPeriod(phases.acrossY)) * crossed +
        costs.ends;
    return perByte_ * costs.byte * bytes_ + perPixel_ * costs.pixel * planes_ * width_ <
           runs * planes_ + costs.list * width_ + costs.row;
  }

 private:
  // For each byte and each pixel of a plane that is blended, and for each pixel and each row in
  // which runs are found.
  struct Costs {
    double byte;
    double pixel;
    double list;
    double row;
    double ends;  // runs' worth of what a row's ends cut off runs, whose lengths are then irregular
  };
  // Measured on a Xeon of 2023, within the second-level caches (near) and beyond them (far).
  static constexpr Costs kNearRotated{0.0107, 0.0148, 0.0096, 0, 2.1};
  static constexpr Costs kFarRotated{0.0068, 0.0054, 0.014, 0, 0};
  // Here rows are scanned for runs, without deciding bits.
  static constexpr Costs kNearUpright{0.0088, 0.0123, -0.005, 4.4, 0};
  static constexpr Costs kFarUpright{0.0088, 0.0123, -0.0174, 4.4, 0};
  // Into another array: past the caches; and else, with vectors of 16 bytes.
  static constexpr Costs kStreamed{0.005, 0, 0, 0, 0};
  static constexpr Costs kApart{0.0135, 0.01, 0, 0, 3.5};
  // In pixels: shorter ones cost more, and longer ones are copied where copiesLongRuns() says so.
  static constexpr double kShortestRun = 6;
  static constexpr double kLongRun = 24;

  // Whether long runs are better copied: with vectors of 32 bytes, those of single bytes in the
  // caches, which are as long in all rows; with vectors of 16 bytes, those of small pixels or of
  // several planes.
  bool copiesLongRuns(bool isUpright) const {
    if (streams_ || vectorBytes_ > 32) return false;
    if (vectorBytes_ == 32) return isUpright && pixelBytes_ == 1 && isNear_;
    return planes_ > 1 || pixelBytes_ < 4;
  }

  // In place, past the second-level caches.
  bool inMemory() const { return !isApart_ && !isNear_; }

  // How many times as long blending takes with narrower vectors than those of 64 bytes.
  double narrowness(double ofNarrowest) const {
    return vectorBytes_ >= 64 ? 1 : vectorBytes_ >= 32 ? 1.25 : ofNarrowest;
  }

  static double partOfPeriod(uint64_t step) {
    return std::abs(static_cast<double>(static_cast<int64_t>(step)) / 18446744073709551616.0);
  }

  const bool never_;
  const bool isApart_;
  const bool streams_;
  const bool always_;
  const size_t vectorBytes_;
  const size_t pixelBytes_;
  const double bytes_;
  const double planes_;
  const double width_;
  const bool isNear_;
  const double perByte_;
  const double perPixel_;
};

}  // namespace gridmask::cpu
