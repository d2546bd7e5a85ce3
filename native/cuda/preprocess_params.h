// SPDX-License-Identifier: MIT
//
// What the host passes to the kernels of cuda/preprocess_kernel.h besides KernelParams, in whose
// constants it lies.
#pragma once

#include <cstdint>

#include "cuda/kernel_params.h"

namespace gridmask::cuda {

// KernelParams::preprocessFlags.
constexpr uint32_t kHasMasks = 1;     // the constants begin with a KernelSample for each sample
constexpr uint32_t kFloatSource = 2;  // images of floats, not of bytes
constexpr uint32_t kByValues = 4;     // rows are not made of whole vectors
constexpr uint32_t kTypeShift = 8;    // the result's ValueType lies above

// An image that becomes a sample, in the result's coordinates.
struct KernelImage {
  uint64_t origin;  // address of the value that becomes the first one of pixel (0, 0), from
                    // the image's channel 0; outside of the image where that lies outside
  uint64_t next;    // from a sample's to the next, if this stands for all
  int32_t across;   // bytes from pixel to pixel of a row, negative if it is mirrored
  uint32_t down;    // from row to row
  // The pixels that the image has; others are black.
  uint16_t xBegin, xEnd, yBegin, yEnd;
  uint32_t channelBytes;  // from channel to channel
  uint32_t padding;
};
static_assert(sizeof(KernelImage) == 40, "the same on both sides");

// For a channel of the result, made value by value.
struct KernelScale {
  uint32_t channel;  // the image's
  float a;
  float b;
  uint32_t fill;  // the bits of a dropped value
};
static_assert(sizeof(KernelScale) == 16, "the same on both sides");

// For a channel of the result, made of words. They are always parameters of the launch, and at the
// end of them, so that a kernel knows when it is compiled where each number lies.
struct TileScale {
  uint32_t bytes;  // for bytesAt(): the image's channel, and three bytes of kPlacedByte
  float a;
  float b;
  uint32_t fill;  // the bits of a dropped value, repeated to 4 bytes
};
static_assert(sizeof(TileScale) == 16, "the same on both sides");
constexpr uint32_t kTileChannels = 4;  // at most, of an image and of a result
constexpr uint32_t kTileScalesAt =
    kInlinedBytes - kTileChannels * static_cast<uint32_t>(sizeof(TileScale));

// 2²³, whose bits are those of a float from 2²³ to 2²³ + 255 but for the lowest byte, the number.
// A byte there is no conversion: (2²³ + byte)·a - 2²³·a, rounded once, is what byte·a is, as long
// as 2²³·a is exact. (Were it 0 the sign could differ.)
constexpr float kPlacedByte = 8388608.0f;

}  // namespace gridmask::cuda
