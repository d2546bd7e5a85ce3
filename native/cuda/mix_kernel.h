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

// Bit k: whether byte begin + k of the entry's row is dropped, of `vectorBytes`.
GRIDMASK_HD inline uint32_t droppedBytes(const KernelParams& params, const KernelSample& sample,
                                         uint32_t entry, uint32_t row, uint32_t begin) {
  const uint32_t all = (1u << params.vectorBytes) - 1;
  const uint32_t column = quotient(begin, params.pixelReciprocal);
  const uint32_t firstEnd = (column + 1) * params.valuesPerPixel - begin;
  const auto x = static_cast<int32_t>(column);
  const auto y = static_cast<int32_t>(row);
  Phases<uint64_t> phases = phasesAt(sample, x, y);
  uint32_t squares = 0;
  GRIDMASK_NO_UNROLL
  for (uint32_t from = 0, end = firstEnd; from < params.vectorBytes;
       from = end, end += params.valuesPerPixel, phases.next()) {
    // The pixels to come set the bits behind it anew.
    const uint32_t rest = 0xFFFFFFFFu << from;
    squares = phases.inSquare() ? squares | rest : squares & ~rest;
  }
  squares &= all;
  if (sample.is(KernelSample::kRandom)) {
    squares = drawnSquares(squares, params, entry, x, y, firstEnd, params.valuesPerPixel);
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

// A thread in place. For each group of kMixPlanes planes, and in it for each turn: decide(), an
// exchange of `dropped` between lanes, read(), a barrier, write(). Groups end before `planeEnd`.
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
  }

  GRIDMASK_HD void decide(const KernelParams& params, uint32_t turn) {
    const uint32_t entry = turn * params.samplesAtOnce + slot_;
    dropped = 0;
    works_ = inside_ && entry < params.entries;
    if (!works_) return;
    const KernelSample sample = sampleAt(params, entry);
    number_ = sample.number();
    dropped = droppedBytes(params, sample, entry, row_, begin_);
  }

  GRIDMASK_HD void read(const KernelParams& params, uint32_t turn, uint32_t plane,
                        uint32_t planeEnd, uint32_t neighbour) {
    const uint32_t entry = turn * params.samplesAtOnce + slot_;
    const uint32_t bytes = params.vectorBytes;
    const uint32_t all = (1u << bytes) - 1;
    const uint64_t inSample = plane * params.planeBytes + row_ * params.rowBytes + begin_;
    writes_ = works_ && (dropped | neighbour) != 0;
    at_ = number_ * params.sampleBytes + inSample;
    Vector own[kMixPlanes], taken[kMixPlanes];
    if (writes_) {
      const MixPartner partner = partnerOf(params, entry);
      const uint64_t from = partner.sample() * params.sampleBytes + inSample;
      GRIDMASK_UNROLL
      for (uint32_t p = 0; p < kMixPlanes; ++p) {
        own[p] = {};
        taken[p] = kept_[p];
        if (plane + p >= planeEnd) continue;
        const uint64_t inPlanes = p * params.planeBytes;
        if (dropped != all) own[p] = loadFirst<whole>(params.source + at_ + inPlanes, bytes);
        if (dropped != 0 && !partner.wasKept()) {
          taken[p] = loadFirst<whole>(params.source + from + inPlanes, bytes);
        }
      }
      GRIDMASK_UNROLL
      for (uint32_t p = 0; p < kMixPlanes; ++p) {
        vectors_[p] = blend<1>(own[p], taken[p], dropped);
      }
    }
    keep(params, turn, plane, planeEnd, inSample);
  }

  GRIDMASK_HD void write(const KernelParams& params, uint32_t plane, uint32_t planeEnd) const {
    if (!writes_) return;
    GRIDMASK_UNROLL
    for (uint32_t p = 0; p < kMixPlanes; ++p) {
      if (plane + p >= planeEnd) continue;
      storeFirst<whole>(params.target + at_ + p * params.planeBytes, vectors_[p],
                        params.vectorBytes);
    }
  }

  uint32_t dropped;  // of the vector, by bits: bit k for byte k

 private:
  // Reads what will have been written when this thread needs it.
  GRIDMASK_HD void keep(const KernelParams& params, uint32_t turn, uint32_t plane,
                        uint32_t planeEnd, uint64_t inSample) {
    if (!inside_ || params.turns == 1) return;
    const auto kept =
        constant<MixKept>(params, params.keptAt + turn * static_cast<uint32_t>(sizeof(MixKept)));
    if (kept.slot != slot_) return;
    GRIDMASK_UNROLL
    for (uint32_t p = 0; p < kMixPlanes; ++p) {
      if (plane + p >= planeEnd) continue;
      kept_[p] = loadFirst<whole>(
          params.source + kept.sample * params.sampleBytes + inSample + p * params.planeBytes,
          params.vectorBytes);
    }
  }

  uint32_t slot_;
  uint32_t row_ = 0;
  uint32_t begin_ = 0;
  uint32_t number_ = 0;
  uint64_t at_ = 0;
  bool inside_;
  bool works_ = false;
  bool writes_ = false;
  Vector vectors_[kMixPlanes];
  Vector kept_[kMixPlanes] = {};
};

}  // namespace gridmask::cuda
