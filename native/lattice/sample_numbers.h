// SPDX-License-Identifier: MIT
//
// The global numbers of a batch's samples, from which everything about them is drawn.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gridmask {

// first, first + 1, … or, if not null, as `listed` says: whole numbers up to 2⁵³.
struct SampleNumbers {
  uint64_t first = 0;
  const double* listed = nullptr;

  uint64_t operator[](size_t i) const {
    return listed != nullptr ? static_cast<uint64_t>(listed[i]) : first + i;
  }
};

}  // namespace gridmask
