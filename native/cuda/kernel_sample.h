// SPDX-License-Identifier: MIT
//
// Host only: the constants of samples for the kernels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cuda/kernel_params.h"
#include "lattice/batch.h"
#include "lattice/sample_draws.h"

namespace gridmask::cuda {

struct Launch;

// The samples that a launch works on. They come first in its constants, where they are written as
// they are added, a block at a time.
class SampleConstants {
 public:
  // At most as many as the layout has. Images have `imageHeight` rows; the layout's are those from
  // `firstRow` on.
  SampleConstants(const BatchLayout& layout, int32_t imageHeight, int32_t firstRow, Launch& launch);

  // As many as the layout has of `samples`, from `first` on, numbered from 0 on; where
  // `maskedAlone` only those that are masked. If there are partners, who is his own is not masked.
  void addAll(const Samples& samples, size_t first, bool maskedAlone,
              const int32_t* partner = nullptr);

  size_t count() const { return count_; }

  // Before end(): the number of one of them, and each one's place from now on, which `from` had.
  uint32_t numberAt(size_t entry) const { return at(entry).place / KernelSample::kPlaces; }
  void reorder(const std::vector<uint32_t>& from);

  // Other constants may follow.
  void end();

  // Whether one of them has one of these flags.
  bool anyIs(uint32_t flags) const { return (flags_ & flags) != 0; }

 private:
  KernelSample at(size_t entry) const;
  void addBlock(const SampleBlock& block, size_t some, const DrawSettings& settings, size_t first,
                bool maskedAlone);
  void add(const PackedSample& sample, uint32_t number);
  void flush();
  void write(const LatticeBlock& block, size_t some);
  void addUnits(const PackedSample& sample, size_t place);

  Launch& launch_;
  const size_t most_;
  const int32_t height_;
  const int32_t width_;
  const int32_t firstRow_;
  const Canvas canvas_;
  uint32_t flags_ = 0;
  uint8_t* const samples_;
  size_t count_ = 0;
  // Of those in a block: `place`, but for the flags that follow from the lattice.
  uint32_t place_[kBlockSamples];
  bool masked_[kBlockSamples];
  bool skips_ = false;  // those that are not masked
  // Samples that were added one by one. The other lanes hold what can be computed with.
  LatticeBlock waiting_{{1, 1, 1, 1, 1, 1, 1, 1}, {}, {}, {}, {}};
  size_t waits_ = 0;
  std::vector<KernelUnits> units_;  // of all samples, or of none if none is random
};

}  // namespace gridmask::cuda
