// SPDX-License-Identifier: MIT
//
// From bytes to scaled floating point values, a block of pixels at a time. One instruction picks a
// vector's bytes out of the pixels, whatever the number and order of channels, of the result's
// layout, and mirrored or not: what to pick is a table, made once for each kind of image.
//
//   bytes of four pixels   R G B R G B R G B R G B . . . .
//   picked for channel G   G . . . G . . . G . . . G . . .      as 32-bit integers, then floats
//   picked for NHWC        R . . . G . . . B . . . R . . .
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lattice/preprocess.h"

namespace gridmask::cpu {

// Channels of an image, at most: four pixels fill what is picked from.
constexpr uint32_t kMostPicked = 4;

// Bytes that may be read beyond a block's own.
constexpr size_t kPickSlack = 64;

// A vector of the result. It consists of lanes of four values, each of which is picked from 16
// bytes of the source.
struct PickedVector {
  static constexpr size_t kMostLanes = 4;
  static constexpr size_t kMost = 4 * kMostLanes;
  alignas(64) uint8_t pick[4 * kMost];  // for each byte its place in the lane, or 0x80: zero
  alignas(64) uint32_t word[kMost];     // of the block, 4 bytes each, that a lane consists of
  alignas(64) float a[kMost];
  alignas(64) float b[kMost];
  alignas(64) float fill[kMost];      // of dropped values
  alignas(64) uint32_t pixel[kMost];  // of the block, that a value belongs to
  size_t offset[kMostLanes];          // of a lane's 16 bytes, from the block's first byte
};

// The vectors that a block becomes: as many as the result has channels.
struct PickedBlock {
  const PickedVector* vectors;
  size_t count;
  bool together;        // all vectors are picked from the same bytes, a value a pixel
  bool zero;            // what dropped values become: all their bits
  size_t vectorStride;  // in the target, bytes from vector to vector
  size_t targetStride;  // from block to block
  ptrdiff_t sourceStride;
};

// A mask's bits, one a pixel, 1 where it is dropped. kWordBits behind the last one may be read.
struct DroppedBits {
  const uint64_t* words;  // null: nothing is dropped
  size_t first;           // the first pixel's bit
};

struct Converter {
  const char* name;
  uint32_t pixels;  // of a block; at most 16

  // Converts `blocks` blocks. Dropped pixels become the fill; a block of which all are dropped is
  // not read.
  using Convert = void (*)(uint8_t* target, const uint8_t* source, size_t blocks,
                           const PickedBlock& block, const DroppedBits& dropped);
  // By the type of the result's values.
  Convert float32, float16, bfloat16;
  // The same past the caches, where `streams`, for a target at the start of a line of the cache and
  // as many blocks as fill whole lines. finish() is to follow.
  bool streams;
  Convert streamFloat32, streamFloat16, streamBfloat16;
  void (*finish)();

  Convert of(ValueType type, bool pastCaches) const {
    switch (type) {
      case ValueType::kFloat16:
        return pastCaches ? streamFloat16 : float16;
      case ValueType::kBfloat16:
        return pastCaches ? streamBfloat16 : bfloat16;
      default:
        return pastCaches ? streamFloat32 : float32;
    }
  }
};

// Those for the instructions in use (lattice/instructions.h), the best one first; there may be
// none.
const Converter* const* availableConverters();  // ends with a null pointer

inline const Converter* bestConverter() { return *availableConverters(); }

// The table for images of `channels` values a pixel, at most kMostPicked.
class Picking {
 public:
  // `count` channels of the result that lie together in each pixel (`interleaved`) or in planes,
  // `planeBytes` from one to the next; `fill` is a pixel's in all of them.
  Picking(const Converter& converter, const ChannelScale* scales, size_t count, uint32_t channels,
          bool flip, bool interleaved, ValueType type, size_t planeBytes, const uint8_t* fill);

  const PickedBlock& block() const { return block_; }

 private:
  std::unique_ptr<PickedVector[]> vectors_;
  PickedBlock block_;
};

}  // namespace gridmask::cpu
