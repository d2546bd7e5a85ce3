// SPDX-License-Identifier: MIT
//
// How a value of a decoded image becomes one of a normalised batch.
#pragma once

#include <cstdint>

#include "lattice/host_device.h"
#include "lattice/noise.h"

namespace gridmask {

// What a channel of the result is made of: value · a + b of a channel of the image's.
struct ChannelScale {
  uint32_t channel;
  float a;
  float b;
};

// A value is stored as noise is: a float's bits, rounded to the result's type.
using ValueType = NoiseType;

// The bits of a value of the result. Two roundings, one after each operation. A NaN, which only a
// source of floats can lead to, is the same one on every processor.
GRIDMASK_HD inline uint32_t scaledBits(float value, const ChannelScale& scale, ValueType type) {
  const float scaled = exact::add(exact::multiply(value, scale.a), scale.b);
  if (scaled != scaled) {
    return type == ValueType::kFloat32   ? 0x7FC00000u
           : type == ValueType::kFloat16 ? 0x7E00u
                                         : 0x7FC0u;
  }
  return noiseBits(scaled, type);
}

}  // namespace gridmask
