// SPDX-License-Identifier: MIT
//
// Masks a batch of images on a CUDA device, and moves images there and back. All functions return
// when everything is done, and throw Error where a call of the driver fails; then too nothing is
// under way any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "cuda/allocation.h"
#include "cuda/context.h"
#include "lattice/draw.h"
#include "lattice/noise.h"

namespace gridmask::cuda {

// As cpu::Batch. `source` and `target` are on the host for applyHost(), on the device for apply();
// the rest is on the host for both.
struct HostBatch {
  const uint8_t* source;
  uint8_t* target;  // equal to source (in place), or apart from it
  size_t count;
  size_t planes;
  int32_t height;
  int32_t width;
  size_t pixelBytes;
  size_t valueBytes;    // 1, 2 or 4: the size of one channel's value
  const uint8_t* fill;  // planes * pixelBytes bytes: what a dropped pixel becomes
  Samples samples;      // count of them
  Noise noise{};        // instead of the fill, where it has a kind
};

// How host memory is moved.
struct Staging {
  size_t chunkBytes;  // a piece of host memory that is under way at a time
  // Copies on several threads.
  void (*copy)(uint8_t* to, const uint8_t* from, size_t bytes, unsigned threads);
  unsigned threads;
};

// Thrown for rows or samples that no kernel takes, gigabytes each.
struct TooLarge {};

// Whether a failed operation has begun to write to its target.
using Wrote = bool;

// Dropped pixels become the fill, kept ones keep their bits. Work of others on the two memories
// that is on `sourceStream` and `targetStream`, where there are such, comes first.
void apply(Device& device, const HostBatch& batch, std::optional<CUstream> sourceStream,
           std::optional<CUstream> targetStream, Wrote& wrote);

// The same for arrays on the host, piece by piece.
void applyHost(Device& device, const HostBatch& batch, const Staging& staging, Wrote& wrote);

// Copies allocation.bytes() bytes.
void upload(Allocation& allocation, const uint8_t* source, const Staging& staging);
void download(Allocation& allocation, uint8_t* target, const Staging& staging, Wrote& wrote);

}  // namespace gridmask::cuda
