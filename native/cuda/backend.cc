// SPDX-License-Identifier: MIT

#include "cuda/backend.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "cuda/lane.h"
#include "cuda/launch.h"
#include "cuda/pieces.h"

namespace gridmask::cuda {
namespace {

// What follows the samples and the fill begins at a multiple of this, as device memory does.
constexpr size_t kAlignment = 256;

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

CUdeviceptr address(const uint8_t* onDevice) {
  return static_cast<CUdeviceptr>(reinterpret_cast<uintptr_t>(onDevice));
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

// A part of a batch to be masked on the device by way of a slot, which takes the samples, where
// they are needed there the fill or what noise is drawn from, and `dataBytes` of images: at the
// same places on the host and on the device, so that one copy uploads them all.
class SlotWork {
 public:
  SlotWork(const MaskBatch& batch, const Piece& piece, Slot& slot, size_t dataBytes) : slot_(slot) {
    batch_.count = piece.samples;
    batch_.planes = piece.planes;
    batch_.height = static_cast<int32_t>(piece.rows);
    batch_.width = batch.width;
    batch_.pixelBytes = batch.pixelBytes;
    batch_.valueBytes = batch.valueBytes;
    const size_t channel = piece.plane * (batch.pixelBytes / batch.valueBytes);
    size_t fillBytes = 0;
    size_t keyBytes = 0;
    if (batch.noise.kind != NoiseKind::kNone) {
      batch_.noise = noiseFrom(batch, channel, piece.row);
      batch_.fill = reinterpret_cast<const uint8_t*>(batch.noise.channels + 2 * channel);
      fillBytes = piece.planes * (batch.pixelBytes / batch.valueBytes) * 2 * sizeof(float);
      keyBytes = piece.samples * sizeof(NoiseKey);
    } else {
      batch_.fill = batch.fill + piece.plane * batch.pixelBytes;
      if (needsDeviceFill(batch_)) fillBytes = piece.planes * batch.pixelBytes;
    }
    const size_t fill = aligned(piece.samples * sizeof(KernelSample));
    const size_t keys = fill + fillBytes;
    data_ = fill + aligned(fillBytes + keyBytes);
    bytes_ = data_ + dataBytes;
    slot.reserve(bytes_);

    for (size_t i = 0; i < piece.samples; ++i) {
      const KernelSample sample = sampleFrom(batch, piece.sample + i, piece.row);
      std::memcpy(slot.pinned() + i * sizeof sample, &sample, sizeof sample);
    }
    std::memcpy(slot.pinned() + fill, batch_.fill, fillBytes);
    for (size_t i = 0; keyBytes != 0 && i < piece.samples; ++i) {
      const NoiseKey key = noiseKeyOf(samplesOf(batch)[piece.sample + i]);
      std::memcpy(slot.pinned() + keys + i * sizeof key, &key, sizeof key);
    }
    batch_.noise.keys = reinterpret_cast<const NoiseKey*>(slot.onDevice() + keys);
    batch_.samples = reinterpret_cast<const KernelSample*>(slot.onDevice());
    batch_.deviceFill = slot.onDevice() + fill;
  }

  // Where the images lie, in bytes from the slot's begin.
  size_t data() const { return data_; }

  // Puts upload and kernel on the stream. What was put there is to be waited for even if this
  // throws.
  void start(Device& device, const uint8_t* source, uint8_t* target, CUstream stream) {
    batch_.source = source;
    batch_.target = target;
    KernelParams params = kernelParamsOf(batch_);
    const Launch launch = launchOf(params);
    if (launch.function == nullptr) throw TooLarge{};
    const CUfunction function = device.function(launch.function);
    slot_.use(stream);
    CUDA_CALL(device.driver, cuMemcpyHtoDAsync, address(slot_.onDevice()), slot_.pinned(), bytes_,
              stream);
    void* arguments[] = {&params};
    CUDA_CALL(device.driver, cuLaunchKernel, function, launch.gridX, launch.gridY, launch.gridZ,
              launch.blockX, 1, 1, 0, stream, arguments, nullptr);
  }

 private:
  Batch batch_ = {};
  Slot& slot_;
  size_t data_;
  size_t bytes_;
};

// The pipeline of applyHost(): in each slot a piece goes up, is masked in place, and comes down.
class HostWork {
 public:
  HostWork(Device& device, const MaskBatch& batch, const Staging& staging, Wrote& wrote)
      : device_(device), batch_(batch), staging_(staging), wrote_(wrote), work_(device) {}

  void run() {
    forEachPiece(batch_.count, batch_.planes, static_cast<size_t>(batch_.height), batch_.rowBytes(),
                 staging_.chunkBytes, [&](const Piece& piece) { start(piece); });
    for (size_t i = 0; i < kSlots; ++i) finish(next_++ % kSlots);
    work_.done();
  }

 private:
  // A host array's side of the copy of a piece: contiguous, or a band of each of its planes.
  template <typename Copy>
  void forEachPart(const Piece& piece, const Copy& copy) const {
    const size_t begin = (piece.sample * batch_.planes + piece.plane) * batch_.planeBytes() +
                         piece.row * batch_.rowBytes();
    const bool wholePlanes = piece.rows == static_cast<size_t>(batch_.height);
    const size_t planes = piece.samples * piece.planes;
    const size_t bytes =
        wholePlanes ? planes * batch_.planeBytes() : piece.rows * batch_.rowBytes();
    for (size_t part = 0; part < (wholePlanes ? 1 : planes); ++part) {
      copy(begin + part * batch_.planeBytes(), part * bytes, bytes);
    }
  }

  bool masksAny(const Piece& piece) const {
    for (size_t i = 0; i < piece.samples; ++i) {
      if ((samplesOf(batch_)[piece.sample + i].flags & PackedSample::kMasked) != 0) return true;
    }
    return false;
  }

  void start(const Piece& piece) {
    if (!masksAny(piece)) {
      if (batch_.inPlace()) return;
      wrote_ = true;
      forEachPart(piece, [&](size_t begin, size_t, size_t bytes) {
        staging_.copy(batch_.target + begin, batch_.source + begin, bytes, staging_.threads);
      });
      return;
    }
    const size_t i = next_++ % kSlots;
    finish(i);
    Slot& slot = work_.lane().slot(i);
    const size_t bytes = piece.samples * piece.planes * piece.rows * batch_.rowBytes();
    SlotWork work(batch_, piece, slot, bytes);
    uint8_t* const pinned = slot.pinned() + work.data();
    uint8_t* const onDevice = slot.onDevice() + work.data();
    forEachPart(piece, [&](size_t begin, size_t offset, size_t partBytes) {
      staging_.copy(pinned + offset, batch_.source + begin, partBytes, staging_.threads);
    });
    work.start(device_, onDevice, onDevice, slot.stream());
    CUDA_CALL(device_.driver, cuMemcpyDtoHAsync, pinned, address(onDevice), bytes, slot.stream());
    pieces_[i] = piece;
    results_[i] = pinned;
  }

  // Takes the result of the piece in slot `i`, if there is one.
  void finish(size_t i) {
    Slot& slot = work_.lane().slot(i);
    if (!slot.busy()) return;
    slot.wait();
    wrote_ = true;
    forEachPart(pieces_[i], [&](size_t begin, size_t offset, size_t bytes) {
      staging_.copy(batch_.target + begin, results_[i] + offset, bytes, staging_.threads);
    });
  }

  Device& device_;
  const MaskBatch& batch_;
  const Staging& staging_;
  Wrote& wrote_;
  Work work_;
  size_t next_ = 0;
  Piece pieces_[kSlots] = {};
  const uint8_t* results_[kSlots] = {};
};

}  // namespace

void apply(Device& device, const MaskBatch& batch, std::optional<CUstream> sourceStream,
           std::optional<CUstream> targetStream, Wrote& wrote) {
  if (batch.isEmpty()) return;
  Work work(device);
  Slot& slot = work.lane().slot(0);
  SlotWork part(batch, {0, batch.count, 0, batch.planes, 0, static_cast<size_t>(batch.height)},
                slot, 0);
  // On the target's own stream, so that others need not wait for ours.
  const CUstream stream = targetStream.value_or(slot.stream());
  slot.use(stream);
  if (sourceStream && *sourceStream != stream) work.lane().order(stream, *sourceStream);
  part.start(device, batch.source, batch.target, stream);
  wrote = true;
  slot.wait();
  work.done();
}

void applyHost(Device& device, const MaskBatch& batch, const Staging& staging, Wrote& wrote) {
  if (!batch.isEmpty()) HostWork(device, batch, staging, wrote).run();
}

void upload(Allocation& allocation, const uint8_t* source, const Staging& staging) {
  Device& device = allocation.device();
  Work work(device);
  size_t next = 0;
  for (size_t begin = 0; begin < allocation.bytes(); begin += staging.chunkBytes) {
    const size_t bytes = std::min(staging.chunkBytes, allocation.bytes() - begin);
    Slot& slot = work.lane().slot(next++ % kSlots);
    slot.wait();
    slot.reserve(bytes, false);
    staging.copy(slot.pinned(), source + begin, bytes, staging.threads);
    slot.use(slot.stream());
    CUDA_CALL(device.driver, cuMemcpyHtoDAsync, allocation.pointer() + begin, slot.pinned(), bytes,
              slot.stream());
  }
  for (size_t i = 0; i < kSlots; ++i) work.lane().slot(i).wait();
  work.done();
}

void download(Allocation& allocation, uint8_t* target, const Staging& staging, Wrote& wrote) {
  Device& device = allocation.device();
  Work work(device);
  struct {
    size_t begin;
    size_t bytes;
  } pieces[kSlots] = {};
  size_t next = 0;
  const auto finish = [&](size_t i) {
    Slot& slot = work.lane().slot(i);
    if (!slot.busy()) return;
    slot.wait();
    wrote = true;
    staging.copy(target + pieces[i].begin, slot.pinned(), pieces[i].bytes, staging.threads);
  };
  for (size_t begin = 0; begin < allocation.bytes(); begin += staging.chunkBytes) {
    const size_t bytes = std::min(staging.chunkBytes, allocation.bytes() - begin);
    const size_t i = next++ % kSlots;
    finish(i);
    Slot& slot = work.lane().slot(i);
    slot.reserve(bytes, false);
    slot.use(slot.stream());
    if (allocation.stream() && begin < kSlots * staging.chunkBytes) {
      work.lane().order(slot.stream(), *allocation.stream());
    }
    CUDA_CALL(device.driver, cuMemcpyDtoHAsync, slot.pinned(), allocation.pointer() + begin, bytes,
              slot.stream());
    pieces[i] = {begin, bytes};
  }
  for (size_t i = 0; i < kSlots; ++i) finish(next++ % kSlots);
  work.done();
}

}  // namespace gridmask::cuda
