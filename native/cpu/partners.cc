// SPDX-License-Identifier: MIT

#include "cpu/partners.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lattice/mix.h"

namespace gridmask::cpu {

void drawPartners(const PackedSample* plan, size_t count, int32_t* partners) {
  // A sample's word, and among equal ones its place in the batch.
  std::vector<std::pair<uint64_t, int32_t>> order(count);
  for (size_t i = 0; i < count; i += kPartnerWords) {
    uint64_t words[kPartnerWords];
    const size_t some = std::min(count - i, kPartnerWords);
    partnerWords(plan + i, some, words);
    for (size_t k = 0; k < some; ++k) order[i + k] = {words[k], static_cast<int32_t>(i + k)};
  }
  std::sort(order.begin(), order.end());
  for (size_t k = 0; k < count; ++k) {
    partners[order[k].second] = order[k + 1 < count ? k + 1 : 0].second;
  }
}

}  // namespace gridmask::cpu
