// SPDX-License-Identifier: MIT
//
// The inner loops of the CPU backend: one table for each instruction set, chosen at run time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/mask_phases.h"
#include "lattice/noise.h"
#include "lattice/runs.h"

namespace gridmask::cpu {

// What is written to dropped pixels of one plane: a whole number of pixels, repeated.
struct Fill {
  const uint8_t* pattern;
  size_t bytes;
  // The pattern is kSplatBytes of one value of 1, 2 or 4 bytes: it fits wherever a value begins.
  bool splat;
  bool zero;  // all of it
};
constexpr size_t kSplatBytes = 64;

constexpr uint32_t kWordBits = 64;
// Words that hold so many bits, with what the loops write or read behind them.
constexpr size_t wordsOfBits(size_t bits) { return bits / kWordBits + 2; }
constexpr size_t kBytesAhead = 1024;  // fetched by blendBits()
constexpr size_t kLineBytes = 64;
constexpr ptrdiff_t kRunsAhead = 4;  // whose memory is fetched while others are filled
constexpr size_t kNoiseBlocksAtOnce = 16;

// Where an array is: in the caches of the first and second level or not, or too large for any
// cache, so that it is written past them.
enum class Reach { kNear, kFar, kPastCaches };

// Sizes of a pixel that blendBits() takes.
inline bool hasBitKernel(size_t pixelBytes) {
  return pixelBytes <= 4 || pixelBytes == 6 || pixelBytes == 8 || pixelBytes == 12 ||
         pixelBytes == 16;
}

// Planes that lie `stride` bytes apart.
template <typename Byte>
struct PlanesOf {
  Byte* first;
  size_t stride;

  Byte* at(size_t plane) const { return first + plane * stride; }
};
using Planes = PlanesOf<uint8_t>;
using ConstPlanes = PlanesOf<const uint8_t>;

// Where the pixels of noise's blocks lie: those of each block so many bytes after the last one's.
struct BlocksAhead {
  const uint8_t* first;
  size_t bytes;
};

struct Kernels {
  const char* name;
  size_t vectorBytes;

  // In place: writes the fill to the runs of a plane, nothing else is touched.
  void (*fillRuns)(uint8_t* plane, const Run* runs, const Run* end, size_t pixelBytes,
                   const Fill& fill);

  // Out of place: `pixels` pixels, the fill in the runs, the source's bytes between them.
  void (*copyRuns)(uint8_t* target, const uint8_t* source, const Run* runs, const Run* end,
                   size_t pixels, size_t pixelBytes, const Fill& fill);

  // The same past the caches, for batches that are larger than they.
  void (*streamRuns)(uint8_t* target, const uint8_t* source, const Run* runs, const Run* end,
                     size_t pixels, size_t pixelBytes, const Fill& fill);

  // The mask of a block of rows as bits, behind `first` others: a pixel's is 1 where it is dropped.
  // Here and below, `words` is memory for wordsOfBits().
  void (*maskBits)(uint64_t* words, uint32_t first, uint32_t columns, uint32_t rows,
                   const MaskPhases& mask);
  bool usesEdges;  // of the mask, which are to be found before

  // target = bit ? fill : source, for pixels [begin, end); target and source are the same or apart.
  // Unless these are the last ones, it may leave some of them to the call for those that follow.
  // Returns the first one that is left.
  using BlendBits = size_t (*)(uint8_t* target, const uint8_t* source, const uint64_t* words,
                               size_t begin, size_t end, bool areLast, const Fill& fill);
  // The one for pixels of a size of hasBitKernel(), and for a fill that is all zero or not.
  BlendBits (*blendBits)(size_t pixelBytes, bool zero, Reach reach);

  // The runs of pixels whose bits are 1, to memory for two more than there are. Returns their end.
  Run* (*listRuns)(Run* runs, const uint64_t* words, uint32_t pixels);

  // How many pixels have bits that are 1.
  uint32_t (*countBits)(const uint64_t* words, uint32_t pixels);

  // target = bit ? other : own, for `pixels` pixels of a size of hasBitKernel(); all three are
  // apart. Beyond the caches, where the batch is larger than they, it is written past them.
  void (*selectBits)(uint8_t* target, const uint8_t* own, const uint8_t* other,
                     const uint64_t* words, size_t pixels, size_t pixelBytes, bool beyondCaches);

  // In place, in all planes: pixels whose bits are 1 become the other's. Nothing is touched where
  // there are none.
  void (*replaceBits)(const Planes& target, const ConstPlanes& other, size_t planes,
                      const uint64_t* words, size_t pixels, size_t pixelBytes, bool beyondCaches);

  // The numbers of noise of the generator's blocks first + place, four each, one place after
  // another; the list of `count` places, a multiple of kNoiseBlocksAtOnce, may repeat itself.
  // Meanwhile fetches the memory that they are for.
  void (*drawNoise)(float* numbers, const uint32_t* places, size_t count, uint32_t first,
                    const NoiseKey& key, NoiseKind kind, const BlocksAhead& ahead);

  // The values, as they are stored, that a channel of numbers a and b makes of noise's.
  void (*makeNoise)(uint8_t* values, const float* numbers, size_t count, NoiseKind kind,
                    NoiseType type, float a, float b);

  // Writes values to the runs' pixels; those of a run begin with number `starts` of it.
  void (*storeNoise)(uint8_t* plane, const uint8_t* values, const uint32_t* starts, const Run* runs,
                     const Run* end, size_t pixelBytes, size_t valueBytes);
};

// Those for the instructions in use (lattice/instructions.h), the best one first; there is at least
// one.
const Kernels* const* availableKernels();  // ends with a null pointer

inline const Kernels& bestKernels() { return **availableKernels(); }

}  // namespace gridmask::cpu
