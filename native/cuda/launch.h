// SPDX-License-Identifier: MIT
//
// Host only: from a batch to a kernel, its parameters and its grid.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cuda/kernel.h"
#include "lattice/lattice.h"

namespace gridmask::cuda {

// As cpu::Batch, but that source, target and samples are on the device.
struct Batch {
  const uint8_t* source;
  uint8_t* target;  // equal to source (in place), or apart from it
  size_t count;
  size_t planes;
  int32_t height;
  int32_t width;
  size_t pixelBytes;
  size_t valueBytes;            // 1, 2 or 4: the size of one channel's value
  const uint8_t* fill;          // on the host: planes * pixelBytes bytes
  const uint8_t* deviceFill;    // the same on the device, where needsDeviceFill(), else unused
  const KernelSample* samples;  // count of them, aligned to 16 bytes
  KernelNoise noise{};          // where it has a kind, deviceFill holds the channels' numbers
};

KernelSample kernelSampleOf(const Lattice& lattice, int32_t height, int32_t width);

inline KernelSample kernelSampleOf(const PackedSample& sample, int32_t height, int32_t width) {
  return kernelSampleOf(latticeOf(sample, height, width), height, width);
}

// Whether the batch has too many different fills for them to travel with the launch. Looks at
// everything but `samples` and `deviceFill`.
bool needsDeviceFill(const Batch& batch);

// `batch` has at least one byte.
KernelParams kernelParamsOf(const Batch& batch);

struct Launch {
  const char* function;  // null: no kernel takes rows of 2 GiB, or samples of 64 GiB
  uint32_t gridX;
  uint32_t gridY;
  uint32_t gridZ;
  uint32_t blockX;
};

Launch launchOf(const KernelParams& params);

}  // namespace gridmask::cuda
