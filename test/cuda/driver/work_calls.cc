// SPDX-License-Identifier: MIT
//
// The driver's functions for copies and launches.

#include <cstring>
#include <string>
#include <vector>

#include "kernels.h"
#include "work.h"

using namespace testdriver;

namespace {

Result copy(const char* call, uint64_t onDevice, void* onHost, size_t bytes, Stream* handle,
            bool upload) {
  TRY(world().enter(call));
  TRY_STREAM(context, handle, stream);
  if (world().translate(onDevice, bytes, true) == nullptr) {
    world().violate(std::string(call) + " beyond an allocation");
    return kInvalidValue;
  }
  if (!world().isPinned(onHost, bytes)) {
    world().violate(std::string(call) + " with memory that is not pinned");
    return kInvalidValue;
  }
  // What is to be uploaded must stay as it is until it has been.
  const auto* bytesOf = static_cast<const uint8_t*>(onHost);
  const std::vector<uint8_t> meant(bytesOf, upload ? bytesOf + bytes : bytesOf);
  enqueue(stream, "copy", [=]() -> Result {
    uint8_t* memory = world().translate(onDevice, bytes);
    if (memory == nullptr || !world().isPinned(onHost, bytes)) {
      world().violate("a copy whose memory was freed before it was done");
      return kIllegalAddress;
    }
    if (upload) {
      if (std::memcmp(meant.data(), onHost, bytes) != 0) {
        world().violate("host memory was written to before its upload was done");
      }
      std::memcpy(memory, onHost, bytes);
    } else {
      std::memcpy(onHost, memory, bytes);
    }
    return kSuccess;
  });
  return kSuccess;
}

}  // namespace

EXPORT Result cuMemcpyHtoDAsync_v2(uint64_t to, const void* from, size_t bytes, Stream* stream) {
  return copy("cuMemcpyHtoDAsync", to, const_cast<void*>(from), bytes, stream, true);
}

EXPORT Result cuMemcpyDtoHAsync_v2(void* to, uint64_t from, size_t bytes, Stream* stream) {
  return copy("cuMemcpyDtoHAsync", from, to, bytes, stream, false);
}

EXPORT Result cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, Stream* handle) {
  TRY(world().enter("cuMemcpyDtoDAsync"));
  TRY_STREAM(context, handle, stream);
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

EXPORT Result cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes, Stream* handle) {
  TRY(world().enter("cuMemsetD8Async"));
  TRY_STREAM(context, handle, stream);
  enqueue(stream, "copy", [=]() -> Result {
    uint8_t* target = world().translate(to, bytes);
    if (target == nullptr) {
      world().violate("cuMemsetD8Async beyond an allocation");
      return kIllegalAddress;
    }
    std::memset(target, value, bytes);
    return kSuccess;
  });
  return kSuccess;
}

EXPORT Result cuLaunchKernel(const void* function, unsigned gridX, unsigned gridY, unsigned gridZ,
                             unsigned blockX, unsigned blockY, unsigned blockZ, unsigned,
                             Stream* handle, void** parameters, void** extra) {
  TRY(world().enter("cuLaunchKernel"));
  TRY_STREAM(context, handle, stream);
  if (gridX == 0 || gridX > 0x7FFFFFFF || gridY == 0 || gridY > 65535 || gridZ == 0 ||
      gridZ > 65535 || blockX == 0 || blockX > 1024 || blockY == 0 || blockY > 1024 ||
      blockX * blockY > 1024 || blockZ != 1 || extra != nullptr) {
    world().violate("a launch beyond the limits");
    return kInvalidValue;
  }
  enqueue(stream, "kernel",
          kernelWork(function, parameters[0], {gridX, gridY, gridZ, blockX * blockY}));
  return kSuccess;
}
