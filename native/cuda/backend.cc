// SPDX-License-Identifier: MIT

#include "cuda/backend.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>
#include <variant>

#include "cuda/launch.h"
#include "cuda/tiles.h"

namespace gridmask::cuda {
namespace {

// What follows the samples and the fill begins at a multiple of this, as device memory does.
constexpr size_t kAlignment = 256;

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

uint8_t* bytesAt(CUdeviceptr onDevice) {
  return reinterpret_cast<uint8_t*>(static_cast<uintptr_t>(onDevice));
}

const Samples& samplesOf(const MaskBatch& batch) { return *std::get_if<Samples>(&batch.masks); }

// The images of `batch` in rows from `row` on are those of a batch that begins there.
KernelSample sampleFrom(const MaskBatch& batch, size_t i, size_t row) {
  KernelSample sample = kernelSampleOf(samplesOf(batch)[i], batch.height, batch.width);
  sample.x.origin += row * sample.x.down;
  sample.y.origin += row * sample.y.down;
  sample.units.x.origin += static_cast<uint32_t>(row) * sample.units.x.down;
  sample.units.y.origin += static_cast<uint32_t>(row) * sample.units.y.down;
  return sample;
}

// The noise of channels from `channel` and rows from `row` on.
KernelNoise noiseFrom(const MaskBatch& batch, size_t channel, size_t row) {
  KernelNoise noise{};
  noise.kind = static_cast<uint32_t>(batch.noise.kind);
  noise.type = static_cast<uint32_t>(batch.noise.type);
  noise.shared = batch.noise.shared;
  noise.blocks = noiseBlocks(batch.pixels());
  noise.firstPixel = static_cast<uint32_t>(row * static_cast<size_t>(batch.width));
  noise.firstField = batch.noise.shared ? 0 : static_cast<uint32_t>(channel);
  return noise;
}

// A tile of a batch to be masked on the device. Its constants are the samples and, where they are
// needed there, the fill or what noise is drawn from.
class TileLaunch {
 public:
  TileLaunch(const MaskBatch& batch, const Tile& tile) : batch_(batch), tile_(tile) {
    part_.count = tile.samples;
    part_.planes = tile.planes;
    part_.height = static_cast<int32_t>(tile.rows);
    part_.width = batch.width;
    part_.pixelBytes = batch.pixelBytes;
    part_.valueBytes = batch.valueBytes;
    const size_t channel = tile.plane * (batch.pixelBytes / batch.valueBytes);
    if (batch.noise.kind != NoiseKind::kNone) {
      part_.noise = noiseFrom(batch, channel, tile.row);
      part_.fill = reinterpret_cast<const uint8_t*>(batch.noise.channels + 2 * channel);
      fillBytes_ = tile.planes * (batch.pixelBytes / batch.valueBytes) * 2 * sizeof(float);
      keyBytes_ = tile.samples * sizeof(NoiseKey);
    } else {
      part_.fill = batch.fill + tile.plane * batch.pixelBytes;
    }
  }

  // Where the images will lie, which say what is needed.
  void place(const uint8_t* source, uint8_t* target) {
    part_.source = source;
    part_.target = target;
    if (part_.noise.kind == 0) {
      fillBytes_ = needsDeviceFill(part_) ? part_.planes * part_.pixelBytes : 0;
    }
  }

  size_t constantBytes() const { return fillAt() + aligned(fillBytes_ + keyBytes_); }
  // For any source and target.
  size_t mostConstantBytes() const {
    return fillAt() + aligned(std::max(fillBytes_, part_.planes * part_.pixelBytes) + keyBytes_);
  }

  // Puts the constants at `pinned`, from where they are to be copied to `onDevice`.
  void write(uint8_t* pinned, CUdeviceptr onDevice) {
    for (size_t i = 0; i < tile_.samples; ++i) {
      const KernelSample sample = sampleFrom(batch_, tile_.sample + i, tile_.row);
      std::memcpy(pinned + i * sizeof sample, &sample, sizeof sample);
    }
    if (fillBytes_ != 0) std::memcpy(pinned + fillAt(), part_.fill, fillBytes_);
    const size_t keys = fillAt() + fillBytes_;
    for (size_t i = 0; keyBytes_ != 0 && i < tile_.samples; ++i) {
      const NoiseKey key = noiseKeyOf(samplesOf(batch_)[tile_.sample + i]);
      std::memcpy(pinned + keys + i * sizeof key, &key, sizeof key);
    }
    part_.noise.keys = reinterpret_cast<const NoiseKey*>(bytesAt(onDevice + keys));
    part_.samples = reinterpret_cast<const KernelSample*>(bytesAt(onDevice));
    part_.deviceFill = bytesAt(onDevice + fillAt());
  }

  void launch(Device& device, CUstream stream) const {
    KernelParams params = kernelParamsOf(part_);
    const Launch launch = launchOf(params);
    if (launch.function == nullptr) throw TooLarge{};
    void* arguments[] = {&params};
    CUDA_CALL(device.driver, cuLaunchKernel, device.function(kernelNamed(launch.function)),
              launch.gridX, launch.gridY, launch.gridZ, launch.blockX, 1, 1, 0, stream, arguments,
              nullptr);
  }

