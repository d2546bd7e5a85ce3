// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "cpu/tiling.h"
#include "lattice/batch.h"
#include "lattice/lattice.h"

namespace gridmask::cpu {

// What is the same for every row of a batch, computed once.
struct RowContext {
  explicit RowContext(const ImageBatch& batch)
      : canvas(canvasOf(batch.height, batch.width)),
        width(static_cast<uint32_t>(batch.width)),
        pixelBytes(batch.pixelBytes),
        rowBytes(batch.rowBytes()),
        planeBytes(batch.planeBytes()),
        sampleBytes(batch.sampleBytes()),
        inPlace(batch.inPlace()) {}

  // Where a row starts, in bytes from the start of the batch.
  size_t offsetOf(size_t sample, size_t plane, int32_t row) const {
    return sample * sampleBytes + plane * planeBytes + static_cast<size_t>(row) * rowBytes;
  }

  const Canvas canvas;
  const uint32_t width;
  const size_t pixelBytes;
  const size_t rowBytes;
  const size_t planeBytes;
  const size_t sampleBytes;
  const bool inPlace;
};

// Copies a tile: one that loses nothing, or one whose dropped pixels are filled afterwards.
inline void copyTile(const ImageBatch& batch, const RowContext& rows, const Tile& tile) {
  const size_t bytes = static_cast<size_t>(tile.rowEnd - tile.rowBegin) * rows.rowBytes;
  for (size_t plane = 0; plane < batch.planes; ++plane) {
    const size_t begin = rows.offsetOf(tile.sample, plane, tile.rowBegin);
    std::memcpy(batch.target + begin, batch.source + begin, bytes);
  }
}

}  // namespace gridmask::cpu
