// SPDX-License-Identifier: MIT
//
// The kernels of GridMix: what is dropped of a sample comes from its partner.
//
// To them a pixel is its bytes, and a row is cut into vectors of 16, 4, 2 or 1 bytes, the most that
// all rows of source and target begin and end at multiples of: so the same vector is at the same
// place of a row in every sample, and no two threads touch one.
//
// New: a thread has a vector of one row of one sample, in all planes. The grid: x: a sample's
// vectors, y and z: samples.
//
// In place a sample may be written only when the one whose partner it is has read it. So a block
// has a few neighbouring vectors of *all* samples: 2^tileShift of them times as many samples as
// there are threads left, a sample each. All threads read what they need, wait for each other, and
// then write. More samples than that take turns, in the order of the permutation's cycles: a
// sample's partner is the next one, so what comes later is not yet written. Only a cycle's last
// sample needs one that may have been: its first. The thread that will need it keeps that from the
// turn in which it was written. The grid: x: vectors of a plane, y: groups of planes.
#pragma once

#include <cstdint>

#include "cuda/kernel_params.h"
#include "cuda/mask_bits.h"
#include "cuda/memory.h"
#include "cuda/vector_bits.h"

namespace gridmask::cuda {

// Planes whose reads are under way at a time.
constexpr uint32_t kMixPlanes = 3;
// Samples of a thread in place, whose reads are under way at a time.
constexpr uint32_t kMixSamples = 8;

// MaskShape::minBlocks. In place threads hold vectors of many samples.
constexpr uint32_t minMixBlocks(bool inPlace) { return inPlace ? 3 : 4; }

// The first `bytes` bytes of a vector.
template <bool whole>
GRIDMASK_HD inline Vector loadFirst(const uint8_t* from, uint32_t bytes) {
  if (whole) return load<Vector>(from);
  Vector vector{};
  vector.word[0] = bytes == 4   ? load<uint32_t>(from)
                   : bytes == 2 ? load<uint16_t>(from)
                                : load<uint8_t>(from);
  return vector;
}

template <bool whole>
GRIDMASK_HD inline void storeFirst(uint8_t* to, const Vector& vector, uint32_t bytes) {
  if (whole) {
    store<Vector>(to, vector);
  } else if (bytes == 4) {
    store<uint32_t>(to, vector.word[0]);
  } else if (bytes == 2) {
    store<uint16_t>(to, static_cast<uint16_t>(vector.word[0]));
  } else {
    store<uint8_t>(to, static_cast<uint8_t>(vector.word[0]));
  }
}

// A word, or of its four bytes those whose bits are set.
GRIDMASK_HD inline void storeBytes(uint8_t* to, uint32_t word, uint32_t bits) {
  if (bits == 0xF) {
    store<uint32_t>(to, word);
    return;
  }
  GRIDMASK_NO_UNROLL
  for (; bits != 0; bits >>= 1, word >>= 8, ++to) {
    if (bits & 1) store<uint8_t>(to, static_cast<uint8_t>(word));
  }
}

// Of a vector's bytes those whose bits are set. Of a narrow one all: its pixels are no smaller.
template <bool whole>
GRIDMASK_HD inline void storeTaken(uint8_t* to, const Vector& vector, uint32_t dropped) {
  if (!whole) {
    storeBytes(to, vector.word[0], dropped);
  } else if (dropped == 0xFFFF) {
    store<Vector>(to, vector);
  } else {
    GRIDMASK_UNROLL
    for (int w = 0; w < 4; ++w) storeBytes(to + 4 * w, vector.word[w], dropped >> (4 * w) & 0xF);
  }
}

// Bit k: whether byte begin + k of the entry's row is dropped, of `vectorBytes`.
GRIDMASK_HD inline uint32_t droppedBytes(const KernelParams& params, const KernelSample& sample,
                                         uint32_t entry, uint32_t row, uint32_t begin) {
  const uint32_t all = (1u << params.vectorBytes) - 1;
  const uint32_t column = quotient(begin, params.pixelReciprocal);
  const uint32_t firstEnd = (column + 1) * params.valuesPerPixel - begin;
  const auto x = static_cast<int32_t>(column);
  const auto y = static_cast<int32_t>(row);
  uint32_t squares = squaresOfValues(phasesAt(sample, x, y), sample.is(KernelSample::kFine),
                                     firstEnd, params.valuesPerPixel, params.vectorBytes);
  squares &= all;
  if (sample.is(KernelSample::kRandom)) {
    squares = SquareDraws(params, entry).nextRow(squares, y, [&](uint32_t bit) {
      return static_cast<int32_t>(quotient(begin + bit, params.pixelReciprocal));
    });
  }
  return sample.is(KernelSample::kReverse) ? ~squares & all : squares;
}

GRIDMASK_HD inline MixPartner partnerOf(const KernelParams& params, uint32_t entry) {
  return constant<MixPartner>(
      params, params.partnersAt + entry * static_cast<uint32_t>(sizeof(MixPartner)));
}

template <bool whole>
GRIDMASK_HD inline void mixNewThread(const KernelParams& params, uint32_t blockX, uint32_t blockY,
                                     uint32_t blockZ, uint32_t threadX) {
  const uint32_t entry = blockZ * params.gridY + blockY;
  const uint32_t thread = blockX * params.threadsPerBlock + threadX;
  if (entry >= params.entries || thread >= params.threadsPerSample) return;
  const KernelSample sample = sampleAt(params, entry);
  const MixPartner partner = partnerOf(params, entry);
  const uint32_t bytes = params.vectorBytes;
  const uint32_t row = quotient(thread, params.rowReciprocal);
  const uint32_t begin = (thread - row * params.vectorsPerRow) * bytes;
  const uint32_t all = (1u << bytes) - 1;
  const uint32_t dropped = droppedBytes(params, sample, entry, row, begin);
  const uint64_t inSample = row * params.rowBytes + begin;
  const uint64_t at = sample.number() * params.sampleBytes + inSample;
  const uint8_t* own = params.source + at;
  const uint8_t* other = params.source + partner.sample() * params.sampleBytes + inSample;
  uint8_t* target = params.target + at;
  GRIDMASK_NO_UNROLL
  for (uint32_t plane = 0; plane < params.planes; plane += kMixPlanes) {
    Vector kept[kMixPlanes], taken[kMixPlanes];
    GRIDMASK_UNROLL
    for (uint32_t p = 0; p < kMixPlanes; ++p) {
      kept[p] = taken[p] = {};
      if (plane + p >= params.planes) continue;
      if (dropped != all) kept[p] = loadFirst<whole>(own + p * params.planeBytes, bytes);
      if (dropped != 0) taken[p] = loadFirst<whole>(other + p * params.planeBytes, bytes);
    }
    GRIDMASK_UNROLL
    for (uint32_t p = 0; p < kMixPlanes; ++p) {
      if (plane + p >= params.planes) continue;
      storeFirst<whole>(target + p * params.planeBytes, blend<1>(kept[p], taken[p], dropped),
                        bytes);
    }
    own += kMixPlanes * params.planeBytes;
    other += kMixPlanes * params.planeBytes;
    target += kMixPlanes * params.planeBytes;
  }
}

// A thread in place. For each plane, and in it for each turn: decide(), read(), a barrier, write().
// What is decided in a turn holds for all planes.
template <bool whole>
class MixThread {
 public:
  GRIDMASK_HD MixThread(const KernelParams& params, uint32_t blockX, uint32_t threadX) {
    const uint32_t width = 1u << params.tileShift;
    const uint32_t position = blockX * width + (threadX & (width - 1));
    slot_ = threadX >> params.tileShift;
    inside_ = position < params.threadsPerSample;
    if (!inside_) return;
    row_ = quotient(position, params.rowReciprocal);
    begin_ = (position - row_ * params.vectorsPerRow) * params.vectorBytes;
    at_ = row_ * params.rowBytes + begin_;
  }

