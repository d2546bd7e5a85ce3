// SPDX-License-Identifier: MIT
//
// The driver's functions for memory of devices and of the host.

#include <cstring>
#include <memory>
#include <utility>

#include "work.h"

using namespace testdriver;

namespace {

uint64_t addressOf(const void* pointer) {
  return static_cast<uint64_t>(reinterpret_cast<uintptr_t>(pointer));
}

// Addresses are never used again, and lie far apart.
Block& newBlock(Context* context, size_t bytes, Pool* pool) {
  const uint64_t address = world().nextAddress;
  world().nextAddress += (bytes + 4096 + 255) / 256 * 256;
  Block block{context, address, bytes, std::unique_ptr<uint8_t[]>(new uint8_t[bytes])};
  std::memset(block.host.get(), 0xCB, bytes);
  block.pool = pool;
  return world().device.emplace(address, std::move(block)).first->second;
}

bool hasRoom(Context* context, size_t bytes) {
  const size_t memory = world().settings.memory;
  return bytes <= memory && world().used(context) <= memory - bytes;
}

Result unpin(const char* call, void* pointer, bool registered) {
  TRY(world().enter(call));
  Context* context;
  TRY(current(context));
  if (!registered) waitForAll(context);
  const Lock lock(world().mutex);
  const auto found = world().pinned.find(addressOf(pointer));
  if (found == world().pinned.end() || found->second.registered != registered) {
    world().violate(std::string(call) + " of what is not pinned so");
    return kInvalidValue;
  }
  world().pinned.erase(found);
  return kSuccess;
}

}  // namespace

EXPORT Result cuMemAlloc_v2(uint64_t* pointer, size_t bytes) {
  TRY(world().enter("cuMemAlloc"));
  Context* context;
  TRY(current(context));
  if (bytes == 0) return kInvalidValue;
  const Lock lock(world().mutex);
  if (!hasRoom(context, bytes)) return kOutOfMemory;
  *pointer = newBlock(context, bytes, nullptr).begin;
  return kSuccess;
}

EXPORT Result cuMemFree_v2(uint64_t pointer) {
  TRY(world().enter("cuMemFree"));
  Context* context;
  TRY(current(context));
  waitForAll(context);
  const Lock lock(world().mutex);
  const auto found = world().device.find(pointer);
  if (found == world().device.end() || found->second.pool != nullptr) {
    world().violate("cuMemFree of what it did not allocate");
    return kInvalidValue;
  }
  world().device.erase(found);
  return kSuccess;
}

// The properties that this driver reads.
struct PoolProperties {
  int allocation, handles, location, ordinal;
};

EXPORT Result cuMemPoolCreate(Pool** pool, const PoolProperties* properties) {
  TRY(world().enter("cuMemPoolCreate"));
  const Lock lock(world().mutex);
  if (properties->allocation != 1 || properties->handles != 0 || properties->location != 1 ||
      properties->ordinal < 0 || properties->ordinal >= world().settings.devices) {
    world().violate("cuMemPoolCreate with properties that are not sane");
    return kInvalidValue;
  }
  *pool = new Pool{world().contexts.at(static_cast<size_t>(properties->ordinal)).get()};
  world().pools.insert(*pool);
  return kSuccess;
}

EXPORT Result cuMemPoolDestroy(Pool* pool) {
  TRY(world().enter("cuMemPoolDestroy"));
  const Lock lock(world().mutex);
  if (world().pools.erase(pool) == 0) return kInvalidValue;
  delete pool;
  return kSuccess;
}

EXPORT Result cuMemPoolSetAttribute(Pool* pool, int attribute, void* value) {
  TRY(world().enter("cuMemPoolSetAttribute"));
  const Lock lock(world().mutex);
  // The release threshold is the only one that this driver has.
  if (world().pools.count(pool) == 0 || attribute != 4) return kInvalidValue;
  pool->threshold = *static_cast<uint64_t*>(value);
  return kSuccess;
}

EXPORT Result cuMemPoolTrimTo(Pool* pool, size_t keep) {
  TRY(world().enter("cuMemPoolTrimTo"));
  const Lock lock(world().mutex);
  if (world().pools.count(pool) == 0) return kInvalidValue;
  World::trim(*pool, keep);
  return kSuccess;
}

