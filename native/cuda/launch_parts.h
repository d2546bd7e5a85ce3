// SPDX-License-Identifier: MIT
//
// Host only: the parts that all launches are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "cuda/kernel_sample.h"
#include "cuda/launch.h"

namespace gridmask::cuda {

// Mostly it is of 1, and to divide takes longer than to see that.
inline Reciprocal reciprocalOf(uint64_t divisor) {
  return {divisor == 1 ? UINT64_MAX : UINT64_MAX / divisor};
}

// The largest power of two up to `limit` that divides `value`.
inline size_t powerDividing(size_t value, size_t limit) {
  while (value % limit != 0) limit /= 2;
  return limit;
}

// Whether all values are the same.
inline bool isUniform(const uint8_t* values, size_t bytes, size_t valueBytes) {
  return std::memcmp(values, values + valueBytes, bytes - valueBytes) == 0;
}

inline int32_t imageHeightOf(const Batch& batch) {
  return batch.imageHeight != 0 ? batch.imageHeight : batch.layout.height;
}

// In place, nothing happens to a sample that is not masked.
inline bool isWorkedAt(const PackedSample& sample, bool inPlace) {
  return !inPlace || (sample.flags & PackedSample::kMasked) != 0;
}

// Rows of 2 GiB, or more samples or planes than kernels count.
inline bool isTooLarge(const BatchLayout& layout) {
  return layout.rowBytes() >> 31 != 0 || layout.count > kMaxSamples || layout.planes > INT32_MAX;
}

// A width of tiles with few threads beyond the row; the preferred one if possible.
uint32_t tileShiftOf(uint32_t vectorsPerRow, uint32_t preferred);

// Zeros, and what a layout says.
void begin(Launch& launch, const BatchLayout& layout, const uint8_t* source, uint8_t* target);

// `threads` threads for each of the items, in blocks along x; items along y and z. False if there
// are too many threads to number.
bool setGrid(Launch& launch, uint64_t threads, uint32_t items);

// A thread for each vector of a sample in `rowsOfThread` rows, in warps that are tiles, if possible
// of the preferred width; entries along y and z. False if there are too many tiles to number.
bool setTiles(Launch& launch, uint32_t rowsOfThread, uint32_t preferredShift);

// The same in blocks that are rectangles of threads, at most `mostColumns` wide; entries along z.
// False if there are too many entries. `inWarps`: rows that are wider than a warp are cut into
// warps.
bool setRectangles(Launch& launch, uint32_t rowsOfThread, uint32_t mostColumns,
                   bool inWarps = false);

// Where so many bytes, the first of all constants, are to be written; at most `bytes` of them were.
uint8_t* firstConstants(Launch& launch, size_t bytes);
void endConstants(Launch& launch, size_t bytes);

// Appends to the constants, at a multiple of 16 bytes; says where.
uint32_t addConstants(Launch& launch, const void* data, size_t bytes);

// Puts the constants into the parameters if they fit.
void end(Launch& launch);

}  // namespace gridmask::cuda
