// SPDX-License-Identifier: MIT

#include "cuda/launch_parts.h"

#include <algorithm>
#include <numeric>

namespace gridmask::cuda {
namespace {

constexpr uint32_t kThreadsOfWarp = 32;
constexpr size_t kMaxGridY = 65535;  // and z
constexpr size_t kConstantAlignment = 16;

size_t aligned(size_t bytes) {
  return (bytes + kConstantAlignment - 1) / kConstantAlignment * kConstantAlignment;
}

}  // namespace

uint32_t tileShiftOf(uint32_t vectorsPerRow, uint32_t preferred) {
  for (uint32_t shift = preferred; shift > 1; --shift) {
    const uint64_t width = uint64_t{1} << shift;
    const uint64_t covered = (vectorsPerRow + width - 1) / width * width;
    if (covered * 7 <= uint64_t{vectorsPerRow} * 8) return shift;
  }
  return 1;  // neighbours have to be neighbouring lanes
}

void begin(Launch& launch, const BatchLayout& layout, const uint8_t* source, uint8_t* target) {
  KernelParams& params = launch.params;
  // What is behind is written before it is read.
  std::memset(static_cast<void*>(&params), 0, offsetof(KernelParams, inlined));
  launch.constants.clear();
  launch.inlinedBytes = 0;
  params.source = source;
  params.target = target;
  params.sampleBytes = layout.sampleBytes();
  params.planeBytes = layout.planeBytes();
  params.rowBytes = layout.rowBytes();
  params.planes = static_cast<uint32_t>(layout.planes);
  params.height = static_cast<uint32_t>(layout.height);
  params.width = static_cast<uint32_t>(layout.width);
}

bool setGrid(Launch& launch, uint64_t threads, uint32_t items) {
  if (threads + kMaxBlockThreads > UINT32_MAX) return false;
  const auto each = static_cast<uint32_t>(threads);
  KernelParams& params = launch.params;
  params.threadsPerSample = each;
  params.threadsPerBlock =
      std::min(kMaxBlockThreads, (each + kThreadsOfWarp - 1) / kThreadsOfWarp * kThreadsOfWarp);
  // With as few as possible beyond the last item.
  const size_t gridZ = (items + kMaxGridY - 1) / kMaxGridY;
  params.gridY = static_cast<uint32_t>((items + gridZ - 1) / gridZ);
  launch.gridX = (each + params.threadsPerBlock - 1) / params.threadsPerBlock;
  launch.gridY = params.gridY;
  launch.gridZ = static_cast<uint32_t>(gridZ);
  launch.blockX = params.threadsPerBlock;
  launch.blockY = 1;
  return true;
}

bool setTiles(Launch& launch, uint32_t rowsOfThread, uint32_t preferredShift) {
  KernelParams& params = launch.params;
  params.tileShift = tileShiftOf(params.vectorsPerRow, preferredShift);
  const uint32_t columns = 1u << params.tileShift;
  const uint32_t rows = kThreadsOfWarp / columns * rowsOfThread;
  params.tileColumns = (params.vectorsPerRow + columns - 1) / columns;
  const uint64_t tiles = uint64_t{params.tileColumns} * ((params.height + rows - 1) / rows);
  // ShortReciprocal's bound.
  if (tiles * params.tileColumns > UINT32_MAX) return false;
  params.tilesPerSample = static_cast<uint32_t>(tiles);
  params.tileColumnsReciprocal = {UINT32_MAX / params.tileColumns};
  return setGrid(launch, tiles * kThreadsOfWarp, params.entries);
}

bool setRectangles(Launch& launch, uint32_t rowsOfThread, uint32_t mostColumns, bool inWarps) {
  KernelParams& params = launch.params;
  if (params.entries > kMaxGridY) return false;
  const auto parts = [](uint32_t whole, uint32_t most) { return (whole + most - 1) / most; };
  // As equal as possible.
  const auto part = [&](uint32_t whole, uint32_t most) { return parts(whole, parts(whole, most)); };
  // Even, since neighbours have to be neighbouring lanes.
  uint32_t columns = (part(params.vectorsPerRow, mostColumns) + 1) / 2 * 2;
  if (inWarps && params.vectorsPerRow > kThreadsOfWarp) columns = kThreadsOfWarp;
  // This many rows fill warps.
  uint32_t step = kThreadsOfWarp / std::gcd(columns, kThreadsOfWarp);
  if (step * columns > kMaxBlockThreads) step = 1;
  const uint32_t mostRows = kMaxBlockThreads / columns / step * step;
  const uint32_t threadRows = parts(params.height, rowsOfThread);
  const uint32_t rows = parts(part(threadRows, mostRows), step) * step;
  params.threadsPerBlock = columns * rows;
  params.threadsPerBlockRow = columns;
  launch.gridX = parts(params.vectorsPerRow, columns);
  launch.gridY = parts(threadRows, rows);
  launch.gridZ = params.entries;
  launch.blockX = columns;
  launch.blockY = rows;
  return true;
}

uint8_t* firstConstants(Launch& launch, size_t bytes) {
  if (bytes <= kInlinedBytes) return launch.params.inlined;
  launch.constants.resize(bytes);
  return launch.constants.data();
}

void endConstants(Launch& launch, size_t bytes) {
  if (launch.constants.empty()) {
    launch.inlinedBytes = bytes;
  } else {
    launch.constants.resize(bytes);
  }
}

uint32_t addConstants(Launch& launch, const void* data, size_t bytes) {
  std::vector<uint8_t>& constants = launch.constants;
  const size_t at = aligned(constants.empty() ? launch.inlinedBytes : constants.size());
  if (bytes == 0) return static_cast<uint32_t>(at);
  const size_t end = at + aligned(bytes);
  uint8_t* const inlined = launch.params.inlined;
  if (constants.empty() && end <= kInlinedBytes) {
    launch.inlinedBytes = end;
    std::memcpy(inlined + at, data, bytes);
  } else {
    if (constants.empty()) constants.assign(inlined, inlined + launch.inlinedBytes);
    constants.resize(end);
    std::memcpy(constants.data() + at, data, bytes);
  }
  return static_cast<uint32_t>(at);
}

void end(Launch& launch) {
  if (launch.constants.size() > kInlinedBytes || launch.constants.empty()) return;
  std::memcpy(launch.params.inlined, launch.constants.data(), launch.constants.size());
  launch.constants.clear();
}

}  // namespace gridmask::cuda
