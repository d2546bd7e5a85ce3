// SPDX-License-Identifier: MIT
//
// The kernels' body. A thread has one row's vector of 16 bytes: it decides which of the vector's
// values are dropped, as bits, and applies them to that vector in all planes of the sample.
//
// Vectors lie at multiples of 16 bytes of the target, so where rows do not, a row's first and last
// vector belong to it in part. Planes whose rows begin differently modulo 16 cut the same row into
// different vectors: then a thread decides the values of twice the length, and takes from them
// those that its vector has in each plane.
#pragma once

#include <cstdint>

#include "cuda/decide.h"
#include "cuda/kernel.h"
#include "cuda/memory.h"

namespace gridmask::cuda {

// A vector of a plane's row, and what is to become of its values: bit k stands for the k-th.
struct Window {
  uint8_t* target;
  const uint8_t* source;
  uint32_t inside;   // in the row
  uint32_t dropped;  // may have bits outside
};

// All ones in the bytes of those of a word's values whose bit is set.
template <int valueBytes>
GRIDMASK_HD inline uint32_t bytesOf(uint32_t bits) {
  if (valueBytes == 4) return 0u - (bits & 1);
  if (valueBytes == 2) return (0u - (bits & 1)) >> 16 | (0u - (bits >> 1 & 1)) << 16;
  // Multiplied, each of the four bits arrives at the foot of its byte.
  return ((bits & 0xF) * 0x00204081u & 0x01010101u) * 0xFFu;
}

// Value k's bytes as the lowest of the result.
template <int valueBytes>
GRIDMASK_HD inline typename Unsigned<valueBytes>::type valueOf(uint32_t word, int k) {
  return static_cast<typename Unsigned<valueBytes>::type>(word >> (k * valueBytes * 8 & 31));
}

// All ones in the bytes of a vector's dropped values.
template <int valueBytes>
GRIDMASK_HD inline Vector maskOf(uint32_t dropped) {
  Vector mask;
  GRIDMASK_UNROLL
  for (int w = 0; w < 4; ++w) {
    mask.word[w] = bytesOf<valueBytes>(dropped >> (w * (4 / valueBytes)));
  }
  return mask;
}

GRIDMASK_HD inline Vector blend(const Vector& kept, const Vector& fill, const Vector& mask) {
  Vector result;
  GRIDMASK_UNROLL
  for (int w = 0; w < 4; ++w) {
    result.word[w] = (fill.word[w] & mask.word[w]) | (kept.word[w] & ~mask.word[w]);
  }
  return result;
}

// In place: the fill where a value of the row is dropped, nothing else.
template <int valueBytes>
GRIDMASK_HD inline void fillDropped(const Window& window, const Vector& fill) {
  using Value = typename Unsigned<valueBytes>::type;
  constexpr int kPerWord = 4 / valueBytes;
  constexpr uint32_t kWhole = (1u << kPerWord) - 1;
  const uint32_t bits = window.dropped & window.inside;
  if (bits == (1u << 16 / valueBytes) - 1) {
    store<Vector>(window.target, fill);
    return;
  }
  if (bits == 0) return;
  GRIDMASK_UNROLL
  for (int w = 0; w < 4; ++w) {
    const uint32_t some = bits >> (w * kPerWord) & kWhole;
    if (some == kWhole) {
      store<uint32_t>(window.target + 4 * w, fill.word[w]);
    } else if (some != 0) {
      for (int k = 0; k < kPerWord; ++k) {
        if (some >> k & 1) {
          store<Value>(window.target + 4 * w + k * valueBytes,
                       valueOf<valueBytes>(fill.word[w], k));
        }
      }
    }
  }
}

// The kept ones of a word's values, 0 for the others.
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

// Out of place, a vector that is not wholly in the row or can't be read at once: word by word.
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

// Out of place: each value of the row, the fill where it is dropped. Reads no vector that keeps
// nothing, and `loadBytes` at a time.
template <int valueBytes>
GRIDMASK_HD inline void copyKept(const Window& window, const Vector& fill, uint32_t loadBytes) {
  constexpr uint32_t kAll = (1u << 16 / valueBytes) - 1;
  const uint32_t dropped = window.dropped & kAll;
  if (window.inside != kAll || (loadBytes != 16 && dropped != kAll)) {
    copyWords<valueBytes>(window, fill, loadBytes);
    return;
  }
  // One store for both: what neighbours write together leaves together.
  Vector kept{};
  if (dropped != kAll) kept = load<Vector>(window.source);
  store<Vector>(window.target, blend(kept, fill, maskOf<valueBytes>(dropped)));
}

// The fill of a value, repeated to 4 bytes.
template <int valueBytes>
GRIDMASK_HD inline uint32_t fillWordOf(const KernelParams& params, uint32_t value) {
  if (params.uniformFill) return params.fillWords[0];
  if (params.fill == nullptr) return params.fillWords[value % kInlineFills];
  const uint32_t fill = load<typename Unsigned<valueBytes>::type>(
      params.fill + static_cast<uint64_t>(value) * valueBytes);
  return valueBytes == 1 ? fill * 0x01010101u : valueBytes == 2 ? fill * 0x00010001u : fill;
}

// What the values of the vector that begins at value `first` of a row become where they are
// dropped.
template <int valueBytes, bool interleaved>
GRIDMASK_HD inline Vector fillVectorOf(const KernelParams& params, uint32_t plane, int32_t first) {
  Vector fill;
  if (!interleaved || params.uniformFill) {
    const uint32_t word = fillWordOf<valueBytes>(params, plane);
    for (int w = 0; w < 4; ++w) fill.word[w] = word;
    return fill;
  }
  constexpr int kPerWord = 4 / valueBytes;
  const uint32_t planeFill = plane * params.valuesPerPixel;
  // Left of the row nobody asks: channel 0 until the row begins.
  uint32_t left = first < 0 ? static_cast<uint32_t>(-first) : 0;
  uint32_t channel =
      first < 0 ? 0 : static_cast<uint32_t>(first) - pixelOf(params, first) * params.valuesPerPixel;
  GRIDMASK_UNROLL
  for (int w = 0; w < 4; ++w) {
    uint32_t word = 0;
    GRIDMASK_NO_UNROLL
    for (int k = 0; k < kPerWord; ++k) {
      const uint32_t next = fillWordOf<valueBytes>(params, planeFill + channel);
      word |= next & bytesOf<valueBytes>(1u << k);
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

// Out of place, where all rows are aligned: two planes at a time, so that the second's read is
// under way while the first's is waited for.
template <int valueBytes>
GRIDMASK_HD inline void copyAlignedPlanes(const KernelParams& params, uint64_t at,
                                          uint32_t dropped) {
  constexpr uint32_t kAll = (1u << 16 / valueBytes) - 1;
  const bool reads = (dropped & kAll) != kAll;
  const Vector mask = maskOf<valueBytes>(dropped);
  const uint8_t* source = params.source + at;
  uint8_t* target = params.target + at;
  GRIDMASK_NO_UNROLL
  for (uint32_t plane = 0; plane < params.planes; plane += 2) {
    const bool two = plane + 1 < params.planes;
    Vector first{}, second{};
    if (reads) {
      first = load<Vector>(source);
      if (two) second = load<Vector>(source + params.planeBytes);
    }
    store<Vector>(target, blend(first, fillVectorOf<valueBytes, false>(params, plane, 0), mask));
    if (two) {
      store<Vector>(target + params.planeBytes,
                    blend(second, fillVectorOf<valueBytes, false>(params, plane + 1, 0), mask));
    }
    source += 2 * params.planeBytes;
    target += 2 * params.planeBytes;
  }
}

// Aligned kernels are planar.
template <int valueBytes, bool interleaved, bool aligned, bool inPlace>
GRIDMASK_HD inline void maskThread(const KernelParams& params, uint32_t blockX, uint32_t blockY,
                                   uint32_t blockZ, uint32_t threadX) {
  constexpr int32_t kValues = 16 / valueBytes;
  constexpr uint32_t kAll = (1u << kValues) - 1;
  static_assert(!(aligned && interleaved), "copyAlignedPlanes() has one fill a plane");

  const uint32_t n = blockZ * params.gridY + blockY;
  const uint32_t thread = blockX * params.threadsPerBlock + threadX;
  if (n >= params.count || thread >= params.threadsPerSample) return;
  const auto* sampleAt = reinterpret_cast<const uint8_t*>(params.samples + n);
  const LatticePart sample = loadLatticePart(sampleAt);
  // Out of place such a sample is copied: with all its numbers 0, it has no squares.
  if (inPlace && (sample.flags & KernelSample::kMasked) == 0) return;

  const uint32_t row = quotient(thread, params.vectorsPerRowReciprocal);
  const auto vector = static_cast<int32_t>(thread - row * params.vectorsPerRow);
  const uint64_t rowAt = n * params.sampleBytes + row * params.rowBytes;
  const auto rowEnd = static_cast<int32_t>(params.valuesPerRow);

  // `lead`: values by which the row's first vector begins before the row.
  const auto leadOf = [&](const uint8_t* target) {
    return aligned ? 0
                   : static_cast<int32_t>((reinterpret_cast<uintptr_t>(target) & 15) / valueBytes);
  };
  const int32_t leadAlike = leadOf(params.target + rowAt);
  const bool alike = aligned || params.planesAlike != 0;
  // Of the first value that is decided, in the row.
  const int32_t begin = vector * kValues - (alike ? leadAlike : kValues);
  const uint32_t decided = decide<kValues, interleaved>(params, sample, sampleAt, begin,
                                                        static_cast<int32_t>(row), alike ? 1 : 2);
  if (inPlace && decided == 0) return;

  if constexpr (aligned && !inPlace) {
    copyAlignedPlanes<valueBytes>(params, rowAt + static_cast<uint32_t>(vector) * 16, decided);
  } else {
    GRIDMASK_NO_UNROLL
    for (uint32_t plane = 0; plane < params.planes; ++plane) {
      const uint64_t planeAt = rowAt + plane * params.planeBytes;
      const int32_t lead = alike ? leadAlike : leadOf(params.target + planeAt);
      const int32_t first = vector * kValues - lead;  // value of the row at which the vector begins
      const int64_t at = static_cast<int64_t>(planeAt) + int64_t{first} * valueBytes;
      Window window{params.target + at, params.source + at, kAll, decided >> (first - begin)};
      if (!aligned) {
        if (first < 0) window.inside &= kAll << -first;
        if (first >= rowEnd) continue;
        if (first + kValues > rowEnd) window.inside &= kAll >> (first + kValues - rowEnd);
      }
      const Vector fill = fillVectorOf<valueBytes, interleaved>(params, plane, first);
      if (inPlace) {
        fillDropped<valueBytes>(window, fill);
      } else {
        copyKept<valueBytes>(window, fill, params.loadBytes);
      }
    }
  }
}

}  // namespace gridmask::cuda