EXPORT Result cuMemAllocFromPoolAsync(uint64_t* pointer, size_t bytes, Pool* pool, Stream* handle) {
  TRY(world().enter("cuMemAllocFromPoolAsync"));
  TRY_STREAM(context, handle, stream);
  if (bytes == 0) return kInvalidValue;
  uint64_t address;
  {
    const Lock lock(world().mutex);
    if (world().pools.count(pool) == 0 || pool->context != context) return kInvalidValue;
    if (pool->live + bytes > pool->reserved) {
      const size_t more = pool->live + bytes - pool->reserved;
      if (!hasRoom(context, more)) return kOutOfMemory;
      pool->reserved += more;
    }
    pool->live += bytes;
    Block& block = newBlock(context, bytes, pool);
    block.ready = false;
    address = block.begin;
  }
  enqueue(stream, kMemory, [address]() -> Result {
    const Lock lock(world().mutex);
    const auto found = world().device.find(address);
    if (found != world().device.end()) found->second.ready = true;
    return kSuccess;
  });
  *pointer = address;
  return kSuccess;
}

// NVIDIA's driver, too, needs a current context only for a default stream.
EXPORT Result cuMemFreeAsync(uint64_t pointer, Stream* handle) {
  TRY(world().enter("cuMemFreeAsync"));
  Context* context;
  Stream* stream;
  if (reinterpret_cast<uintptr_t>(handle) <= 1) {
    TRY(current(context));
    TRY(streamOf(context, handle, stream));
  } else {
    const Lock lock(world().mutex);
    if (world().streams.count(handle) == 0) {
      world().violate("a stream that does not exist");
      return kInvalidHandle;
    }
    stream = handle;
    TRY(stream->context->lost);
  }
  {
    const Lock lock(world().mutex);
    const auto found = world().device.find(pointer);
    if (found == world().device.end() || found->second.pool == nullptr) {
      world().violate("cuMemFreeAsync of what is not allocated");
      return kInvalidValue;
    }
  }
  enqueue(stream, kMemory, [pointer]() -> Result {
    const Lock lock(world().mutex);
    const auto found = world().device.find(pointer);
    if (found == world().device.end() || !found->second.ready) {
      world().violate("a free of what is not allocated then");
      return kIllegalAddress;
    }
    found->second.pool->live -= found->second.bytes;
    world().device.erase(found);
    return kSuccess;
  });
  return kSuccess;
}

EXPORT Result cuMemHostAlloc(void** pointer, size_t bytes, unsigned) {
  TRY(world().enter("cuMemHostAlloc"));
  Context* context;
  TRY(current(context));
  if (bytes == 0) return kInvalidValue;
  auto* memory = new uint8_t[bytes];
  std::memset(memory, 0xCB, bytes);
  const Lock lock(world().mutex);
  world().pinned.emplace(addressOf(memory), Block{context, addressOf(memory), bytes, nullptr});
  *pointer = memory;
  return kSuccess;
}

EXPORT Result cuMemFreeHost(void* pointer) {
  TRY(unpin("cuMemFreeHost", pointer, false));
  delete[] static_cast<uint8_t*>(pointer);
  return kSuccess;
}

EXPORT Result cuMemHostRegister_v2(void* pointer, size_t bytes, unsigned) {
  TRY(world().enter("cuMemHostRegister"));
  Context* context;
  TRY(current(context));
  if (bytes == 0 || pointer == nullptr) return kInvalidValue;
  const Lock lock(world().mutex);
  Block block{context, addressOf(pointer), bytes, nullptr};
  block.registered = true;
  if (!world().pinned.emplace(addressOf(pointer), std::move(block)).second) {
    world().violate("cuMemHostRegister of what is pinned");
    return kInvalidValue;
  }
  return kSuccess;
}

EXPORT Result cuMemHostUnregister(void* pointer) {
  return unpin("cuMemHostUnregister", pointer, true);
}

// Of an address that is not known, all is 0.
EXPORT Result cuPointerGetAttributes(unsigned count, int* attributes, void** values,
                                     uint64_t pointer) {
  TRY(world().enter("cuPointerGetAttributes"));
  Context* context;
  TRY(current(context));
  const Lock lock(world().mutex);
  const Block* block = nullptr;
  for (const auto* blocks : {&world().device, &world().pinned}) {
    for (const auto& [begin, candidate] : *blocks) {
      if (pointer >= begin && pointer - begin < candidate.bytes) block = &candidate;
    }
  }
  for (unsigned i = 0; i < count; ++i) {
    switch (attributes[i]) {
      case 2:
        *static_cast<unsigned*>(values[i]) = block == nullptr ? 0 : block->host ? 2 : 1;
        break;
      case 8:
        *static_cast<unsigned*>(values[i]) = 0;
        break;
      case 9:
        *static_cast<int*>(values[i]) = block == nullptr ? -2 : block->context->ordinal;
        break;
      case 11:
        *static_cast<uint64_t*>(values[i]) = block == nullptr ? 0 : block->begin;
        break;
      case 12:
        *static_cast<size_t*>(values[i]) = block == nullptr ? 0 : block->bytes;
        break;
      default:
        return kInvalidValue;
    }
  }
  return kSuccess;
}
