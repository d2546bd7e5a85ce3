// SPDX-License-Identifier: MIT
//
// Counts what masks keep of an image, without drawing them.
#pragma once

#include "cpu/words.h"

namespace gridmask::cpu {

class KeptCounter {
 public:
  KeptCounter(int32_t height, int32_t width, const Kernels& kernels = bestKernels(),
              Way way = Way::kCheaper);

  // The number of pixels that a sample's mask keeps.
  uint64_t count(const PackedSample& sample);

 private:
  uint64_t countDropped(const Lattice& lattice);

  const int32_t height_;
  const int32_t width_;
  const Canvas canvas_;
  const Way way_;
  const RowCosts costs_;
  MaskWords words_;
};

}  // namespace gridmask::cpu
