// SPDX-License-Identifier: MIT
//
// Decoded images on their way to a normalised, masked batch: cropped, mirrored, converted. One
// description of it for every backend; docs/preprocessor.md says what is computed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "lattice/batch.h"
#include "lattice/channel_scale.h"
#include "lattice/sample_draws.h"

namespace gridmask {

// One decoded image of `channels` values a pixel: bytes, or floats where the batch says so.
struct SourceImage {
  const uint8_t* data;
  int32_t height;
  int32_t width;
  uint32_t channels;
  // The crop's upper left corner in the image; negative where padding lies before it. The crop may
  // also reach beyond the image's other borders. What is outside is black.
  int32_t top;
  int32_t left;
  bool flip;  // the crop is mirrored, left to right
};

// The layout is the result's.
struct PreprocessBatch : BatchLayout {
  uint8_t* target;
  ValueType type;                    // of the result; not kUint8
  bool floatSource;                  // images of floats, aligned to them, else of bytes
  bool planarSource;                 // each channel of an image is a plane of its own
  std::vector<SourceImage> images;   // `count` of them
  std::vector<ChannelScale> scales;  // channels() of them
  std::optional<Samples> samples;    // masks for the result
  const uint8_t* fill;               // of a dropped pixel, all channels
};

}  // namespace gridmask
