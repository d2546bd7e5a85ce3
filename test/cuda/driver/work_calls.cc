// SPDX-License-Identifier: MIT
//
// The driver's functions for memory, streams, events and launches.

#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "calls.h"
#include "kernels.h"

using namespace testdriver;

namespace {

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

// The legacy stream and blocking streams wait for each other.
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
  ++world().pending;
  stream->enqueue([context, kind, work = std::move(work)] {
    if (context->lost == kSuccess) {
      Result result = world().failureOf(kind);
      if (result == kSuccess) result = work();
      if (result != kSuccess) context->lost = result;
    }
    --world().pending;
  });
}

// Freeing waits for the device, as the real one does.
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

Result copy(const char* call, uint64_t onDevice, void* onHost, size_t bytes, Stream* handle,
            bool upload) {
  TRY(world().enter(call));
  Context* context;
  Stream* stream;
  TRY(current(context));
  TRY(streamOf(context, handle, stream));
  if (world().translate(onDevice, bytes) == nullptr) {
    world().violate(std::string(call) + " beyond an allocation");
    return kInvalidValue;
  }
  if (!world().isPinned(onHost, bytes)) {
    world().violate(std::string(call) + " with memory that is not pinned");
    return kInvalidValue;
  }
  enqueue(stream, "copy", [=]() -> Result {
    uint8_t* memory = world().translate(onDevice, bytes);
    if (memory == nullptr || !world().isPinned(onHost, bytes)) {
      world().violate("a copy whose memory was freed before it was done");
      return kIllegalAddress;
    }
    if (upload) {
      std::memcpy(memory, onHost, bytes);
    } else {
      std::memcpy(onHost, memory, bytes);
    }
    return kSuccess;
  });
  return kSuccess;
}

}  // namespace

EXPORT Result cuMemAlloc_v2(uint64_t* pointer, size_t bytes) {
  TRY(world().enter("cuMemAlloc"));
  Context* context;
  TRY(current(context));
  if (bytes == 0) return kInvalidValue;
  const Lock lock(world().mutex);
  size_t used = 0;
  for (const auto& [address, block] : world().device) {
    if (block.context == context) used += block.bytes;
  }
  if (bytes > world().settings.memory || used > world().settings.memory - bytes) {
    return kOutOfMemory;
  }
  // Addresses are never used again, and lie far apart.
  *pointer = world().nextAddress;
  world().nextAddress += (bytes + 4096 + 255) / 256 * 256;
  Block block{context, *pointer, bytes, std::unique_ptr<uint8_t[]>(new uint8_t[bytes])};
  std::memset(block.host.get(), 0xCB, bytes);
  world().device.emplace(*pointer, std::move(block));
  return kSuccess;
}

EXPORT Result cuMemFree_v2(uint64_t pointer) {
  TRY(world().enter("cuMemFree"));
  Context* context;
  TRY(current(context));
  waitForAll(context);
  const Lock lock(world().mutex);
  if (world().device.erase(pointer) == 0) {
    world().violate("cuMemFree of what is not allocated");
    return kInvalidValue;
  }
  return kSuccess;
}

EXPORT Result cuMemHostAlloc(void** pointer, size_t bytes, unsigned) {
  TRY(world().enter("cuMemHostAlloc"));
  Context* context;
  TRY(current(context));
  if (bytes == 0) return kInvalidValue;
  auto* memory = new uint8_t[bytes];
  std::memset(memory, 0xCB, bytes);
  const auto address = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(memory));
  const Lock lock(world().mutex);
  world().pinned.emplace(address, Block{context, address, bytes, nullptr});
  *pointer = memory;
  return kSuccess;
}

EXPORT Result cuMemFreeHost(void* pointer) {
  TRY(world().enter("cuMemFreeHost"));
  Context* context;
  TRY(current(context));
  waitForAll(context);
  const Lock lock(world().mutex);
  if (world().pinned.erase(static_cast<uint64_t>(reinterpret_cast<uintptr_t>(pointer))) == 0) {
    world().violate("cuMemFreeHost of what is not allocated");
    return kInvalidValue;
  }
  delete[] static_cast<uint8_t*>(pointer);
  return kSuccess;
}

EXPORT Result cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, Stream* stream) {
  return copy("cuMemcpyHtoDAsync", to, const_cast<void*>(from), bytes, stream, true);
}

EXPORT Result cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, Stream* stream) {
  return copy("cuMemcpyDtoHAsync", from, to, bytes, stream, false);
}

EXPORT Result cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, Stream* handle) {
  TRY(world().enter("cuMemcpyDtoDAsync"));
  Context* context;
  Stream* stream;
  TRY(current(context));
  TRY(streamOf(context, handle, stream));
  enqueue(stream, "copy", [=]() -> Result {
    uint8_t* target = world().translate(to, bytes);
    const uint8_t* source = world().translate(from, bytes);
    if (target == nullptr || source == nullptr) {
      world().violate("cuMemcpyDtoDAsync beyond an allocation");
      return kIllegalAddress;
    }
    std::memcpy(target, source, bytes);
    return kSuccess;
  });
  return kSuccess;
}

