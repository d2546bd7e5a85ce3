// SPDX-License-Identifier: MIT

#include "work.h"

#include <memory>
#include <utility>
#include <vector>

namespace testdriver {

Result streamOf(Context* context, Stream* handle, Stream*& stream) {
  const auto number = reinterpret_cast<uintptr_t>(handle);
  const Lock lock(world().mutex);
  stream = number <= 1 ? &context->legacy : handle;
  if (number > 1 && world().streams.count(handle) == 0) {
    world().violate("a stream that does not exist");
    return kInvalidHandle;
  }
  if (stream->context != context) {
    world().violate("a stream of another context");
    return kInvalidHandle;
  }
  return kSuccess;
}

void orderWithLegacy(Stream* stream) {
  const Lock lock(world().mutex);
  Context* context = stream->context;
  if (stream == &context->legacy) {
    for (Stream* other : world().streams) {
      if (other->context == context && other->blocking) stream->waitFor(other->mark());
    }
  } else if (stream->blocking) {
    stream->waitFor(context->legacy.mark());
  }
}

void enqueue(Stream* stream, const char* kind, std::function<Result()> work) {
  orderWithLegacy(stream);
  Context* context = stream->context;
  const bool counts = kind != kMemory;
  if (counts) ++world().pending;
  stream->enqueue([context, kind, counts, work = std::move(work)] {
    if (context->lost == kSuccess) {
      Result result = world().failureOf(kind);
      if (result == kSuccess) result = work();
      if (result != kSuccess) context->lost = result;
    }
    if (counts) --world().pending;
  });
}

void waitForAll(Context* context) {
  std::vector<std::shared_ptr<Fence>> fences;
  {
    const Lock lock(world().mutex);
    fences.push_back(context->legacy.mark());
    for (Stream* stream : world().streams) {
      if (stream->context == context) fences.push_back(stream->mark());
    }
  }
  for (const auto& fence : fences) fence->wait();
}

}  // namespace testdriver
