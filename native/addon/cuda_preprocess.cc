// SPDX-License-Identifier: MIT

#include "addon/cuda_preprocess.h"

#include <memory>
#include <optional>
#include <utility>

#include "addon/cuda_memory.h"
#include "addon/cuda_operation.h"
#include "addon/cuda_staging.h"
#include "addon/cuda_tensors.h"
#include "addon/functions.h"
#include "addon/preprocess_arguments.h"
#include "cuda/preprocess.h"

namespace gridmask::addon {
namespace {

bool takesHeader(const Napi::CallbackInfo& info, BatchHeader& header) {
  return info.Length() == PreprocessAt::kCount && readHeader(info[PreprocessAt::kHeader], header);
}

// preprocess(header, source, target, sizes, crops, scales, samples, indices, fill) for two memories
// of one device, or for one and no target or its stream: then it returns a new memory. Done when it
// is on the target's stream.
Napi::Value preprocess(const Napi::CallbackInfo& info) {
  BatchHeader header;
  if (!takesHeader(info, header)) return statusValue(info, kBadArguments);
  return performOn<PreprocessBatch>(
      info.Env(), info[PreprocessAt::kSources], info[PreprocessAt::kTarget], header,
      [&](const Bytes& source, const Bytes& target, PreprocessBatch& batch) {
        return parsePreprocessOnDevice(info, header, source, target, batch);
      },
      cuda::preprocess);
}

// Images on the host for a target on a device.
struct HostImages {
  const cuda::Allocation* target;
  std::optional<cuda::Staging> staging;
  PreprocessBatch batch;
};

Status parseHostImages(const Napi::CallbackInfo& info, HostImages& given) {
  BatchHeader header;
  if (!takesHeader(info, header)) return kBadArguments;
  given.target = memoryOf(info[PreprocessAt::kTarget]);
  given.staging = stagingOf(header);
  if (given.target == nullptr || !given.staging) return kBadArguments;
  return parsePreprocess(info, header, bytesOf(*given.target), given.batch);
}

// preprocessHost(header, sources, target, sizes, crops, scales, samples, indices, fill): the same
// for a list of arrays, as that of the CPU.
Napi::Value preprocessHost(const Napi::CallbackInfo& info) {
  HostImages given;
  const Status parsed = parseHostImages(info, given);
  if (parsed != kDone) return statusValue(info, parsed);
  cuda::Device& device = given.target->device();
  return perform(info, false, device.driver, [&](cuda::Wrote& wrote) {
    cuda::preprocessHost(streamFor(info.Env(), device), given.batch, *given.target, *given.staging,
                         wrote);
  });
}

// Memory that another thread has filled, or why there is none.
struct Uploaded {
  Outcome outcome;
  mutable std::unique_ptr<cuda::Allocation> memory;

  Napi::Value value(Napi::Env env) const {
    return memory ? newMemory(env, std::move(memory)) : outcome.value(env);
  }
};

// uploadImages(header, sources, target, sizes, crops, scales, samples, indices, fill): a promise
// for memory with what the crops need of the images, for preprocess() with `cutSource`. The memory
// is on the target's stream, so that nothing has to be ordered; the target itself may be gone by
// then. The list of sources is lib/'s own.
Napi::Value uploadImages(const Napi::CallbackInfo& info) {
  HostImages given;
  const Status parsed = parseHostImages(info, given);
  if (parsed != kDone) return statusValue(info, parsed);
  auto regions = std::make_shared<const cuda::SourceRegions>(given.batch);
  cuda::Device& device = given.target->device();
  return startAsync(info, [&device, on = given.target->stream(), regions = std::move(regions),
                           staging = *given.staging] {
    Uploaded uploaded;
    uploaded.outcome = Outcome::of(device.driver, [&](cuda::Wrote&) {
      const cuda::Current current(device);
      const cuda::StreamLease lease(device);
      uploaded.memory = cuda::uploadRegions(lease.stream(), *regions, on, staging);
    });
    if (uploaded.outcome.status != kDone) uploaded.memory.reset();
    return uploaded;
  });
}

}  // namespace

void addCudaPreprocessFunctions(Napi::Object functions) {
  addFunction<preprocess>(functions, "preprocess");
  addFunction<preprocessHost>(functions, "preprocessHost");
  addFunction<uploadImages>(functions, "uploadImages");
}

}  // namespace gridmask::addon
