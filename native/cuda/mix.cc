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
  stream.between(on, source.stream(), [&] {
    stream.start(on);
    wrote = true;
  });
}

void mixHost(Device& device, const MixBatch& batch, const Staging& staging, Wrote& wrote) {
  if (batch.isEmpty()) return;
  const Range range("gridmask.gridmix of arrays");
  const Current current(device);
  asWhole(device, batch, staging, wrote, mix);
}

}  // namespace gridmask::cuda
