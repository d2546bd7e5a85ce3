// SPDX-License-Identifier: MIT

#include "cuda/backend.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>
#include <variant>

#include "cuda/launch.h"
#include "cuda/nvtx.h"
#include "cuda/tiles.h"

namespace gridmask::cuda {
namespace {

// Constants after images begin at a multiple of this, like device memory.
constexpr size_t kAlignment = 256;

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

uint8_t* bytesAt(CUdeviceptr onDevice) {
  return reinterpret_cast<uint8_t*>(static_cast<uintptr_t>(onDevice));
}

const Samples& samplesOf(const MaskBatch& batch) { return *std::get_if<Samples>(&batch.masks); }

BatchLayout layoutOf(const MaskBatch& batch, const Tile& tile) {
  return {tile.samples, tile.planes,      static_cast<int32_t>(tile.rows),
          batch.width,  batch.pixelBytes, batch.valueBytes};
}

// The launch that masks a tile, whose images lie on the device.
Prepared prepareTile(const MaskBatch& batch, const Tile& tile, const uint8_t* source,
                     uint8_t* target, Launch& launch) {
  const uint8_t* const fill =
      batch.noise.kind == NoiseKind::kNone ? batch.fill + tile.plane * batch.pixelBytes : nullptr;
  Batch part{layoutOf(batch, tile), source, target, fill, batch.noise};
  part.firstRow = static_cast<int32_t>(tile.row);
  part.firstChannel = tile.plane * (batch.pixelBytes / batch.valueBytes);
  part.imageHeight = batch.height;
  return prepareMask(part, samplesOf(batch), tile.sample, launch);
}

// Bytes of a tile. A tile crosses the bus twice: with four for each thread, uploads and downloads
// overlap. Samples that are smaller are not cut.
size_t tileBytesOf(const BatchLayout& batch, const Staging& staging) {
  const size_t piece = pieceBytesOf(batch.bytes(), 4, staging);
  const size_t sample = batch.sampleBytes();
  const size_t whole = (piece + sample - 1) / sample * sample;
  return whole <= staging.pieceBytes ? whole : piece;
}

// A thread's part of applyHost(): each tile is uploaded, masked in place and downloaded, while the
// thread copies the next one in and the last one out.
class HostWorker {
 public:
  HostWorker(Device& device, const MaskBatch& batch, StagingBuffers& buffers, Wrote& wrote)
      : device_(device),
        batch_(batch),
        buffers_(buffers),
        wrote_(wrote),
        stream_(buffers.stream()) {}

  ~HostWorker() {
    for (InFlight& flight : inFlight_) {
      if (flight.memory.pointer == 0) continue;
      try {
        device_.free(flight.memory, stream_);
      } catch (const Error&) {
        // The next driver call reports it.
      } catch (const std::exception&) {
      }
    }
  }
  HostWorker(const HostWorker&) = delete;
  HostWorker& operator=(const HostWorker&) = delete;

  void start(const Tile& tile) {
    if (!masksAny(tile)) {
      copyThrough(tile);
      return;
    }
    InFlight& flight = inFlight_[next_++ % 2];
    finish(flight);
    StagingBuffers::Half& half = buffers_.next();
    buffers_.wait(half);

    // The images, then the constants, so that one copy uploads both.
    const BatchLayout layout = layoutOf(batch_, tile);
    const size_t constants = aligned(layout.bytes());
    const size_t most = constants + mostConstantBytes(layout);
    buffers_.reserve(half, most);
    if (flight.memory.bytes < most) {
      if (flight.memory.pointer != 0) device_.free(std::exchange(flight.memory, {}), stream_);
      flight.memory = device_.allocate(most, stream_);
    }
    uint8_t* const images = bytesAt(flight.memory.pointer);
    if (!isToBeDone(prepareTile(batch_, tile, images, images, launch_))) {
      copyThrough(tile);
      return;
    }
    size_t uploaded = layout.bytes();
    if (!launch_.constants.empty()) {
      std::memcpy(half.pinned + constants, launch_.constants.data(), launch_.constants.size());
      launch_.params.constants = images + constants;
      uploaded = constants + launch_.constants.size();
    }
    forEachPart(tile, [&](size_t begin, size_t offset, size_t bytes) {
      std::memcpy(half.pinned + offset, batch_.source + begin, bytes);
    });
    CUDA_CALL(device_.driver, cuMemcpyHtoDAsync, flight.memory.pointer, half.pinned, uploaded,
              stream_);
    launchKernel(device_, launch_, stream_);
    CUDA_CALL(device_.driver, cuMemcpyDtoHAsync, half.pinned, flight.memory.pointer, layout.bytes(),
              stream_);
    buffers_.mark(half, stream_);
    flight.tile = &tile;
    flight.half = &half;
  }

  void finish() {
    for (int i = 0; i < 2; ++i) finish(inFlight_[next_++ % 2]);
  }

 private:
  // A tile in progress.
  struct InFlight {
    const Tile* tile = nullptr;
    StagingBuffers::Half* half = nullptr;
    MemoryBlock memory;
  };

