// SPDX-License-Identifier: MIT
//
// GridMix in place. A sample may be written only after the one that takes pixels from it has read
// it. So a block has a few neighbouring vectors of *all* samples: 2^tileShift vectors, and the
// samples divided among the remaining threads, a few each. Plane by plane, all threads read what
// they need, wait for each other, and then write.
//
// If there are more samples than that, they take turns in the order of the permutation's cycles: a
// sample's partner is the next one, so it is not yet written. Only a cycle's last sample needs one
// that may have been written: the first. The thread that will need it keeps it from the turn in
// which it was written. The grid: x: vectors of a plane, y: groups of planes.
//
// A thread goes through these phases. Before each all threads of the block wait for each other,
// except before join(), which only needs the lane beside, read() and prefetchFrom():
//
//   prepare()    what the block's threads share
//   for each plane, or `planesAtOnce` of them, and within it for each turn:
//     decide()   what is dropped. Without turns only once: it holds for all planes
//     join()     after an exchange with the lane beside, if the class `kBlends`
//     read()
//     prefetchFrom()  what later planes need, without turns
//     write()
//
// Here: pixels of any size. cuda/mix_pixels_kernel.h is for those whose size is known when it is
// compiled.
#pragma once

#include <cstdint>

#include "cuda/mix_kernel.h"

namespace gridmask::cuda {

// What is the same for all kinds of pixels.
template <bool whole>
class MixThread {
 protected:
  GRIDMASK_HD MixThread(const KernelParams& params, uint32_t blockX, uint32_t threadX)
      : slot_(threadX >> params.tileShift) {
    const uint32_t width = 1u << params.tileShift;
    const uint32_t vector = blockX * width + (threadX & (width - 1));
    inside_ = vector < params.threadsPerSample;
    // Without a branch: the others decide something, too.
    vector_ = inside_ ? vector : 0;
  }

  uint32_t slot_;
  uint32_t vector_;
  bool inside_;
};

// Pixels are bytes of a vector, of which each drops what has its bit set.
template <bool whole>
class MixBytes : public MixThread<whole> {
 public:
  static constexpr uint32_t kSamples = 4;
  static constexpr uint32_t kThreads = 512;
  static constexpr uint32_t kMinBlocks = 2;
  static constexpr uint32_t kVectors = kSamples;
  static constexpr bool kPrepares = false;
  static constexpr bool kTakesTurns = true;
  static constexpr bool kBlends = false;
  static constexpr bool kPrefetches = false;
  struct Shared {};

  GRIDMASK_HD MixBytes(const KernelParams& params, uint32_t blockX, uint32_t threadX)
      : MixThread<whole>(params, blockX, threadX), place_(params, this->vector_) {}

  GRIDMASK_HD static void prepare(const KernelParams&, uint32_t, Shared&) {}

  GRIDMASK_HD void decide(const KernelParams& params, uint32_t turn, const Shared&) {
    const uint32_t end = endOf(params, turn);
    uint32_t entry = turn * params.samplesAtOnce + this->slot_;
    GRIDMASK_NO_UNROLL
    for (uint32_t k = 0; k < kSamples; ++k, entry += params.slots) {
      // Each moves to the last place in turn, so that none is addressed by index.
      GRIDMASK_UNROLL
      for (uint32_t j = 0; j + 1 < kSamples; ++j) {
        dropped_[j] = dropped_[j + 1];
        number_[j] = number_[j + 1];
        partner_[j] = partner_[j + 1];
      }
      constexpr uint32_t kLast = kSamples - 1;
      dropped_[kLast] = 0;
      if (!this->inside_ || entry >= end) continue;
      const KernelSample sample = sampleAt(params, entry);
      dropped_[kLast] = droppedBytes(params, sample, entry, place_);
      number_[kLast] = sample.number();
      partner_[kLast] = partnerOf(params, entry);
    }
  }

  GRIDMASK_HD uint32_t any() const { return 0; }
  GRIDMASK_HD void join(uint32_t) {}
  GRIDMASK_HD void prefetchFrom(const uint8_t*) const {}

