// SPDX-License-Identifier: MIT
//
// The order in which the samples of a batch are mixed: from partner to partner, along the cycles of
// the permutation, so that what has just been read as a partner's is still in the cache when it is
// the sample's own. In place it is the only order that reads a sample before it is written. A small
// batch that goes into another array is mixed in its own order: all of it is in the caches anyway,
// and the same thread writes the same samples in every call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include "cpu/caches.h"
#include "lattice/mix.h"

namespace gridmask::cpu {

// Consecutive samples of the order. Along a cycle, each one's partner is the next.
struct Walk {
  const int32_t* begin;
  const int32_t* end;
  // In place: a copy of the sample that the last one takes from, if another walk begins with that
  // sample. Null: it is this walk's own first sample, which is put aside before.
  const uint8_t* after;
};

class Walks {
 public:
  // Walks of at most `most` samples. In place, cycles are cut only if `cuts` is set, since the
  // first sample of each part has to be kept; and samples that are their own partners are left out.
  Walks(const MixBatch& batch, size_t most, bool cuts)
      : follows_(batch.inPlace() || batch.bytes() > kSecondLevelBytes), order_(orderOf(batch)) {
    const size_t longest = batch.inPlace() && !cuts ? order_.size() : most;
    std::vector<Cut> cycles;
    for (size_t begin = 0; begin < order_.size();) {
      const size_t end = follows_ ? endOfCycle(batch, begin) : order_.size();
      const size_t length = end - begin;
      const size_t parts = (length + longest - 1) / longest;
      if (batch.inPlace() && parts > 1) cycles.push_back({walks_.size(), parts});
      for (size_t k = 0; k < parts; ++k) {
        walks_.push_back({order_.data() + begin + length * k / parts,
                          order_.data() + begin + length * (k + 1) / parts, nullptr});
      }
      begin = end;
    }
    keepHeads(batch, cycles);
  }
  // Moving keeps the memory that walks point into.
  Walks(Walks&&) = default;

  size_t count() const { return walks_.size(); }
  size_t samples() const { return order_.size(); }
  const Walk& operator[](size_t i) const { return walks_[i]; }

 private:
  // A cycle that is cut into several walks.
  struct Cut {
    size_t first;
    size_t parts;
  };

  std::vector<int32_t> orderOf(const MixBatch& batch) const {
    if (!follows_) {
      std::vector<int32_t> order(batch.count);
      std::iota(order.begin(), order.end(), 0);
      return order;
    }
    std::vector<bool> seen(batch.count);
    std::vector<int32_t> order;
    order.reserve(batch.count);
    for (size_t i = 0; i < batch.count; ++i) {
      auto k = static_cast<int32_t>(i);
      if (batch.inPlace() && batch.partner[i] == k) continue;
      for (; !seen[static_cast<size_t>(k)]; k = batch.partner[k]) {
        seen[static_cast<size_t>(k)] = true;
        order.push_back(k);
      }
    }
    return order;
  }

  size_t endOfCycle(const MixBatch& batch, size_t begin) const {
    size_t end = begin + 1;
    while (batch.partner[order_[end - 1]] != order_[begin]) ++end;
    return end;
  }

  // Keeps a copy of the first sample of each part of a cycle, for the part before it.
  void keepHeads(const MixBatch& batch, const std::vector<Cut>& cycles) {
    size_t heads = 0;
    for (const Cut& cycle : cycles) heads += cycle.parts;
    kept_.resize(heads * batch.sampleBytes());
    uint8_t* kept = kept_.data();
    for (const Cut& cycle : cycles) {
      for (size_t k = 0; k < cycle.parts; ++k, kept += batch.sampleBytes()) {
        const auto head = static_cast<size_t>(*walks_[cycle.first + k].begin);
        std::memcpy(kept, batch.source + head * batch.sampleBytes(), batch.sampleBytes());
        walks_[cycle.first + (k == 0 ? cycle.parts : k) - 1].after = kept;
      }
    }
  }

  bool follows_;
  std::vector<int32_t> order_;
  std::vector<Walk> walks_;
  std::vector<uint8_t> kept_;
};

}  // namespace gridmask::cpu
