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
  uint32_t xBegin, xEnd, yBegin, yEnd;
  uint32_t channelBytes;  // from channel to channel
  uint32_t padding;
};
static_assert(sizeof(KernelImage) == 48, "the same on both sides");

// For a channel of the result.
struct KernelScale {
  uint32_t channel;  // the image's
  float a;
  float b;
  uint32_t fill;  // the bits of a dropped value, repeated to 4 bytes
};
static_assert(sizeof(KernelScale) == 16, "the same on both sides");

// PreprocessTile takes images and results of at most so many channels. Its scales are always
// parameters of the launch, the last ones, so that their places are known when it is compiled.
constexpr uint32_t kTileChannels = 4;
constexpr uint32_t kTileScalesAt =
    kInlinedBytes - kTileChannels * static_cast<uint32_t>(sizeof(KernelScale));

// 2²³, with whose lowest byte's place a byte makes the float 2²³ + byte: no conversion is needed.
// (2²³ + byte)·a - 2²³·a, rounded once, is byte·a, rounded, where 2²³·a is exact. Only, it is never
// -0.
constexpr float kPlacedByte = 8388608.0f;
// Such a scale's channel is this more: the numbers by which bytesAt() takes a byte of the first
// word and the upper three of kPlacedByte.
constexpr uint32_t kPlacingByte = 0x7650;

}  // namespace gridmask::cuda
