// SPDX-License-Identifier: MIT
//
// Masks a batch of images on the CPU.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu/kernels.h"
#include "lattice/draw.h"
#include "lattice/noise.h"
#include "lattice/regions.h"

namespace gridmask::cpu {

// `count` samples of `planes` planes of `height` x `width` pixels of `pixelBytes` bytes, one after
// another without gaps. NCHW has a plane for each channel; NHWC has one plane, whose pixels hold
// all channels. In both, planes * pixelBytes bytes hold one pixel's values in all channels.
struct Batch {
  const uint8_t* source;
  uint8_t* target;  // equal to source (in place), or apart from it
  size_t count;
  size_t planes;
  int32_t height;
  int32_t width;
  size_t pixelBytes;
  size_t valueBytes;     // 1, 2 or 4: the size of one channel's value
  const uint8_t* fill;   // planes * pixelBytes bytes: what a dropped pixel becomes
  Samples samples;       // count of them
  Noise noise = {};      // instead of the fill, where it has a kind
  Regions regions = {};  // instead of the samples, where there are any
};

// Dropped pixels become the fill, kept ones keep their bits. On up to `threads` threads.
void apply(const Batch& batch, unsigned threads, const Kernels& kernels = bestKernels());

}  // namespace gridmask::cpu