 private:
  size_t fillAt() const { return aligned(tile_.samples * sizeof(KernelSample)); }

  const MaskBatch& batch_;
  const Tile& tile_;
  Batch part_ = {};
  size_t fillBytes_ = 0;
  size_t keyBytes_ = 0;
};

Tile wholeOf(const MaskBatch& batch) {
  return {0, batch.count, 0, batch.planes, 0, static_cast<size_t>(batch.height)};
}

// A thread's part of applyHost(): tile by tile goes up, is masked in place, and comes down, while
// the thread copies the next one in and the last one out.
class HostWorker {
 public:
  HostWorker(Device& device, const MaskBatch& batch, StagingBuffers& buffers, Wrote& wrote)
      : device_(device),
        batch_(batch),
        buffers_(buffers),
        wrote_(wrote),
        stream_(buffers.stream()) {}

  ~HostWorker() {
    for (Under& under : under_) {
      if (under.memory.pointer == 0) continue;
      try {
        device_.free(under.memory, stream_);
      } catch (const Error&) {
        // Whoever looks at the next call of the driver is told.
      } catch (const std::exception&) {
      }
    }
  }
  HostWorker(const HostWorker&) = delete;
  HostWorker& operator=(const HostWorker&) = delete;

  void start(const Tile& tile) {
    if (!masksAny(tile)) {
      if (batch_.inPlace()) return;
      wrote_ = true;
      forEachPart(tile, [&](size_t begin, size_t, size_t bytes) {
        std::memcpy(batch_.target + begin, batch_.source + begin, bytes);
      });
      return;
    }
    Under& under = under_[next_++ % 2];
    finish(under);
    StagingBuffers::Half& half = buffers_.next();
    buffers_.wait(half);

    TileLaunch launch(batch_, tile);
    const size_t data = launch.mostConstantBytes();
    const size_t dataBytes = tile.samples * tile.planes * tile.rows * batch_.rowBytes();
    buffers_.reserve(half, data + dataBytes);
    if (under.memory.bytes < data + dataBytes) {
      if (under.memory.pointer != 0) device_.free(std::exchange(under.memory, {}), stream_);
      under.memory = device_.allocate(data + dataBytes, stream_);
    }
    const CUdeviceptr images = under.memory.pointer + data;
    launch.place(bytesAt(images), bytesAt(images));
    launch.write(half.pinned, under.memory.pointer);
    forEachPart(tile, [&](size_t begin, size_t offset, size_t bytes) {
      std::memcpy(half.pinned + data + offset, batch_.source + begin, bytes);
    });
    CUDA_CALL(device_.driver, cuMemcpyHtoDAsync, under.memory.pointer, half.pinned,
              data + dataBytes, stream_);
    launch.launch(device_, stream_);
    CUDA_CALL(device_.driver, cuMemcpyDtoHAsync, half.pinned + data, images, dataBytes, stream_);
    buffers_.mark(half, stream_);
    under.tile = &tile;
    under.half = &half;
    under.result = half.pinned + data;
  }

  void finish() {
    for (int i = 0; i < 2; ++i) finish(under_[next_++ % 2]);
  }

 private:
  // A tile that is under way.
  struct Under {
    const Tile* tile = nullptr;
    StagingBuffers::Half* half = nullptr;
    const uint8_t* result = nullptr;
    MemoryBlock memory;
  };

  void finish(Under& under) {
    if (under.tile == nullptr) return;
    buffers_.wait(*under.half);
    wrote_ = true;
    forEachPart(*under.tile, [&](size_t begin, size_t offset, size_t bytes) {
      std::memcpy(batch_.target + begin, under.result + offset, bytes);
    });
    under.tile = nullptr;
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
  Under under_[2];
  size_t next_ = 0;
};

}  // namespace

void apply(Stream& stream, const MaskBatch& batch, const Allocation& source,
           const Allocation& target, Wrote& wrote) {
  if (batch.isEmpty()) return;
  Device& device = target.device();
  const Current current(device);
  const Tile whole = wholeOf(batch);
  TileLaunch launch(batch, whole);
  launch.place(batch.source, batch.target);
  const CUstream on = target.stream();
  stream.order(on, source.stream());
  {
    const ConstantLease constants(stream, launch.constantBytes(), on);
    launch.write(constants.pinned(), constants.onDevice());
    CUDA_CALL(device.driver, cuMemcpyHtoDAsync, constants.onDevice(), constants.pinned(),
              launch.constantBytes(), on);
    launch.launch(device, on);
    wrote = true;
  }
  stream.order(source.stream(), on);
}

void applyHost(Device& device, const MaskBatch& batch, const Staging& staging, Wrote& wrote) {
  if (batch.isEmpty()) return;
  const Current current(device);
  const std::vector<Tile> tiles = tilesOf(batch, pieceBytesOf(batch.bytes(), staging));
  const auto threads = static_cast<unsigned>(std::min<size_t>(staging.threads, tiles.size()));
  Crew crew(device, tiles.size());
  crew.run(staging, threads, std::nullopt, [&](StagingBuffers& buffers) {
    HostWorker worker(device, batch, buffers, wrote);
    while (const auto tile = crew.next()) worker.start(tiles[*tile]);
    worker.finish();
  });
}

}  // namespace gridmask::cuda
