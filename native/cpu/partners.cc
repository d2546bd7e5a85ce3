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
  for (size_t i = 0; i < count; ++i) {
    order[i] = {partnerWord(plan[i]), static_cast<int32_t>(i)};
  }
  std::sort(order.begin(), order.end());
  for (size_t k = 0; k < count; ++k) {
    partners[order[k].second] = order[k + 1 < count ? k + 1 : 0].second;
  }
}

}  // namespace gridmask::cpu
