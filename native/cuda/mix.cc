// SPDX-License-Identifier: MIT

#include "cuda/mix.h"

#include <cstring>
#include <vector>

#include "cuda/lane.h"
#include "cuda/launch.h"
#include "cuda/mix_launch.h"

namespace gridmask::cuda {

void mix(Device& device, const MixBatch& batch, std::optional<CUstream> sourceStream,
         std::optional<CUstream> targetStream, Wrote& wrote) {
  if (batch.isEmpty()) return;
  const bool inPlace = batch.inPlace();
  const std::vector<int32_t> cycles =
      inPlace ? cyclesOf(batch.partner, batch.count) : std::vector<int32_t>();
  const size_t walks = inPlace ? cycles.size() : batch.count;
  if (walks == 0) return;

  // At the same places on the host and on the device: the samples, the partners, the walks.
  const size_t partners = batch.count * sizeof(KernelSample);
  const size_t starts = partners + batch.count * sizeof(int32_t);
  const size_t bytes = starts + cycles.size() * sizeof(int32_t);
  Work work(device);
  Slot& slot = work.lane().slot(0);
  slot.reserve(bytes);
  for (size_t i = 0; i < batch.count; ++i) {
    const KernelSample sample = kernelSampleOf(batch.samples[i], batch.height, batch.width);
    std::memcpy(slot.pinned() + i * sizeof sample, &sample, sizeof sample);
  }
  std::memcpy(slot.pinned() + partners, batch.partner, batch.count * sizeof(int32_t));
  std::memcpy(slot.pinned() + starts, cycles.data(), cycles.size() * sizeof(int32_t));
  const uint8_t* const onDevice = slot.onDevice();
  const auto numbers = [&](size_t at) { return reinterpret_cast<const int32_t*>(onDevice + at); };
  MixParams params = mixParamsOf(batch, reinterpret_cast<const KernelSample*>(onDevice),
                                 numbers(partners), inPlace ? numbers(starts) : nullptr, walks);
  if (params.threadsPerWalk == 0) throw TooLarge{};
  const CUfunction function = device.function("gridmask_mix");

  // On the target's own stream, so that others need not wait for ours.
  const CUstream stream = targetStream.value_or(slot.stream());
  slot.use(stream);
  if (sourceStream && *sourceStream != stream) work.lane().order(stream, *sourceStream);
  CUDA_CALL(device.driver, cuMemcpyHtoDAsync,
            static_cast<CUdeviceptr>(reinterpret_cast<uintptr_t>(onDevice)), slot.pinned(), bytes,
            stream);
  void* arguments[] = {&params};
  const uint32_t threads = params.threadsPerBlock;
  CUDA_CALL(device.driver, cuLaunchKernel, function,
            (params.threadsPerWalk + threads - 1) / threads, params.gridY,
            (params.walkCount + params.gridY - 1) / params.gridY, threads, 1, 1, 0, stream,
            arguments, nullptr);
  wrote = true;
  slot.wait();
  work.done();
}

void mixHost(Device& device, const MixBatch& batch, const Staging& staging, Wrote& wrote) {
  if (batch.isEmpty()) return;
  const auto memory = Allocation::create(device, batch.bytes());
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
