// SPDX-License-Identifier: MIT

#include "cuda/mix.h"

#include <algorithm>
#include <cstring>

#include "cuda/lane.h"
#include "cuda/launch.h"

namespace gridmask::cuda {

void mix(Device& device, const MixBatch& batch, std::optional<CUstream> sourceStream,
         std::optional<CUstream> targetStream, Wrote& wrote) {
  if (batch.isEmpty()) return;
  Launch launch;
  const Prepared prepared = prepareMix(batch, launch);
  if (prepared == Prepared::kUnsupported) throw TooLarge{};
  if (prepared == Prepared::kNothing) return;
  Work work(device);
  Slot& slot = work.lane().slot(0);
  const size_t bytes = launch.constants.size();
  slot.reserve(std::max<size_t>(bytes, 1), bytes != 0);
  const CUfunction function = device.function(launch.kernel);

  // On the target's own stream, so that others need not wait for ours.
  const CUstream stream = targetStream.value_or(slot.stream());
  slot.use(stream);
  if (sourceStream && *sourceStream != stream) work.lane().order(stream, *sourceStream);
  if (bytes != 0) {
    std::memcpy(slot.pinned(), launch.constants.data(), bytes);
    launch.params.constants = slot.onDevice();
    CUDA_CALL(device.driver, cuMemcpyHtoDAsync,
              static_cast<CUdeviceptr>(reinterpret_cast<uintptr_t>(slot.onDevice())), slot.pinned(),
              bytes, stream);
  }
  void* arguments[] = {&launch.params};
  CUDA_CALL(device.driver, cuLaunchKernel, function, launch.gridX, launch.gridY, launch.gridZ,
            launch.blockX, 1, 1, 0, stream, arguments, nullptr);
  wrote = true;
  slot.wait();
  work.done();
}

void mixHost(Device& device, const MixBatch& batch, const Staging& staging, Wrote& wrote) {
  if (batch.isEmpty()) return;
  const size_t bytes = batch.count * batch.planes * static_cast<size_t>(batch.height) *
                       static_cast<size_t>(batch.width) * batch.pixelBytes;
  const auto memory = Allocation::create(device, bytes);
  upload(*memory, batch.source, staging);
  MixBatch onDevice = batch;
  onDevice.source = memory->data();
  onDevice.target = memory->data();
  Wrote wroteOnDevice = false;
  mix(device, onDevice, std::nullopt, std::nullopt, wroteOnDevice);
  download(*memory, batch.target, staging, wrote);
  memory->free();
}

}  // namespace gridmask::cuda
