// SPDX-License-Identifier: MIT
//
// The kernels of GridMix: a sample's dropped pixels come from its partner.
//
// They treat a pixel as bytes, and cut a row into vectors of 16, 4, 2 or 1 bytes: the largest size
// such that all rows of source and target begin and end at its multiples. So the same vector is at
// the same place of a row in every sample, and no two threads touch one.
//
// Here: a new tensor. A thread has a vector of one row of one sample, in all planes. The grid: x: a
// sample's vectors, y and z: samples. cuda/mix_in_place_kernel.h is for tensors in place.
#pragma once

#include <cstdint>

#include "cuda/kernel_params.h"
#include "cuda/mask_bits.h"
#include "cuda/memory.h"
#include "cuda/vector_bits.h"

namespace gridmask::cuda {

// Planes of a new tensor that are read at the same time.
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

// A vector of a plane. It is the same for all samples.
struct MixPlace {
  uint32_t row;
  uint32_t begin;  // its first byte in the row
  int32_t column;  // the pixel that this byte belongs to
  uint32_t end;    // how many bytes belong to that pixel

  MixPlace() = default;
  GRIDMASK_HD MixPlace(const KernelParams& params, uint32_t vector)
      : row(quotient(vector, params.rowReciprocal)),
        begin((vector - row * params.vectorsPerRow) * params.vectorBytes),
        column(columnOf(params, 0)),
        end(static_cast<uint32_t>(column + 1) * params.valuesPerPixel - begin) {}

  GRIDMASK_HD uint64_t inPlane(const KernelParams& params) const {
    return row * params.rowBytes + begin;
  }
  // The pixel of byte begin + byte.
  GRIDMASK_HD int32_t columnOf(const KernelParams& params, uint32_t byte) const {
    return static_cast<int32_t>(quotient(begin + byte, params.pixelReciprocal));
  }
};

// The bytes of a vector that lie in squares.
GRIDMASK_HD inline uint32_t squaresOfVector(const KernelParams& params, const KernelSample& sample,
                                            const MixPlace& place) {
  const auto y = static_cast<int32_t>(place.row);
  if (sample.is(KernelSample::kFine)) {
    return squaresOfValues(phasesAt(sample, place.column, y), place.end, params.valuesPerPixel,
                           params.vectorBytes);
  }
  const TilePhases phases(sample, place.column, y);
  if (!sample.is(KernelSample::kDense) && !phases.mayHaveSquares<kVectorBytes, 1>()) return 0;
  return squaresOfValues(phases.row, place.end, params.valuesPerPixel, params.vectorBytes);
}

// Bit k: whether the vector's byte k is dropped in the entry's sample.
GRIDMASK_HD inline uint32_t droppedBytes(const KernelParams& params, const KernelSample& sample,
                                         uint32_t entry, const MixPlace& place) {
  const uint32_t all = (1u << params.vectorBytes) - 1;
  uint32_t squares = squaresOfVector(params, sample, place) & all;
  if (sample.is(KernelSample::kRandom)) {
    squares = SquareDraws(params, entry)
                  .nextRow(squares, static_cast<int32_t>(place.row),
                           [&](uint32_t byte) { return place.columnOf(params, byte); });
  }
  return sample.is(KernelSample::kReverse) ? ~squares & all : squares;
}

// The sample that the entry's dropped bytes come from.
GRIDMASK_HD inline uint32_t partnerOf(const KernelParams& params, uint32_t entry) {
  return constant<uint32_t>(params,
                            params.partnersAt + entry * static_cast<uint32_t>(sizeof(uint32_t)));
}

template <bool whole>
GRIDMASK_HD inline void mixNewThread(const KernelParams& params, uint32_t blockX, uint32_t blockY,
                                     uint32_t blockZ, uint32_t threadX) {
  const uint32_t entry = blockZ * params.gridY + blockY;
  const uint32_t thread = blockX * params.threadsPerBlock + threadX;
  if (entry >= params.entries || thread >= params.threadsPerSample) return;
  const KernelSample sample = sampleAt(params, entry);
  const uint32_t partner = partnerOf(params, entry);
  const uint32_t bytes = params.vectorBytes;
  const MixPlace place(params, thread);
  const uint32_t all = (1u << bytes) - 1;
  const uint32_t dropped = droppedBytes(params, sample, entry, place);
  const uint64_t inSample = place.inPlane(params);
  const uint64_t at = sample.number() * params.sampleBytes + inSample;
  const uint8_t* own = params.source + at;
  const uint8_t* other = params.source + partner * params.sampleBytes + inSample;
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

}  // namespace gridmask::cuda