EXPORT Result cuStreamCreate(Stream** stream, unsigned flags) {
  TRY(world().enter("cuStreamCreate"));
  Context* context;
  TRY(current(context));
  const Lock lock(world().mutex);
  *stream = new Stream(context, flags == 0);
  world().streams.insert(*stream);
  return kSuccess;
}

EXPORT Result cuStreamDestroy_v2(Stream* stream) {
  TRY(world().enter("cuStreamDestroy"));
  Context* context;
  TRY(current(context));
  {
    const Lock lock(world().mutex);
    if (world().streams.erase(stream) == 0) {
      world().violate("cuStreamDestroy of what does not exist");
      return kInvalidHandle;
    }
  }
  delete stream;
  return kSuccess;
}

EXPORT Result cuStreamSynchronize(Stream* handle) {
  TRY(world().enter("cuStreamSynchronize"));
  Context* context;
  Stream* stream;
  TRY(current(context));
  TRY(streamOf(context, handle, stream));
  orderWithLegacy(stream);
  stream->mark()->wait();
  return context->lost;
}

EXPORT Result cuStreamWaitEvent(Stream* handle, Event* event, unsigned) {
  TRY(world().enter("cuStreamWaitEvent"));
  Context* context;
  Stream* stream;
  TRY(current(context));
  TRY(streamOf(context, handle, stream));
  const Lock lock(world().mutex);
  if (world().events.count(event) == 0) return kInvalidHandle;
  if (event->fence) stream->waitFor(event->fence);
  return kSuccess;
}

EXPORT Result cuEventCreate(Event** event, unsigned) {
  TRY(world().enter("cuEventCreate"));
  Context* context;
  TRY(current(context));
  const Lock lock(world().mutex);
  *event = new Event{context, nullptr, nullptr};
  world().events.insert(*event);
  return kSuccess;
}

EXPORT Result cuEventDestroy_v2(Event* event) {
  TRY(world().enter("cuEventDestroy"));
  Context* context;
  TRY(current(context));
  const Lock lock(world().mutex);
  if (world().events.erase(event) == 0) return kInvalidHandle;
  delete event;
  return kSuccess;
}

EXPORT Result cuEventRecord(Event* event, Stream* handle) {
  TRY(world().enter("cuEventRecord"));
  Context* context;
  Stream* stream;
  TRY(current(context));
  TRY(streamOf(context, handle, stream));
  orderWithLegacy(stream);
  const Lock lock(world().mutex);
  if (world().events.count(event) == 0 || event->context != context) return kInvalidHandle;
  const auto reached = std::make_shared<std::chrono::steady_clock::time_point>();
  stream->enqueue([reached] { *reached = std::chrono::steady_clock::now(); });
  event->fence = stream->mark();
  event->reached = reached;
  return kSuccess;
}

EXPORT Result cuEventElapsedTime(float* milliseconds, Event* begin, Event* end) {
  TRY(world().enter("cuEventElapsedTime"));
  Context* context;
  TRY(current(context));
  const Lock lock(world().mutex);
  for (Event* event : {begin, end}) {
    if (world().events.count(event) == 0 || !event->fence) return kInvalidHandle;
    event->fence->wait();
  }
  const std::chrono::duration<float, std::milli> time = *end->reached - *begin->reached;
  *milliseconds = time.count();
  return kSuccess;
}

EXPORT Result cuLaunchKernel(const void* function, unsigned gridX, unsigned gridY, unsigned gridZ,
                             unsigned blockX, unsigned blockY, unsigned blockZ, unsigned,
                             Stream* handle, void** parameters, void** extra) {
  TRY(world().enter("cuLaunchKernel"));
  Context* context;
  Stream* stream;
  TRY(current(context));
  TRY(streamOf(context, handle, stream));
  if (gridX == 0 || gridX > 0x7FFFFFFF || gridY == 0 || gridY > 65535 || gridZ == 0 ||
      gridZ > 65535 || blockX == 0 || blockX > 1024 || blockY != 1 || blockZ != 1 ||
      extra != nullptr) {
    world().violate("a launch beyond the limits");
    return kInvalidValue;
  }
  enqueue(stream, "kernel", kernelWork(function, parameters[0], {gridX, gridY, gridZ, blockX}));
  return kSuccess;
}

EXPORT Result cuPointerGetAttribute(void* value, int attribute, uint64_t pointer) {
  TRY(world().enter("cuPointerGetAttribute"));
  Context* context;
  TRY(current(context));
  const Lock lock(world().mutex);
  const Block* block = nullptr;
  for (const auto* blocks : {&world().device, &world().pinned}) {
    for (const auto& [begin, candidate] : *blocks) {
      if (pointer >= begin && pointer - begin < candidate.bytes) block = &candidate;
    }
  }
  if (block == nullptr) return kInvalidValue;
  switch (attribute) {
    case 2:
      *static_cast<unsigned*>(value) = block->host ? 2 : 1;
      return kSuccess;
    case 8:
      *static_cast<unsigned*>(value) = 0;
      return kSuccess;
    case 9:
      *static_cast<int*>(value) = block->context->ordinal;
      return kSuccess;
    case 11:
      *static_cast<uint64_t*>(value) = block->begin;
      return kSuccess;
    case 12:
      *static_cast<size_t*>(value) = block->bytes;
      return kSuccess;
    default:
      return kInvalidValue;
  }
}