  GRIDMASK_HD void decide(const KernelParams& params, uint32_t turn) {
    uint32_t entry = turn * params.samplesAtOnce + slot_;
    GRIDMASK_NO_UNROLL
    for (uint32_t k = 0; k < kMixSamples; ++k, entry += params.slots) {
      uint32_t dropped = 0;
      if (inside_ && k < params.samplesPerThread && entry < params.entries) {
        dropped = droppedBytes(params, sampleAt(params, entry), entry, row_, begin_);
      }
      // Each in the last place in its turn, so that none is addressed.
      GRIDMASK_UNROLL
      for (uint32_t j = 0; j + 1 < kMixSamples; ++j) dropped_[j] = dropped_[j + 1];
      dropped_[kMixSamples - 1] = dropped;
    }
  }

  GRIDMASK_HD void read(const KernelParams& params, uint32_t turn, uint32_t plane) {
    const uint8_t* source = params.source + plane * params.planeBytes + at_;
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kMixSamples; ++k) {
      // Always set, so that nothing has to be held from one plane to the next.
      vectors_[k] = kept_;
      if (dropped_[k] == 0) continue;
      const MixPartner partner = partnerOf(params, entryOf(params, turn, k));
      if (partner.wasKept()) continue;
      vectors_[k] =
          loadFirst<whole>(source + partner.sample() * params.sampleBytes, params.vectorBytes);
    }
    if (params.turns > 1) keep(params, turn, source);
  }

  GRIDMASK_HD void write(const KernelParams& params, uint32_t turn, uint32_t plane) const {
    uint8_t* target = params.target + plane * params.planeBytes + at_;
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kMixSamples; ++k) {
      if (dropped_[k] == 0) continue;
      const uint32_t number = sampleNumberAt(params, entryOf(params, turn, k));
      storeTaken<whole>(target + number * params.sampleBytes, vectors_[k], dropped_[k]);
    }
  }

 private:
  GRIDMASK_HD uint32_t entryOf(const KernelParams& params, uint32_t turn, uint32_t k) const {
    return turn * params.samplesAtOnce + k * params.slots + slot_;
  }

  // Reads what will have been written when this thread needs it.
  GRIDMASK_HD void keep(const KernelParams& params, uint32_t turn, const uint8_t* source) {
    if (!inside_) return;
    const auto kept =
        constant<MixKept>(params, params.keptAt + turn * static_cast<uint32_t>(sizeof(MixKept)));
    if (kept.slot != slot_) return;
    kept_ = loadFirst<whole>(source + kept.sample * params.sampleBytes, params.vectorBytes);
  }

  uint32_t slot_;
  uint32_t row_ = 0;
  uint32_t begin_ = 0;
  uint64_t at_ = 0;  // of the vector, in a plane
  bool inside_;
  uint32_t dropped_[kMixSamples] = {};  // of the vector of each sample: bit k for byte k
  Vector vectors_[kMixSamples];
  Vector kept_{};
};

}  // namespace gridmask::cuda
