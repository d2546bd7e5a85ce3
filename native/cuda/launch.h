// SPDX-License-Identifier: MIT
//
// Host only: from a batch to a launch. It needs no driver:
//
//   Launch launch;  // may be used again, which saves an allocation
//   if (prepareMask(batch, samples, 0, launch) != Prepared::kReady) …
//   if (!launch.constants.empty()) {
//     // upload them, aligned to 16 bytes, in the order of the stream
//     launch.params.constants = where they lie on the device;
//   }
//   void* arguments[] = {&launch.params};
//   cuLaunchKernel(function of launch.kernel, gridX, gridY, gridZ, blockX, blockY, 1, 0,
//                  stream, arguments, nullptr)
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cuda/kernel_list.h"
#include "cuda/kernel_params.h"
#include "cuda/kernel_sample.h"
#include "lattice/batch.h"
#include "lattice/mix.h"
#include "lattice/sample_draws.h"

namespace gridmask::cuda {

// What is to be masked, on the device; all else is on the host.
struct Batch {
  BatchLayout layout;
  const uint8_t* source;
  uint8_t* target;      // equal to source (in place), or apart from it
  const uint8_t* fill;  // planes * pixelBytes bytes: what a dropped pixel becomes
  Noise noise{};        // instead of the fill, where it has a kind: of all channels of the images
  // If the layout is a part of taller images with more planes: its first row, its first channel,
  // and their height.
  int32_t firstRow = 0;
  size_t firstChannel = 0;
  int32_t imageHeight = 0;  // 0: of the layout
  size_t sampleBytes = 0;   // from a sample to the next, 0: of the layout
  // In place only: for each byte of a pixel of one plane, 0 if it stays. Null if none does.
  const uint8_t* filled = nullptr;
};

struct Launch {
  Kernel kernel;
  uint32_t gridX;
  uint32_t gridY;
  uint32_t gridZ;
  uint32_t blockX;
  uint32_t blockY;
  uint32_t valueBytes;  // 1, 2 or 4: what is selected at a time
  KernelParams params{};
  std::vector<uint8_t> constants;  // empty if they are part of the parameters
  size_t inlinedBytes = 0;         // of those that are
};

enum class Prepared {
  kReady,
  kNothing,      // nothing is to be done
  kUnsupported,  // no kernel takes rows of 2 GiB, samples of 4 GiB and more, noise that is not
                 // aligned to its values
};

// Masks samples `first`, first + 1, … of `samples`.
Prepared prepareMask(const Batch& batch, const Samples& samples, size_t first, Launch& launch);

// The most bytes that the constants of a mask take.
size_t mostConstantBytes(const BatchLayout& layout);

// `batch`: source and target on the device.
Prepared prepareMix(const MixBatch& batch, Launch& launch);

}  // namespace gridmask::cuda
