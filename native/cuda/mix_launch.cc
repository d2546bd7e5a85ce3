// SPDX-License-Identifier: MIT

#include "cuda/mix_launch.h"

#include <algorithm>

namespace gridmask::cuda {
namespace {

constexpr uint32_t kWarp = 32;
constexpr size_t kMaxGridY = 65535;  // and z

Reciprocal reciprocalOf(uint64_t divisor) { return {UINT64_MAX / divisor}; }

// Bytes that all rows of both memories begin and end at multiples of.
uint32_t vectorBytesOf(const MixBatch& batch, uint64_t rowBytes) {
  const uint64_t all = reinterpret_cast<uintptr_t>(batch.source) |
                       reinterpret_cast<uintptr_t>(batch.target) | rowBytes;
  return all % 16 == 0 ? 16 : all % 4 == 0 ? 4 : all % 2 == 0 ? 2 : 1;
}

}  // namespace

MixParams mixParamsOf(const MixBatch& batch, const KernelSample* samples, const int32_t* partner,
                      const int32_t* walks, size_t walkCount) {
  const uint64_t rowBytes = batch.rowBytes();
  const uint64_t planeBytes = batch.planeBytes();
  MixParams params{};
  params.source = batch.source;
  params.target = batch.target;
  params.samples = samples;
  params.partner = partner;
  params.walks = walks;
  params.sampleBytes = batch.sampleBytes();
  params.planeBytes = planeBytes;
  params.rowBytes = rowBytes;
  params.walkCount = static_cast<uint32_t>(walkCount);
  params.planesOfThread = walks != nullptr ? 1 : static_cast<uint32_t>(batch.planes);
  params.height = static_cast<uint32_t>(batch.height);
  params.heightReciprocal = reciprocalOf(params.height);
  params.vectorBytes = vectorBytesOf(batch, rowBytes);
  if (rowBytes >> 31 != 0 || batch.planes > UINT32_MAX) return params;
  params.pixelBytes = static_cast<uint32_t>(batch.pixelBytes);
  params.pixelBytesReciprocal = reciprocalOf(params.pixelBytes);
  params.vectorsPerRow = static_cast<uint32_t>(rowBytes / params.vectorBytes);
  params.vectorsPerRowReciprocal = reciprocalOf(params.vectorsPerRow);
  const uint64_t bytes = walks != nullptr ? params.sampleBytes : planeBytes;
  const uint64_t threads = bytes / params.vectorBytes;
  if (threads + kMaxBlockThreads > UINT32_MAX) return params;
  params.threadsPerWalk = static_cast<uint32_t>(threads);
  params.threadsPerBlock =
      std::min(kMaxBlockThreads, (params.threadsPerWalk + kWarp - 1) / kWarp * kWarp);
  // As few as possible beyond the last walk.
  const size_t gridZ = (walkCount + kMaxGridY - 1) / kMaxGridY;
  params.gridY = static_cast<uint32_t>((walkCount + gridZ - 1) / gridZ);
  return params;
}

}  // namespace gridmask::cuda
