// SPDX-License-Identifier: MIT

#include "cuda/mix.h"

#include <memory>

#include "cuda/nvtx.h"

namespace gridmask::cuda {

void mix(Stream& stream, const MixBatch& batch, const Allocation& source, const Allocation& target,
         Wrote& wrote) {
  if (batch.isEmpty()) return;
  const Range range("gridmask.gridmix");
  if (!isToBeDone(prepareMix(batch, stream.launch()))) return;
  const Current current(target.device());
  const CUstream on = target.stream();
  stream.order(on, source.stream());
  stream.start(on);
  wrote = true;
  stream.order(source.stream(), on);
}

void mixHost(Device& device, const MixBatch& batch, const Staging& staging, Wrote& wrote) {
  if (batch.isEmpty()) return;
  const Range range("gridmask.gridmix of arrays");
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
