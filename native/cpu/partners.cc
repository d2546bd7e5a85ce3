// SPDX-License-Identifier: MIT

#include "cpu/partners.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "lattice/mix.h"

namespace gridmask::cpu {
namespace {

// A word of each sample, by which they are ordered.
std::vector<uint64_t> wordsOf(const Samples& samples, size_t count) {
  std::vector<uint64_t> all(count);
  CounterBlock counters;
  Lanes<uint64_t> words;
  for (size_t i = 0; i < count; i += kBlockSamples) {
    const size_t some = std::min(count - i, kBlockSamples);
    samples.countersOf(i, some, counters);
    drawWords(counters, kPartnerBlock, words);
    std::copy_n(words, some, all.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return all;
}

// The samples in the order of their words; those with equal words as they are in the batch. Words
// are random: of as many equal ranges of them as there are samples, each has about one, and little
// is left to sort.
std::vector<int32_t> sorted(const std::vector<uint64_t>& words) {
  const size_t count = words.size();
  const auto rangeOf = [&](uint64_t word) { return ((word >> 32) * count) >> 32; };
  // Where ranges end; then, when they are filled, where they begin.
  std::vector<uint32_t> places(count);
  for (const uint64_t word : words) ++places[rangeOf(word)];
  std::partial_sum(places.begin(), places.end(), places.begin());
  std::vector<int32_t> order(count);
  for (size_t i = count; i-- > 0;) order[--places[rangeOf(words[i])]] = static_cast<int32_t>(i);
  const auto comesBefore = [&](int32_t a, int32_t b) {
    const uint64_t wordA = words[static_cast<size_t>(a)], wordB = words[static_cast<size_t>(b)];
    return wordA != wordB ? wordA < wordB : a < b;
  };
  for (size_t range = 0; range < count; ++range) {
    const uint32_t begin = places[range];
    const size_t end = range + 1 < count ? places[range + 1] : count;
    if (end - begin > 1) std::sort(order.data() + begin, order.data() + end, comesBefore);
  }
  return order;
}

}  // namespace

void drawPartners(const Samples& samples, size_t count, int32_t* partners) {
  const std::vector<int32_t> order = sorted(wordsOf(samples, count));
  for (size_t k = 0; k < count; ++k) {
    partners[order[k]] = order[k + 1 < count ? k + 1 : 0];
  }
}

}  // namespace gridmask::cpu
