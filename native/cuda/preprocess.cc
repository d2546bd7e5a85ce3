// SPDX-License-Identifier: MIT

#include "cuda/preprocess.h"

#include "cuda/nvtx.h"
#include "cuda/preprocess_launch.h"

namespace gridmask::cuda {

void preprocess(Stream& stream, const PreprocessBatch& batch, const Allocation& source,
                const Allocation& target, Wrote& wrote) {
  if (batch.isEmpty()) return;
  const Range range("gridmask.preprocess");
  const Readable readable{source.data(), source.data() + source.bytes()};
  if (!isToBeDone(preparePreprocess(batch, readable, stream.launch()))) return;
  const Current current(target.device());
  const CUstream on = target.stream();
  stream.between(on, source.stream(), [&] {
    stream.start(on);
    wrote = true;
  });
}

void preprocessHost(Stream& stream, const PreprocessBatch& batch, const Allocation& target,
                    const Staging& staging, Wrote& wrote) {
  if (batch.isEmpty()) return;
  const SourceRegions regions(batch);
  const auto memory = uploadRegions(stream, regions, target.stream(), staging);
  preprocess(stream, regions.placedAt(memory->data()), *memory, target, wrote);
  memory->free();
}

std::unique_ptr<Allocation> uploadRegions(Stream& stream, const SourceRegions& regions, CUstream on,
                                          const Staging& staging) {
  const Current current(stream.device());
  auto memory = Allocation::create(stream.device(), regions.bytes(), on);
  const uint8_t* const together = regions.asTheyLie();
  if (together != nullptr) {
    upload(stream, *memory, together, staging);
  } else if (regions.bytes() != 0) {
    uploadPieces(stream, *memory, staging,
                 [&](size_t begin, size_t bytes, uint8_t* to) { regions.copy(begin, bytes, to); });
  }
  return memory;
}

}  // namespace gridmask::cuda
