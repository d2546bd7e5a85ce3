// SPDX-License-Identifier: MIT
//
// Memory like a device's, and kernels that run on it on the host. Every access is counted; one that
// strays or is misaligned fails.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "check.h"
#include "cuda/launch.h"
#include "cuda/memory.h"
#include "host_kernel.h"

namespace gridmask {

// Begins at a chosen address modulo 256, as device allocations do at 0. Its block ends where it
// ends, so that a sanitizer sees what strays outside the kernels.
class Memory {
 public:
  explicit Memory(size_t bytes, size_t offset = 0)
      : reads(bytes),
        writes(bytes),
        block_(static_cast<uint8_t*>(::operator new(offset + bytes, kAlignment))),
        data_(block_.get() + offset) {}
  explicit Memory(const std::vector<uint8_t>& bytes, size_t offset = 0)
      : Memory(bytes.size(), offset) {
    if (!bytes.empty()) std::memcpy(data_, bytes.data(), bytes.size());
  }

  uint8_t* data() const { return data_; }
  size_t size() const { return reads.size(); }
  bool contains(const uint8_t* at, size_t bytes) const {
    return at >= data_ && at + bytes <= data_ + size();
  }
  bool holds(const std::vector<uint8_t>& bytes) const {
    return bytes.size() == size() && (size() == 0 || std::memcmp(data_, bytes.data(), size()) == 0);
  }

  // How often a kernel has read and written each byte.
  std::vector<uint8_t> reads, writes;

 private:
  static constexpr std::align_val_t kAlignment{256};
  struct Free {
    void operator()(uint8_t* block) const { ::operator delete(block, kAlignment); }
  };

  std::unique_ptr<uint8_t, Free> block_;
  uint8_t* data_;
};

class WatchedMemory : public cuda::HostMemory {
 public:
  WatchedMemory(Memory& source, Memory& target, const Memory& constants)
      : source_(source), target_(target), constants_(constants) {}

  void read(const uint8_t* from, void* to, size_t bytes) override {
    CHECK(reinterpret_cast<uintptr_t>(from) % bytes == 0);
    if (source_.contains(from, bytes)) {
      count(source_, source_.reads, from, bytes);
      readBytes += bytes;
    } else {
      CHECK(constants_.contains(from, bytes));
    }
    std::memcpy(to, from, bytes);
  }

  void write(uint8_t* to, const void* from, size_t bytes) override {
    CHECK(reinterpret_cast<uintptr_t>(to) % bytes == 0);
    CHECK(target_.contains(to, bytes));
    count(target_, target_.writes, to, bytes);
    ++writeAccesses;
    std::memcpy(to, from, bytes);
  }

  size_t readBytes = 0;
  size_t writeAccesses = 0;

 private:
  static void count(const Memory& memory, std::vector<uint8_t>& times, const uint8_t* at,
                    size_t bytes) {
    for (size_t k = 0; k < bytes; ++k) ++times[static_cast<size_t>(at - memory.data()) + k];
  }

  Memory& source_;
  Memory& target_;
  const Memory& constants_;
};

struct Traffic {
  size_t readBytes, writeAccesses;
};

// Runs a launch on the host, with its constants in separate memory. The last block comes first;
// nothing may depend on the order.
inline Traffic runKernel(const cuda::Launch& launch, Memory& source, Memory& target) {
  CHECK(launch.gridY <= 65535 && launch.gridZ <= 65535 && launch.blockX <= 1024);
  const Memory constants(launch.constants);
  cuda::KernelParams params = launch.params;
  if (!launch.constants.empty()) params.constants = constants.data();
  WatchedMemory watched(source, target, constants);
  cuda::HostMemory* const before = cuda::HostMemory::current();
  cuda::HostMemory::current() = &watched;
  for (uint32_t z = launch.gridZ; z-- > 0;) {
    for (uint32_t y = launch.gridY; y-- > 0;) {
      for (uint32_t x = launch.gridX; x-- > 0;) cuda::hostKernel(launch.kernel)(params, {x, y, z});
    }
  }
  cuda::HostMemory::current() = before;
  return {watched.readBytes, watched.writeAccesses};
}

}  // namespace gridmask
