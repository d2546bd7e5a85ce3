// SPDX-License-Identifier: MIT
//
// GridMix on the device: one kernel for every batch, new and in place, since kernels take room.
//
// To it a pixel is its bytes, and a row is cut into vectors of 16, 4, 2 or 1 bytes, the most that
// all rows of source and target begin and end at multiples of: so the same vector is at the same
// place of a row in every sample, and no two threads touch one. A thread has one vector of one row.
// Out of place it mixes that of one sample, in all planes. In place it has one plane, and goes
// through a cycle of samples, from partner to partner: it reads each before it writes it, and keeps
// what the first one was for the last.
#pragma once

#include <cstdint>

#include "cuda/decide.h"
#include "cuda/memory.h"
#include "cuda/mix_kernel.h"

namespace gridmask::cuda {

// The first `bytes` bytes of a vector.
GRIDMASK_HD inline Vector loadFirst(const uint8_t* from, uint32_t bytes) {
  if (bytes == 16) return load<Vector>(from);
  Vector vector{};
  vector.word[0] = bytes == 4   ? load<uint32_t>(from)
                   : bytes == 2 ? load<uint16_t>(from)
                                : load<uint8_t>(from);
  return vector;
}

GRIDMASK_HD inline void storeFirst(uint8_t* to, const Vector& vector, uint32_t bytes) {
  if (bytes == 16) {
    store<Vector>(to, vector);
  } else if (bytes == 4) {
    store<uint32_t>(to, vector.word[0]);
  } else if (bytes == 2) {
    store<uint16_t>(to, static_cast<uint16_t>(vector.word[0]));
  } else {
    store<uint8_t>(to, static_cast<uint8_t>(vector.word[0]));
  }
}

// `other` in those bytes whose bit is set, else `own`.
GRIDMASK_HD inline Vector choose(const Vector& own, const Vector& other, uint32_t bits) {
  Vector result;
  GRIDMASK_UNROLL
  for (int w = 0; w < 4; ++w) {
    // Multiplied, each of the four bits arrives at the foot of its byte.
    const uint32_t mask = ((bits >> (4 * w) & 0xF) * 0x00204081u & 0x01010101u) * 0xFFu;
    result.word[w] = (other.word[w] & mask) | (own.word[w] & ~mask);
  }
  return result;
}

// Takes out of the squares those whose units keep them; the first pixel has `firstEnd` bytes left.
// Not while they are found, when registers are short.
GRIDMASK_HD inline uint32_t drawnSquaresOfBytes(uint32_t squares, const uint8_t* sampleAt,
                                                int32_t x, int32_t y, uint32_t firstEnd,
                                                uint32_t pixelBytes) {
  UnitDraws draws(sampleAt);
  uint32_t drawn = 0;
  uint32_t end = firstEnd;
  GRIDMASK_NO_UNROLL
  for (uint32_t rest = squares; rest != 0; end += pixelBytes, ++x) {
    const uint32_t later = end < 16 ? 0xFFFFFFFFu << end : 0;
    const uint32_t ofPixel = rest & ~later;
    if (ofPixel != 0 && draws.drops(x, y)) drawn |= ofPixel;
    rest &= later;
  }
  return drawn;
}

// Bit k: whether byte begin + k of a sample's row is dropped.
GRIDMASK_HD inline uint32_t droppedBytes(const MixParams& params, uint32_t n, uint32_t row,
                                         uint32_t begin) {
  const auto* sampleAt = reinterpret_cast<const uint8_t*>(params.samples + n);
  const LatticePart sample = loadLatticePart(sampleAt);
  const uint32_t all = (1u << params.vectorBytes) - 1;
  const uint32_t x = quotient(begin, params.pixelBytesReciprocal);
  const uint32_t firstEnd = (x + 1) * params.pixelBytes - begin;
  const auto column = static_cast<int32_t>(x);
  const auto line = static_cast<int32_t>(row);
  uint32_t squares =
      all & interleavedSquares(turnsAt(sample, column, line), sampleAt, false, column, line,
                               firstEnd, params.pixelBytes, params.vectorBytes);
  if ((sample.flags & KernelSample::kRandom) != 0) {
    squares = drawnSquaresOfBytes(squares, sampleAt, column, line, firstEnd, params.pixelBytes);
  }
  // A sample that is not masked has no squares, and is not reversed.
  return (sample.flags & KernelSample::kReverse) != 0 ? ~squares & all : squares;
}

GRIDMASK_HD inline void mixThread(const MixParams& params, uint32_t blockX, uint32_t blockY,
                                  uint32_t blockZ, uint32_t threadX) {
  const uint32_t walk = blockZ * params.gridY + blockY;
  const uint32_t thread = blockX * params.threadsPerBlock + threadX;
  if (walk >= params.walkCount || thread >= params.threadsPerWalk) return;
  const bool inPlace = params.walks != nullptr;
  const auto load32 = [](const int32_t* from) {
    return load<uint32_t>(reinterpret_cast<const uint8_t*>(from));
  };

  const uint32_t rowOfPlanes = quotient(thread, params.vectorsPerRowReciprocal);
  const uint32_t begin = (thread - rowOfPlanes * params.vectorsPerRow) * params.vectorBytes;
  const uint32_t row = rowOfPlanes - quotient(rowOfPlanes, params.heightReciprocal) * params.height;
  const uint64_t inSample = rowOfPlanes * params.rowBytes + begin;
  const uint32_t all = (1u << params.vectorBytes) - 1;

  const uint32_t first = inPlace ? load32(params.walks + walk) : walk;
  Vector saved{};
  uint32_t n = first;
  do {
    const uint32_t partner = load32(params.partner + n);
    const uint32_t dropped = partner == n ? 0 : droppedBytes(params, n, row, begin);
    const bool saves = inPlace && n == first;
    const bool writes = !inPlace || dropped != 0;
    uint64_t at = n * params.sampleBytes + inSample;
    const uint64_t toPartner = (partner - uint64_t{n}) * params.sampleBytes;
    GRIDMASK_NO_UNROLL
    for (uint32_t plane = 0; plane < params.planesOfThread; ++plane) {
      Vector kept{}, taken = saved;
      if (saves || (writes && dropped != all)) {
        kept = loadFirst(params.source + at, params.vectorBytes);
      }
      if (dropped != 0 && !(inPlace && partner == first)) {
        taken = loadFirst(params.source + at + toPartner, params.vectorBytes);
      }
      if (saves) saved = kept;
      if (writes) {
        storeFirst(params.target + at, choose(kept, taken, dropped), params.vectorBytes);
      }
      at += params.planeBytes;
    }
    n = partner;
  } while (inPlace && n != first);
}

}  // namespace gridmask::cuda
