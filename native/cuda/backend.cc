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

// Constants behind images begin at a multiple of this, as device memory does.
constexpr size_t kAlignment = 256;

size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

CUdeviceptr address(const uint8_t* onDevice) {
  return static_cast<CUdeviceptr>(reinterpret_cast<uintptr_t>(onDevice));
}

// A part of a batch to be masked on the device.
class SlotWork {
 public:
  SlotWork(const HostBatch& batch, const Piece& piece) : batch_(batch), piece_(piece) {}

  // What constants take at most.
  size_t constantBytes() const { return mostConstantBytes(layout()); }

  // Puts the upload, of `bytes` bytes at the slot's begin and of constants behind them, and the
  // kernel on the stream. What was put there is to be waited for even if this throws. False: there is
  // nothing to do.
  bool start(Device& device, Slot& slot, size_t bytes, const uint8_t* source, uint8_t* target,
             CUstream stream) {
    Batch part{layout(), source, target, nullptr, batch_.noise};
    part.firstRow = static_cast<int32_t>(piece_.row);
    part.imageHeight = batch_.height;
    part.firstChannel = piece_.plane * (batch_.pixelBytes / batch_.valueBytes);
    if (batch_.noise.kind == NoiseKind::kNone) {
      part.fill = batch_.fill + piece_.plane * batch_.pixelBytes;
    }
    Launch launch;
    const Prepared prepared = prepareMask(part, batch_.samples, piece_.sample, launch);
    if (prepared == Prepared::kUnsupported) throw TooLarge{};
    if (prepared == Prepared::kNothing) return false;
    const CUfunction function = device.function(launch.kernel);
    const size_t constants = launch.constants.empty() ? 0 : aligned(bytes);
    const size_t uploaded = launch.constants.empty() ? bytes : constants + launch.constants.size();
    if (uploaded != 0) slot.reserve(uploaded);
    if (!launch.constants.empty()) {
      std::memcpy(slot.pinned() + constants, launch.constants.data(), launch.constants.size());
      launch.params.constants = slot.onDevice() + constants;
    }
    slot.use(stream);
    if (uploaded != 0) {
      CUDA_CALL(device.driver, cuMemcpyHtoDAsync, address(slot.onDevice()), slot.pinned(), uploaded,
                stream);
    }
    void* arguments[] = {&launch.params};
    CUDA_CALL(device.driver, cuLaunchKernel, function, launch.gridX, launch.gridY, launch.gridZ,
              launch.blockX, 1, 1, 0, stream, arguments, nullptr);
    return true;
  }

 private:
  BatchLayout layout() const {
    return {piece_.samples, piece_.planes,     static_cast<int32_t>(piece_.rows),
            batch_.width,   batch_.pixelBytes, batch_.valueBytes};
  }

  const HostBatch& batch_;
  const Piece& piece_;
};

// The pipeline of applyHost(): in each slot a piece goes up, is masked in place, and comes down.
class HostWork {
 public:
  HostWork(Device& device, const HostBatch& batch, const Staging& staging, Wrote& wrote)
      : device_(device),
        batch_(batch),
        staging_(staging),
        wrote_(wrote),
        work_(device),
        rowBytes_(static_cast<size_t>(batch.width) * batch.pixelBytes),
        planeBytes_(rowBytes_ * static_cast<size_t>(batch.height)) {}

  void run() {
    forEachPiece(batch_.count, batch_.planes, static_cast<size_t>(batch_.height), rowBytes_,
                 staging_.chunkBytes, [&](const Piece& piece) { start(piece); });
    for (size_t i = 0; i < kSlots; ++i) finish(next_++ % kSlots);
    work_.done();
  }

 private:
  // A host array's side of the copy of a piece: contiguous, or a band of each of its planes.
  template <typename Copy>
  void forEachPart(const Piece& piece, const Copy& copy) const {
    const size_t begin =
        (piece.sample * batch_.planes + piece.plane) * planeBytes_ + piece.row * rowBytes_;
    const bool wholePlanes = piece.rows == static_cast<size_t>(batch_.height);
    const size_t planes = piece.samples * piece.planes;
    const size_t bytes = wholePlanes ? planes * planeBytes_ : piece.rows * rowBytes_;
    for (size_t part = 0; part < (wholePlanes ? 1 : planes); ++part) {
      copy(begin + part * planeBytes_, part * bytes, bytes);
    }
  }

  bool masksAny(const Piece& piece) const {
    for (size_t i = 0; i < piece.samples; ++i) {
      if ((batch_.samples[piece.sample + i].flags & PackedSample::kMasked) != 0) return true;
    }
    return false;
  }

  void start(const Piece& piece) {
    if (!masksAny(piece)) {
      if (batch_.source == batch_.target) return;
      wrote_ = true;
      forEachPart(piece, [&](size_t begin, size_t, size_t bytes) {
        staging_.copy(batch_.target + begin, batch_.source + begin, bytes, staging_.threads);
      });
      return;
    }
    const size_t i = next_++ % kSlots;
    finish(i);
    Slot& slot = work_.lane().slot(i);
    const size_t bytes = piece.samples * piece.planes * piece.rows * rowBytes_;
    SlotWork work(batch_, piece);
    slot.reserve(aligned(bytes) + work.constantBytes());
    uint8_t* const pinned = slot.pinned();
    uint8_t* const onDevice = slot.onDevice();
    forEachPart(piece, [&](size_t begin, size_t offset, size_t partBytes) {
      staging_.copy(pinned + offset, batch_.source + begin, partBytes, staging_.threads);
    });
    work.start(device_, slot, bytes, onDevice, onDevice, slot.stream());
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
  const HostBatch& batch_;
  const Staging& staging_;
  Wrote& wrote_;
  Work work_;
  const size_t rowBytes_;
  const size_t planeBytes_;
  size_t next_ = 0;
  Piece pieces_[kSlots] = {};
  const uint8_t* results_[kSlots] = {};
};

bool isEmpty(const HostBatch& batch) {
  return batch.count == 0 || batch.planes == 0 || batch.height == 0 || batch.width == 0;
}

}  // namespace

void apply(Device& device, const HostBatch& batch, std::optional<CUstream> sourceStream,
           std::optional<CUstream> targetStream, Wrote& wrote) {
  if (isEmpty(batch)) return;
  Work work(device);
  Slot& slot = work.lane().slot(0);
  const Piece whole{0, batch.count, 0, batch.planes, 0, static_cast<size_t>(batch.height)};
  SlotWork part(batch, whole);
  slot.reserve(1, false);  // makes its stream
  // On the target's own stream, so that others need not wait for ours.
  const CUstream stream = targetStream.value_or(slot.stream());
  slot.use(stream);
  if (sourceStream && *sourceStream != stream) work.lane().order(stream, *sourceStream);
  if (part.start(device, slot, 0, batch.source, batch.target, stream)) wrote = true;
  slot.wait();
  work.done();
}

void applyHost(Device& device, const HostBatch& batch, const Staging& staging, Wrote& wrote) {
  if (!isEmpty(batch)) HostWork(device, batch, staging, wrote).run();
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
