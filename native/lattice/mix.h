// SPDX-License-Identifier: MIT
//
// GridMix: what is dropped of a sample comes from its partner, another sample of the batch
// (docs/gridmix.md). Here is what the backends share; neither draws or checks partners.
#pragma once

#include <algorithm>
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

// Samples are ordered by these numbers; the partner is the next one. Those of several samples with
// one seed, as of a batch that was drawn, are made at a time.
constexpr size_t kPartnerWords = 4;
inline void partnerWords(const PackedSample* samples, size_t count, uint64_t* words) {
  Philox4 draws[kPartnerWords];
  bool isOneSeed = true;
  for (size_t k = 0; k < kPartnerWords; ++k) {
    const PackedSample& sample = samples[std::min(k, count - 1)];
    draws[k] = {{sample.index[0], sample.index[1], sample.epoch, kPartnerBlock}};
    isOneSeed &= sample.seed[0] == samples->seed[0] && sample.seed[1] == samples->seed[1];
  }
  if (isOneSeed) {
    philox4x32(draws, samples->seed[0], samples->seed[1]);
  } else {
    for (size_t k = 0; k < count; ++k) {
      draws[k] = philox4x32(draws[k], samples[k].seed[0], samples[k].seed[1]);
    }
  }
  for (size_t k = 0; k < count; ++k) words[k] = uint64_t{draws[k].word[0]} << 32 | draws[k].word[1];
}

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