  // A tile of which nothing is dropped.
  void copyThrough(const Tile& tile) {
    if (batch_.inPlace()) return;
    wrote_ = true;
    forEachPart(tile, [&](size_t begin, size_t, size_t bytes) {
      std::memcpy(batch_.target + begin, batch_.source + begin, bytes);
    });
  }

  void finish(InFlight& flight) {
    if (flight.tile == nullptr) return;
    buffers_.wait(*flight.half);
    wrote_ = true;
    forEachPart(*flight.tile, [&](size_t begin, size_t offset, size_t bytes) {
      std::memcpy(batch_.target + begin, flight.half->pinned + offset, bytes);
    });
    flight.tile = nullptr;
  }

  // A host array's side of the copy of a tile: contiguous, or a band of each of its planes.
  template <typename Copy>
  void forEachPart(const Tile& tile, const Copy& copy) const {
    const size_t begin = (tile.sample * batch_.planes + tile.plane) * batch_.planeBytes() +
                         tile.row * batch_.rowBytes();
    const bool wholePlanes = tile.rows == static_cast<size_t>(batch_.height);
    const size_t planes = tile.samples * tile.planes;
    const size_t bytes = wholePlanes ? planes * batch_.planeBytes() : tile.rows * batch_.rowBytes();
    for (size_t part = 0; part < (wholePlanes ? 1 : planes); ++part) {
      copy(begin + part * batch_.planeBytes(), part * bytes, bytes);
    }
  }

  bool masksAny(const Tile& tile) const {
    for (size_t i = 0; i < tile.samples; ++i) {
      const PackedSample sample = samplesOf(batch_)[tile.sample + i];
      if ((sample.flags & PackedSample::kMasked) != 0) return true;
    }
    return false;
  }

  Device& device_;
  const MaskBatch& batch_;
  StagingBuffers& buffers_;
  Wrote& wrote_;
  const CUstream stream_;
  Launch launch_;
  InFlight inFlight_[2];
  size_t next_ = 0;
};

// Adjacent planes of which something is filled, from `plane` on.
size_t filledPlanes(const MaskBatch& batch, size_t plane) {
  const auto isFilled = [&](size_t p) {
    const uint8_t* const filled = batch.filled + p * batch.pixelBytes;
    return std::any_of(filled, filled + batch.pixelBytes, [](uint8_t byte) { return byte != 0; });
  };
  size_t end = plane;
  while (end < batch.planes && isFilled(end)) ++end;
  return end - plane;
}

// If some channels stay: a copy first, then the others are masked in place, adjacent planes by one
// launch.
void applyToChannels(Stream& stream, const MaskBatch& batch, const Allocation& source,
                     const Allocation& target, Wrote& wrote) {
  enqueue(stream, source, target, [&](CUstream on) {
    if (!batch.inPlace()) {
      CUDA_CALL(target.device().driver, cuMemcpyDtoDAsync, target.pointer(), source.pointer(),
                batch.bytes(), on);
      wrote = true;
    }
    for (size_t plane = 0; plane < batch.planes; ++plane) {
      const size_t planes = filledPlanes(batch, plane);
      if (planes == 0) continue;
      uint8_t* const images = batch.target + plane * batch.planeBytes();
      const size_t at = plane * batch.pixelBytes;
      Batch part{batch, images, images, batch.fill + at};
      part.layout.planes = planes;
      part.sampleBytes = batch.sampleBytes();
      // Each plane has one channel, or there is one plane.
      if (batch.planes == 1) part.filled = batch.filled + at;
      if (isToBeDone(prepareMask(part, samplesOf(batch), 0, stream.launch()))) {
        stream.start(on);
        wrote = true;
      }
      plane += planes;
    }
  });
}

}  // namespace

void apply(Stream& stream, const MaskBatch& batch, const Allocation& source,
           const Allocation& target, Wrote& wrote) {
  if (batch.isEmpty()) return;
  const Range range("gridmask.apply");
  if (batch.filled != nullptr) {
    applyToChannels(stream, batch, source, target, wrote);
    return;
  }
  const Tile whole{0, batch.count, 0, batch.planes, 0, static_cast<size_t>(batch.height)};
  if (!isToBeDone(prepareTile(batch, whole, batch.source, batch.target, stream.launch()))) return;
  enqueue(stream, source, target, [&](CUstream on) {
    stream.start(on);
    wrote = true;
  });
}

void applyHost(Device& device, const MaskBatch& batch, const Staging& staging, Wrote& wrote) {
  if (batch.isEmpty()) return;
  const Range range("gridmask.apply to arrays");
  const Current current(device);
  if (batch.filled != nullptr) {
    asWhole(device, batch, staging, wrote, applyToChannels);
    return;
  }
  const std::vector<Tile> tiles = tilesOf(batch, tileBytesOf(batch, staging));
  const auto threads = static_cast<unsigned>(std::min<size_t>(staging.threads, tiles.size()));
  Crew crew(device, tiles.size());
  crew.run(staging, threads, std::nullopt, [&](StagingBuffers& buffers) {
    HostWorker worker(device, batch, buffers, wrote);
    while (const auto tile = crew.next()) worker.start(tiles[*tile]);
    worker.finish();
  });
}

}  // namespace gridmask::cuda
