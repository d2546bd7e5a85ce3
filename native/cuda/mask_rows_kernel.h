// SPDX-License-Identifier: MIT
//
// The kernel that masks what cuda/mask_kernel.h does not: rows that begin or end anywhere, and
// pixels of any number of values.
//
//   a thread   a vector of 16 bytes of one row, and the same in all planes
//   the grid   x: a sample's vectors, row after row, y and z: samples. In place only those that are
//              masked
//
// Vectors lie at multiples of 16 bytes in the target. If rows do not, a row's first and last vector
// belong to it only partly. If the rows of planes begin at different addresses modulo 16, the same
// row is cut into different vectors: then a thread decides the values of two vectors, and takes
// from them those that its vector has in each plane.
#pragma once

#include <cstdint>

#include "cuda/kernel_params.h"
#include "cuda/mask_bits.h"
#include "cuda/memory.h"
#include "cuda/vector_bits.h"

namespace gridmask::cuda {

constexpr uint32_t kMinRowsBlocks = 4;  // MaskShape::minBlocks

// A vector of a plane's row, and what happens to its values: bit k stands for value k.
struct Window {
  uint8_t* target;
  const uint8_t* source;
  uint32_t inside;   // in the row
  uint32_t dropped;  // may have bits outside
};

// One value per pixel: bit k for pixel x + k, for `vectors` vectors of `values` values.
template <int values>
GRIDMASK_HD inline uint32_t planarSquares(Phases<uint64_t> exact, bool fine, uint32_t vectors) {
  uint32_t bits = 0;
  if (fine) {
    GRIDMASK_NO_UNROLL
    for (uint32_t k = 0; k < values * vectors; ++k, exact.next()) {
      if (exact.inSquare()) bits |= 1u << k;
    }
    return bits;
  }
  auto phases = coarse(exact);
  GRIDMASK_NO_UNROLL
  for (uint32_t vector = 0; vector < vectors; ++vector) {
    uint32_t ofVector = 0;
    GRIDMASK_UNROLL
    for (int k = 0; k < values; ++k, phases.next()) {
      if (phases.inSquare()) ofVector |= 1u << k;
    }
    bits |= ofVector << (vector * values);
  }
  return bits;
}

// The pixel of a row's value. Values left of the row, which nobody uses, count as the first
// pixel's.
GRIDMASK_HD inline uint32_t pixelOf(const KernelParams& params, int32_t value) {
  return quotient(static_cast<uint32_t>(value < 0 ? 0 : value), params.pixelReciprocal);
}

// Bit k: whether value begin + k of the row is dropped; for one vector of `values` values or two.
template <int values, bool interleaved>
GRIDMASK_HD inline uint32_t droppedValues(const KernelParams& params, const KernelSample& sample,
                                          uint32_t entry, int32_t begin, int32_t row,
                                          uint32_t vectors) {
  const bool fine = sample.is(KernelSample::kFine);
  uint32_t bits;
  if (interleaved) {
    const auto x = static_cast<int32_t>(pixelOf(params, begin));
    const uint32_t end =
        static_cast<uint32_t>(x + 1) * params.valuesPerPixel - static_cast<uint32_t>(begin);
    bits = squaresOfValues(phasesAt(sample, x, row), fine, end, params.valuesPerPixel,
                           values * vectors);
  } else {
    bits = planarSquares<values>(phasesAt(sample, begin, row), fine, vectors);
  }
  if (sample.is(KernelSample::kRandom)) {
    // Units are numbered from the row's first pixel on.
    if (begin < 0) bits &= 0xFFFFFFFFu << -begin;
    bits = SquareDraws(params, entry).nextRow(bits, row, [&](uint32_t bit) {
      const int32_t value = begin + static_cast<int32_t>(bit);
      return interleaved ? static_cast<int32_t>(pixelOf(params, value)) : value;
    });
  }
  return sample.is(KernelSample::kReverse) ? ~bits : bits;
}

// The values of a word that are kept; 0 for the others.
template <int valueBytes>
GRIDMASK_HD inline uint32_t loadKept(const uint8_t* source, uint32_t dropped, uint32_t loadBytes) {
  using Value = typename Unsigned<valueBytes>::type;
  if (valueBytes == 4 || loadBytes >= 4)
    return load<uint32_t>(source) & ~bytesOf<valueBytes>(dropped);
  uint32_t word = 0;
  for (int k = 0; k < 4 / valueBytes; ++k) {
    if (dropped >> k & 1) continue;
    word |= static_cast<uint32_t>(load<Value>(source + k * valueBytes))
            << (k * valueBytes * 8 & 31);
  }
  return word;
}

// For a new tensor: a vector that is only partly in the row, or cannot be read at once, is read
// word by word.
template <int valueBytes>
GRIDMASK_HD inline void copyWords(const Window& window, const Vector& fill, uint32_t loadBytes) {
  using Value = typename Unsigned<valueBytes>::type;
  constexpr int kPerWord = 4 / valueBytes;
  constexpr uint32_t kWhole = (1u << kPerWord) - 1;
  uint8_t* target = window.target;
  const uint8_t* source = window.source;
  uint32_t inside = window.inside;
  uint32_t dropped = window.dropped;
  Vector rest = fill;
  GRIDMASK_NO_UNROLL
  for (; inside != 0; inside >>= kPerWord, dropped >>= kPerWord, target += 4, source += 4) {
    uint32_t word = rest.word[0];
    rest = {{rest.word[1], rest.word[2], rest.word[3], 0}};
    const uint32_t some = dropped & kWhole;
    if ((inside & kWhole) == kWhole) {
      if (some != kWhole) {
        word = (word & bytesOf<valueBytes>(some)) | loadKept<valueBytes>(source, some, loadBytes);
      }
      store<uint32_t>(target, word);
      continue;
    }
    for (int k = 0; k < kPerWord; ++k) {
      if ((inside >> k & 1) == 0) continue;
      const int at = k * valueBytes;
      store<Value>(target + at,
                   some >> k & 1 ? valueOf<valueBytes>(word, k) : load<Value>(source + at));
    }
  }
}

// For a new tensor: each value of the row, or the fill if it is dropped. Reads `loadBytes` at a
// time, and no vector that keeps nothing.
template <int valueBytes>
GRIDMASK_HD inline void copyKept(const Window& window, const Vector& fill, uint32_t loadBytes) {
  constexpr uint32_t kAll = kAllOf<valueBytes>;
  const uint32_t dropped = window.dropped & kAll;
  if (window.inside != kAll || (loadBytes != kVectorBytes && dropped != kAll)) {
    copyWords<valueBytes>(window, fill, loadBytes);
    return;
  }
  // One store for both, so that what neighbours write together leaves together.
  Vector kept{};
  if (dropped != kAll) kept = load<Vector>(window.source);
  store<Vector>(window.target, blend<valueBytes>(kept, fill, dropped));
}

// What dropped values become in the vector that begins at value `first` of a row. The constants
// have 4 bytes for each value of a pixel: its fill, as often as it fits.
template <int valueBytes, bool interleaved>
GRIDMASK_HD inline Vector fillVectorOf(const KernelParams& params, uint32_t plane, int32_t first) {
  const auto wordOf = [&](uint32_t value) {
    return constant<uint32_t>(params, params.fillAt + value * params.fillStep);
  };
  Vector fill;
  if (!interleaved || params.fillStep == 0) {
    const uint32_t word = wordOf(plane);
    for (int w = 0; w < 4; ++w) fill.word[w] = word;
    return fill;
  }
  constexpr int kPerWord = 4 / valueBytes;
  const uint32_t planeFill = plane * params.valuesPerPixel;
  // Nobody uses values left of the row: channel 0 until the row begins.
  uint32_t left = first < 0 ? static_cast<uint32_t>(-first) : 0;
  uint32_t channel =
      first < 0 ? 0 : static_cast<uint32_t>(first) - pixelOf(params, first) * params.valuesPerPixel;
  GRIDMASK_UNROLL
  for (int w = 0; w < 4; ++w) {
    uint32_t word = 0;
    GRIDMASK_NO_UNROLL
    for (int k = 0; k < kPerWord; ++k) {
      word |= wordOf(planeFill + channel) & bytesOf<valueBytes>(1u << k);
      if (left != 0) {
        --left;
      } else if (++channel == params.valuesPerPixel) {
        channel = 0;
      }
    }
    fill.word[w] = word;
  }
  return fill;
}

// Bit k: whether value first + k of a row belongs to a channel that is filled.
template <int values>
GRIDMASK_HD inline uint32_t filledValues(const KernelParams& params, int32_t first) {
  uint32_t bits = 0;
  GRIDMASK_NO_UNROLL
  for (int32_t k = first < 0 ? -first : 0; k < values; ++k) {
    const int32_t value = first + k;
    const uint32_t channel =
        static_cast<uint32_t>(value) - pixelOf(params, value) * params.valuesPerPixel;
    bits |= (constant<uint32_t>(params, params.channelsAt + channel * 4) & 1) << k;
  }
  return bits;
}

template <int valueBytes, bool interleaved, bool inPlace>
GRIDMASK_HD inline void maskRowsThread(const KernelParams& params, uint32_t blockX, uint32_t blockY,
                                       uint32_t blockZ, uint32_t threadX) {
  constexpr int32_t kValues = kValuesOf<valueBytes>;
  constexpr uint32_t kAll = kAllOf<valueBytes>;
  const uint32_t entry = blockZ * params.gridY + blockY;
  const uint32_t thread = blockX * params.threadsPerBlock + threadX;
  if (entry >= params.entries || thread >= params.threadsPerSample) return;
  const KernelSample sample = sampleAt(params, entry);

  const uint32_t row = quotient(thread, params.rowReciprocal);
  const auto vector = static_cast<int32_t>(thread - row * params.vectorsPerRow);
  const uint64_t rowAt = sample.number() * params.sampleBytes + row * params.rowBytes;
  const auto rowEnd = static_cast<int32_t>(params.valuesPerRow);

  // `lead`: values by which the row's first vector begins before the row.
  const auto leadOf = [&](const uint8_t* target) {
    return static_cast<int32_t>(reinterpret_cast<uintptr_t>(target) % kVectorBytes / valueBytes);
  };
  const int32_t leadAlike = leadOf(params.target + rowAt);
  const bool alike = params.planesAlike != 0;
  // Of the first value that is decided, in the row.
  const int32_t begin = vector * kValues - (alike ? leadAlike : kValues);
  const uint32_t decided = droppedValues<kValues, interleaved>(
      params, sample, entry, begin, static_cast<int32_t>(row), alike ? 1 : 2);
  if (inPlace && decided == 0) return;

  GRIDMASK_NO_UNROLL
  for (uint32_t plane = 0; plane < params.planes; ++plane) {
    const uint64_t planeAt = rowAt + plane * params.planeBytes;
    const int32_t lead = alike ? leadAlike : leadOf(params.target + planeAt);
    const int32_t first = vector * kValues - lead;  // value of the row at which the vector begins
    const int64_t at = static_cast<int64_t>(planeAt) + int64_t{first} * valueBytes;
    Window window{params.target + at, params.source + at, kAll, decided >> (first - begin)};
    if (first < 0) window.inside &= kAll << -first;
    if (first >= rowEnd) continue;
    if (first + kValues > rowEnd) window.inside &= kAll >> (first + kValues - rowEnd);
    const Vector fill = fillVectorOf<valueBytes, interleaved>(params, plane, first);
    if (interleaved && inPlace && params.channelsAt != 0) {
      window.dropped &= filledValues<kValues>(params, first);
    }
    if (inPlace) {
      storeDropped<valueBytes>(window.target, fill, window.dropped & window.inside);
    } else {
      copyKept<valueBytes>(window, fill, params.loadBytes);
    }
  }
}

}  // namespace gridmask::cuda
