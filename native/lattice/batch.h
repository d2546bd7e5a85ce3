// SPDX-License-Identifier: MIT
//
// How a batch of images lies in memory: the one description of it, from where JavaScript's header
// is read to the loops and kernels.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gridmask {

// `count` samples of `planes` planes of `height` x `width` pixels of `pixelBytes` bytes, one after
// another without gaps. NCHW has a plane for each channel; NHWC has one plane, whose pixels hold
// all channels. In both, planes * pixelBytes bytes hold one pixel's values in all channels.
struct BatchLayout {
  size_t count;
  size_t planes;
  int32_t height;
  int32_t width;
  size_t pixelBytes;
  size_t valueBytes;  // 1, 2 or 4: the size of one channel's value

  size_t rowBytes() const { return static_cast<size_t>(width) * pixelBytes; }
  size_t planeBytes() const { return static_cast<size_t>(height) * rowBytes(); }
  size_t sampleBytes() const { return planes * planeBytes(); }
  size_t bytes() const { return count * sampleBytes(); }
  size_t pixels() const { return static_cast<size_t>(height) * static_cast<size_t>(width); }
  size_t channels() const { return planes * (pixelBytes / valueBytes); }
  bool isEmpty() const { return count == 0 || planes == 0 || height == 0 || width == 0; }
};

// A batch with its images. Where they are, on the host or on a device, the function that takes it
// says.
struct ImageBatch : BatchLayout {
  const uint8_t* source;
  uint8_t* target;  // equal to source (in place), or apart from it

  bool inPlace() const { return source == target; }
};

}  // namespace gridmask
