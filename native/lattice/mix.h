// SPDX-License-Identifier: MIT
//
// GridMix: what is dropped of a sample comes from its partner, another sample of the batch
// (docs/gridmix.md). Here is what the backends share; neither draws or checks partners.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lattice/batch.h"
#include "lattice/sample_draws.h"

namespace gridmask {

// A batch to be mixed. Mixing moves bytes, whatever values they are of.
struct MixBatch : ImageBatch {
  Samples samples;         // `count` of them
  const int32_t* partner;  // a permutation of 0 … count-1
  // Where not null, ones: the CPU writes which fraction of its pixels a sample keeps, where it
  // loses some.
  double* lambda = nullptr;
};

// The block of a sample's counter that partners are drawn from: the last one, since noise counts
// upwards from the draws' own two. Samples are ordered by its first two words; the partner is the
// next one.
constexpr uint32_t kPartnerBlock = 0xFFFFFFFFu;

inline bool isPermutation(const int32_t* partner, size_t count) {
  std::vector<uint8_t> seen(count);  // of bits it would take longer
  for (size_t i = 0; i < count; ++i) {
    const auto of = static_cast<uint32_t>(partner[i]);
    if (of >= count || seen[of] != 0) return false;
    seen[of] = 1;
  }
  return true;
}

}  // namespace gridmask
