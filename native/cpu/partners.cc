// SPDX-License-Identifier: MIT

#include "cpu/partners.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "lattice/mix.h"

namespace gridmask::cpu {
namespace {

// A sample's word, and among equal ones its place in the batch.
using Ranked = std::pair<uint64_t, int32_t>;

std::vector<Ranked> rankedByPlace(const Samples& samples, size_t count) {
  std::vector<Ranked> ranked(count);
  CounterBlock counters;
  Lanes<uint64_t> words;
  for (size_t i = 0; i < count; i += kBlockSamples) {
    const size_t some = std::min(count - i, kBlockSamples);
    samples.countersOf(i, some, counters);
    drawWords(counters, kPartnerBlock, words);
    for (size_t k = 0; k < some; ++k) ranked[i + k] = {words[k], static_cast<int32_t>(i + k)};
  }
  return ranked;
}

// Words are random, so each of as many ranges of them as there are samples has about one, and
// little is left to sort.
std::vector<Ranked> sorted(const std::vector<Ranked>& ranked) {
  const size_t count = ranked.size();
  const auto rangeOf = [&](const Ranked& one) { return ((one.first >> 32) * count) >> 32; };
  // Where ranges begin; then, when they are filled, where they end.
  std::vector<uint32_t> places(count + 1);
  for (const Ranked& one : ranked) ++places[rangeOf(one) + 1];
  std::partial_sum(places.begin(), places.end(), places.begin());
  std::vector<Ranked> result(count);
  for (const Ranked& one : ranked) result[places[rangeOf(one)]++] = one;
  auto begin = result.begin();
  for (size_t range = 0; range < count; ++range) {
    const auto end = result.begin() + places[range];
    if (end - begin > 1) std::sort(begin, end);
    begin = end;
  }
  return result;
}

}  // namespace

void drawPartners(const Samples& samples, size_t count, int32_t* partners) {
  const std::vector<Ranked> order = sorted(rankedByPlace(samples, count));
  for (size_t k = 0; k < count; ++k) {
    partners[order[k].second] = order[k + 1 < count ? k + 1 : 0].second;
  }
}

}  // namespace gridmask::cpu
