// SPDX-License-Identifier: MIT
//
// Calls on batches in memories of a device.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>
#include <utility>

#include "addon/arguments.h"
#include "addon/cuda_memory.h"
#include "addon/cuda_operation.h"

namespace gridmask::addon {

inline Bytes bytesOf(const cuda::Allocation& memory) { return {memory.data(), memory.bytes()}; }

// Does `work(stream, batch, source, target, wrote)` with the memories `sourceValue` and
// `targetValue`, which may be the same. A target that is undefined or a stream, a bigint, is made:
// on our own stream or on that one, as large as the header says. It is what this then returns.
// `parse` reads the batch from their bytes.
template <typename Batch, typename Parse, typename Work>
Napi::Value performOn(const Napi::Env env, const Napi::Value& sourceValue,
                      const Napi::Value& targetValue, const BatchHeader& header, const Parse& parse,
                      const Work& work) {
  // In place both are the same. Checking that is faster than looking into an object.
  const bool inPlace = sourceValue.StrictEquals(targetValue);
  const auto stream = inPlace ? std::nullopt : streamOf(targetValue);
  const bool makes = stream || (!inPlace && targetValue.IsUndefined());
  const cuda::Allocation* source = memoryOf(sourceValue);
  const cuda::Allocation* target = inPlace ? source : makes ? nullptr : memoryOf(targetValue);
  const auto layout = makes ? layoutOf(header) : std::nullopt;
  if (source == nullptr || (makes ? !layout : target == nullptr) ||
      (target != nullptr && &source->device() != &target->device())) {
    return Napi::Number::New(env, kBadArguments);
  }
  cuda::Device& device = source->device();
  Batch batch;
  Status parsed = kDone;
  std::unique_ptr<cuda::Allocation> made;
  const Outcome outcome = Outcome::of(device.driver, [&](cuda::Wrote& wrote) {
    cuda::Stream& own = streamFor(env, device);
    std::optional<cuda::Current> current;
    if (makes) {
      // One for all that follows.
      current.emplace(device);
      made = cuda::Allocation::create(device, layout->bytes(), stream ? *stream : own.handle());
      target = made.get();
    }
    parsed = parse(bytesOf(*source), bytesOf(*target), batch);
    if (parsed == kDone) work(own, batch, *source, *target, wrote);
  });
  if (parsed != kDone) return Napi::Number::New(env, parsed);
  if (outcome.status != kDone || made == nullptr) return outcome.value(env);
  return newMemory(env, std::move(made));
}

}  // namespace gridmask::addon
