// SPDX-License-Identifier: MIT
//
// GridMix: what is dropped of a sample comes from its partner, another sample of the batch
// (docs/gridmix.md). Here is what the backends share; neither draws or checks partners.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lattice/batch.h"
#include "lattice/lattice.h"
#include "lattice/philox.h"

namespace gridmask {

// A batch to be mixed. Mixing moves bytes, whatever values they are of.
struct MixBatch : ImageBatch {
  const PackedSample* samples;
  const int32_t* partner;  // a permutation of 0 … count-1
  // Where not null, ones: the CPU writes which fraction of its pixels a sample keeps, where it
  // loses some.
  double* lambda = nullptr;
};

// The block of a sample's counter that partners are drawn from: the last one, since noise counts
// upwards from the draws' own two.
constexpr uint32_t kPartnerBlock = 0xFFFFFFFFu;

// Samples are ordered by this number; the partner is the next one.
inline uint64_t partnerWord(const PackedSample& sample) {
  const Philox4 draw = philox4x32({{sample.index[0], sample.index[1], sample.epoch, kPartnerBlock}},
                                  sample.seed[0], sample.seed[1]);
  return uint64_t{draw.word[0]} << 32 | draw.word[1];
}

inline bool isPermutation(const int32_t* partner, size_t count) {
  std::vector<bool> seen(count);
  for (size_t i = 0; i < count; ++i) {
    const auto of = static_cast<uint32_t>(partner[i]);
    if (of >= count || seen[of]) return false;
    seen[of] = true;
  }
  return true;
}

}  // namespace gridmask
