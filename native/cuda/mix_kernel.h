// SPDX-License-Identifier: MIT
//
// The kernels of GridMix: a sample's dropped pixels come from its partner.
//
// They treat a pixel as bytes, and cut a row into vectors of 16, 4, 2 or 1 bytes: the largest size
// such that all rows of source and target begin and end at its multiples. So the same vector is at
// the same place of a row in every sample, and no two threads touch one.
//
// New: a thread has a vector of one row of one sample, in all planes. The grid: x: a sample's
// vectors, y and z: samples.
//
// In place, a sample may be written only after the one that takes pixels from it has read it. So a
// block has a few neighbouring vectors of *all* samples: 2^tileShift vectors, and the samples
// divided among the remaining threads, a few each. All threads read what they need, wait for each
// other, and then write. If there are more samples than that, they take turns in the order of the
// permutation's cycles: a sample's partner is the next one, so it is not yet written. Only a
// cycle's last sample needs one that may have been written: the first. The thread that will need it
// keeps it from the turn in which it was written. The grid: x: vectors of a plane, y: groups of
// planes.
#pragma once

#include <cstdint>

#include "cuda/kernel_params.h"
#include "cuda/mask_bits.h"
#include "cuda/memory.h"
#include "cuda/vector_bits.h"

namespace gridmask::cuda {

// Planes that are read at the same time.
constexpr uint32_t kMixPlanes = 3;

constexpr uint32_t kMinMixBlocks = 4;  // MaskShape::minBlocks, for a new tensor

// What a thread has in place, and reads at a time. If samples take turns, planes are read one after
// another, since the thread keeps what a later turn needs from a plane.
template <bool whole_, bool severalPlanes>
struct MixShape {
  static constexpr bool whole = whole_;  // vectors of 16 bytes
  static constexpr uint32_t planes = severalPlanes ? kMixPlanes : 1;
  static constexpr uint32_t samples = severalPlanes ? 2 : 4;
  static constexpr bool keeps = !severalPlanes;
};
constexpr uint32_t kMaxMixThreads = 512;  // of a block in place
constexpr uint32_t kMinMixInPlaceBlocks = 2;

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

// A word, or only those of its four bytes whose bits are set.
GRIDMASK_HD inline void storeBytes(uint8_t* to, uint32_t word, uint32_t bits) {
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
template <bool whole>
GRIDMASK_HD inline void storeTaken(uint8_t* to, const Vector& vector, uint32_t dropped,
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

// The bytes of a vector that lie in squares. The first `end` bytes belong to pixel (x, y).
GRIDMASK_HD inline uint32_t squaresOfVector(const KernelParams& params, const KernelSample& sample,
                                            int32_t x, int32_t y, uint32_t end) {
  if (sample.is(KernelSample::kFine)) {
    return squaresOfValues(phasesAt(sample, x, y), end, params.valuesPerPixel, params.vectorBytes);
  }
  const TilePhases phases(sample, x, y);
  if (!sample.is(KernelSample::kDense) && !phases.mayHaveSquares<kVectorBytes, 1>()) return 0;
  return squaresOfValues(phases.row, end, params.valuesPerPixel, params.vectorBytes);
}

// Bit k: whether byte begin + k of the entry's row is dropped, of `vectorBytes`.
GRIDMASK_HD inline uint32_t droppedBytes(const KernelParams& params, const KernelSample& sample,
                                         uint32_t entry, uint32_t row, uint32_t begin) {
  const uint32_t all = (1u << params.vectorBytes) - 1;
  const auto columnOf = [&](uint32_t byte) {
    return static_cast<int32_t>(quotient(begin + byte, params.pixelReciprocal));
  };
  const int32_t x = columnOf(0);
  const auto y = static_cast<int32_t>(row);
  const uint32_t end = static_cast<uint32_t>(x + 1) * params.valuesPerPixel - begin;
  uint32_t squares = squaresOfVector(params, sample, x, y, end) & all;
  if (sample.is(KernelSample::kRandom)) {
    squares = SquareDraws(params, entry).nextRow(squares, y, columnOf);
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

// A thread in place. For each group of planes, and within it for each turn: decide(), read(), a
// barrier, write(). What is decided in a turn holds for all planes.
template <class Shape>
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
    for (uint32_t k = 0; k < Shape::samples; ++k, entry += params.slots) {
      // Each moves to the last place in turn, so that none is addressed by index.
      GRIDMASK_UNROLL
      for (uint32_t j = 0; j + 1 < Shape::samples; ++j) {
        dropped_[j] = dropped_[j + 1];
        number_[j] = number_[j + 1];
        partner_[j] = partner_[j + 1];
      }
      constexpr uint32_t kLast = Shape::samples - 1;
      dropped_[kLast] = 0;
      if (!inside_ || k >= params.samplesPerThread || entry >= params.entries) continue;
      const KernelSample sample = sampleAt(params, entry);
      dropped_[kLast] = droppedBytes(params, sample, entry, row_, begin_);
      number_[kLast] = sample.number();
      partner_[kLast] = partnerOf(params, entry);
    }
  }

  GRIDMASK_HD void read(const KernelParams& params, uint32_t turn, uint32_t plane) {
    const uint8_t* source = params.source + plane * params.planeBytes + at_;
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < Shape::samples; ++k) {
      const uint8_t* from = source + partner_[k].sample() * params.sampleBytes;
      GRIDMASK_UNROLL
      for (uint32_t p = 0; p < kPlanes; ++p) {
        // Always set, so that nothing has to be kept from one plane to the next.
        vectors_[k][p] = kept_;
        if (dropped_[k] == 0 || (Shape::keeps && partner_[k].wasKept()) ||
            !isThere(params, plane + p)) {
          continue;
        }
        vectors_[k][p] = loadFirst<Shape::whole>(from + p * params.planeBytes, params.vectorBytes);
      }
    }
    if (Shape::keeps && params.turns > 1) keep(params, turn, source);
  }

  GRIDMASK_HD void write(const KernelParams& params, uint32_t plane) const {
    uint8_t* target = params.target + plane * params.planeBytes + at_;
    const bool pixelsAreWords = params.valuesPerPixel % sizeof(uint32_t) == 0;
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < Shape::samples; ++k) {
      if (dropped_[k] == 0) continue;
      uint8_t* to = target + number_[k] * params.sampleBytes;
      GRIDMASK_UNROLL
      for (uint32_t p = 0; p < kPlanes; ++p) {
        if (!isThere(params, plane + p)) continue;
        storeTaken<Shape::whole>(to + p * params.planeBytes, vectors_[k][p], dropped_[k],
                                 pixelsAreWords);
      }
    }
  }

 private:
  static constexpr uint32_t kPlanes = Shape::planes;

  GRIDMASK_HD static bool isThere(const KernelParams& params, uint32_t plane) {
    return kPlanes == 1 || plane < params.planes;
  }

  // Reads what will have been written when this thread needs it.
  GRIDMASK_HD void keep(const KernelParams& params, uint32_t turn, const uint8_t* source) {
    if (!inside_) return;
    const auto kept =
        constant<MixKept>(params, params.keptAt + turn * static_cast<uint32_t>(sizeof(MixKept)));
    if (kept.slot != slot_) return;
    kept_ = loadFirst<Shape::whole>(source + kept.sample * params.sampleBytes, params.vectorBytes);
  }

  uint32_t slot_;
  uint32_t row_ = 0;
  uint32_t begin_ = 0;
  uint64_t at_ = 0;  // of the vector, in a plane
  bool inside_;
  // Of each sample:
  uint32_t dropped_[Shape::samples] = {};  // of the vector: bit k for byte k
  uint32_t number_[Shape::samples] = {};
  MixPartner partner_[Shape::samples] = {};
  Vector vectors_[Shape::samples][kPlanes];
  Vector kept_{};
};

}  // namespace gridmask::cuda
