// SPDX-License-Identifier: MIT

#include "cuda/mix.h"

#include <cstring>
#include <memory>
#include <vector>

#include "cuda/launch.h"
#include "cuda/mix_launch.h"

namespace gridmask::cuda {

void mix(Stream& stream, const MixBatch& batch, const Allocation& source, const Allocation& target,
         Wrote& wrote) {
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
  Device& device = target.device();
  const Current current(device);
  const CUstream on = target.stream();
  stream.order(on, source.stream());
  {
    const ConstantLease constants(stream, bytes, on);
    for (size_t i = 0; i < batch.count; ++i) {
      const KernelSample sample = kernelSampleOf(batch.samples[i], batch.height, batch.width);
      std::memcpy(constants.pinned() + i * sizeof sample, &sample, sizeof sample);
    }
    std::memcpy(constants.pinned() + partners, batch.partner, batch.count * sizeof(int32_t));
    if (inPlace) {
      std::memcpy(constants.pinned() + starts, cycles.data(), cycles.size() * sizeof(int32_t));
    }
    const auto numbers = [&](size_t at) {
      return reinterpret_cast<const int32_t*>(static_cast<uintptr_t>(constants.onDevice() + at));
    };
    MixParams params = mixParamsOf(batch, reinterpret_cast<const KernelSample*>(numbers(0)),
                                   numbers(partners), inPlace ? numbers(starts) : nullptr, walks);
    if (params.threadsPerWalk == 0) throw TooLarge{};
    CUDA_CALL(device.driver, cuMemcpyHtoDAsync, constants.onDevice(), constants.pinned(), bytes,
              on);
    void* arguments[] = {&params};
    const uint32_t threads = params.threadsPerBlock;
    CUDA_CALL(device.driver, cuLaunchKernel, device.function(Kernel::gridmask_mix),
              (params.threadsPerWalk + threads - 1) / threads, params.gridY,
              (params.walkCount + params.gridY - 1) / params.gridY, threads, 1, 1, 0, on, arguments,
              nullptr);
    wrote = true;
  }
  stream.order(source.stream(), on);
}

void mixHost(Device& device, const MixBatch& batch, const Staging& staging, Wrote& wrote) {
  if (batch.isEmpty()) return;
  const Current current(device);
  const StreamLease lease(device);
  Stream& stream = lease.stream();
  const auto memory = Allocation::create(device, batch.bytes(), stream.handle());
  upload(stream, *memory, batch.source, staging);
  MixBatch onDevice = batch;
  onDevice.source = memory->data();
  onDevice.target = memory->data();
  Wrote wroteOnDevice{false};
  mix(stream, onDevice, *memory, *memory, wroteOnDevice);
  download(stream, *memory, batch.target, staging, wrote);
  memory->free();
}

}  // namespace gridmask::cuda
