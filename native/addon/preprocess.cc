// SPDX-License-Identifier: MIT

#include "addon/preprocess.h"

#include <utility>

#include "addon/async_call.h"
#include "addon/functions.h"
#include "addon/preprocess_arguments.h"
#include "cpu/preprocess.h"

namespace gridmask::addon {
namespace {

Status parse(const Napi::CallbackInfo& info, BatchHeader& header, PreprocessBatch& batch) {
  if (info.Length() != PreprocessAt::kCount || !readHeader(info[PreprocessAt::kHeader], header)) {
    return kBadArguments;
  }
  const auto target = bytesOf(info[PreprocessAt::kTarget]);
  if (!threadsOf(header) || !target) return kBadArguments;
  return parsePreprocess(info, header, *target, batch);
}

// preprocess(header, sources, target, sizes, crops, scales, samples, indices, fill). The header's
// layout is the target's. `sources` is a list of Uint8Array, Uint8ClampedArray or Float32Array. If
// `samples` is undefined, nothing is masked.
Napi::Value preprocess(const Napi::CallbackInfo& info) {
  BatchHeader header;
  PreprocessBatch batch;
  const Status status = parse(info, header, batch);
  if (status == kDone) cpu::preprocess(std::move(batch), *threadsOf(header));
  return statusValue(info, status);
}

// preprocessAsync(…): a promise, unless it is refused. The list of sources is lib/'s own.
Napi::Value preprocessAsync(const Napi::CallbackInfo& info) {
  BatchHeader header;
  PreprocessBatch batch;
  const Status status = parse(info, header, batch);
  if (status != kDone) return statusValue(info, status);
  return startAsync(info, cpu::preprocessJob(std::move(batch), *threadsOf(header)),
                    poolThreadsOf(header));
}

}  // namespace

void addPreprocessFunctions(Napi::Object exports) {
  addFunction<preprocess>(exports, "preprocess");
  addFunction<preprocessAsync>(exports, "preprocessAsync");
}

}  // namespace gridmask::addon