  GRIDMASK_HD void read(const KernelParams& params, uint32_t turn, const uint8_t* plane,
                        Vector (&vectors)[kSamples]) {
    const uint8_t* const source = plane + place_.inPlane(params);
    MixTurn now{0, MixTurn::kNobody, MixTurn::kNobody, 0};
    uint32_t takers = 0;
    if (params.turns > 1) {
      now = turnAt(params, turn);
      takers = takersOf(now);
    }
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kSamples; ++k) {
      // Always set, so that nothing has to be kept from one plane to the next.
      vectors[k] = kept_;
      if (dropped_[k] == 0 || (takers & 1u << k) != 0) continue;
      vectors[k] = loadFirst<whole>(source + partner_[k] * params.sampleBytes, params.vectorBytes);
    }
    if (params.turns > 1) keep(params, now, source);
  }

  GRIDMASK_HD void write(const KernelParams& params, uint8_t* plane,
                         const Vector (&vectors)[kSamples]) const {
    uint8_t* const target = plane + place_.inPlane(params);
    const bool pixelsAreWords = params.valuesPerPixel % sizeof(uint32_t) == 0;
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kSamples; ++k) {
      if (dropped_[k] == 0) continue;
      storeTaken(target + number_[k] * params.sampleBytes, vectors[k], dropped_[k], pixelsAreWords);
    }
  }

 private:
  // Of this turn, the entry behind the last one.
  GRIDMASK_HD static uint32_t endOf(const KernelParams& params, uint32_t turn) {
    const uint32_t end = (turn + 1) * params.samplesAtOnce;
    return end < params.entries ? end : params.entries;
  }

  GRIDMASK_HD static MixTurn turnAt(const KernelParams& params, uint32_t turn) {
    return constant<MixTurn>(params,
                             params.turnsAt + turn * static_cast<uint32_t>(sizeof(MixTurn)));
  }

  // Reads what will have been written when this thread needs it.
  GRIDMASK_HD void keep(const KernelParams& params, const MixTurn& turn, const uint8_t* plane) {
    if (!this->inside_ || turn.keeper != this->slot_) return;
    kept_ = loadFirst<whole>(plane + turn.kept * params.sampleBytes, params.vectorBytes);
  }

  // Bit k: whether the thread's sample k takes what was kept. At most one does.
  GRIDMASK_HD uint32_t takersOf(const MixTurn& turn) const {
    return turn.taker == this->slot_ ? 1u << turn.takes : 0;
  }

  // A word, or only those of its four bytes whose bits are set.
  GRIDMASK_HD static void storeBytes(uint8_t* to, uint32_t word, uint32_t bits) {
    if (bits == 0xF) {
      store<uint32_t>(to, word);
      return;
    }
    GRIDMASK_UNROLL
    for (int k = 0; k < 4; ++k) {
      if (bits >> k & 1) store<uint8_t>(to + k, static_cast<uint8_t>(word >> (8 * k)));
    }
  }

  // The bytes of a vector whose bits are set. All of a narrow vector, whose pixels are no smaller.
  GRIDMASK_HD static void storeTaken(uint8_t* to, const Vector& vector, uint32_t dropped,
                                     bool pixelsAreWords) {
    if (!whole) {
      storeBytes(to, vector.word[0], dropped);
    } else if (dropped == 0xFFFF) {
      store<Vector>(to, vector);
    } else if (pixelsAreWords) {
      GRIDMASK_UNROLL
      for (int w = 0; w < 4; ++w) {
        if (dropped >> (4 * w) & 1) store<uint32_t>(to + 4 * w, vector.word[w]);
      }
    } else {
      Vector rest = vector;
      GRIDMASK_NO_UNROLL
      for (; dropped != 0; dropped >>= 4, to += 4) {
        storeBytes(to, rest.word[0], dropped & 0xF);
        rest = {{rest.word[1], rest.word[2], rest.word[3], 0}};
      }
    }
  }

  MixPlace place_;
  Vector kept_{};
  // Of each sample:
  uint32_t dropped_[kSamples] = {};  // of the vector: bit k for byte k
  uint32_t number_[kSamples] = {};
  uint32_t partner_[kSamples] = {};
};

}  // namespace gridmask::cuda
