// SPDX-License-Identifier: MIT
//
// Which fraction of its pixels each sample of a batch keeps, counted by the threads that mix it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridmask::cpu {

class KeptFractions {
 public:
  // For samples of `pixels` pixels, each counted in `parts` parts. Fractions go to `lambda`, unless
  // it is null.
  KeptFractions(double* lambda, size_t count, size_t pixels, size_t parts)
      : lambda_(lambda),
        pixels_(pixels),
        parts_(parts),
        dropped_(lambda == nullptr || parts == 1 ? 0 : count) {}

  bool areWanted() const { return lambda_ != nullptr; }

  // Adds what is dropped from another part of a sample. Several threads may count parts of a
  // sample.
  void add(size_t sample, uint64_t dropped) {
    uint64_t sum = dropped;
    if (parts_ > 1) {
      // The upper half counts parts, the lower half the pixels they drop, which are fewer than 2³².
      constexpr int kBits = 32;
      sum += dropped_[sample].fetch_add(uint64_t{1} << kBits | dropped, std::memory_order_relaxed);
      if (sum >> kBits != parts_ - 1) return;
      sum &= UINT32_MAX;
    }
    lambda_[sample] = static_cast<double>(pixels_ - sum) / static_cast<double>(pixels_);
  }

 private:
  double* const lambda_;
  const size_t pixels_;
  const size_t parts_;
  std::vector<std::atomic<uint64_t>> dropped_;
};

}  // namespace gridmask::cpu
