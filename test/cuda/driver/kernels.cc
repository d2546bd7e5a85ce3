// SPDX-License-Identifier: MIT

#include "kernels.h"

#include <cstring>
#include <memory>
#include <mutex>
#include <string>

#include "cuda/memory.h"
#include "host_kernel.h"
#include "world.h"

namespace testdriver {
namespace {

using namespace gridmask::cuda;

// What went wrong in the launch that this thread runs.
thread_local Result fault = kSuccess;

// From a thread's address to the memory behind it.
class CheckedMemory : public HostMemory {
 public:
  void read(const uint8_t* from, void* to, size_t bytes) override {
    uint8_t* memory = checked(from, bytes, "read");
    if (memory != nullptr) {
      std::memcpy(to, memory, bytes);
    } else {
      std::memset(to, 0xEE, bytes);
    }
  }

  void write(uint8_t* to, const void* from, size_t bytes) override {
    uint8_t* memory = checked(to, bytes, "write");
    if (memory != nullptr) std::memcpy(memory, from, bytes);
  }

 private:
  uint8_t* checked(const uint8_t* pointer, size_t bytes, const char* what) {
    const auto address = static_cast<uint64_t>(reinterpret_cast<uintptr_t>(pointer));
    uint8_t* memory = World::get().translate(address, bytes);
    const bool aligned = address % bytes == 0;
    if (memory != nullptr && aligned) return memory;
    if (fault == kSuccess) {
      World::get().violate("kernel: a " + std::string(what) + " of " + std::to_string(bytes) +
                           (aligned ? " bytes out of bounds" : " bytes misaligned"));
      fault = aligned ? kIllegalAddress : kMisalignedAddress;
    }
    return nullptr;
  }
};

}  // namespace

const void* findKernel(const char* name) {
  static std::once_flag once;
  std::call_once(once, [] { HostMemory::current() = new CheckedMemory; });
  for (size_t k = 0; k < kKernels; ++k) {
    if (std::strcmp(name, kKernelNames[k]) == 0) return kKernelNames + k;
  }
  return nullptr;
}

std::function<int()> kernelWork(const void* kernel, const void* parameters, Grid grid) {
  const auto number = static_cast<const char* const*>(kernel) - kKernelNames;
  const HostKernel function = hostKernel(static_cast<Kernel>(number));
  const auto params = std::make_shared<KernelParams>();
  std::memcpy(params.get(), parameters, sizeof *params);
  if (params->threadsPerBlock != grid.block) {
    World::get().violate("kernel: a block of other threads than its parameters say");
  }
  return [=] {
    fault = kSuccess;
    for (unsigned z = 0; z < grid.z; ++z) {
      for (unsigned y = 0; y < grid.y; ++y) {
        for (unsigned x = 0; x < grid.x; ++x) function(*params, {x, y, z});
      }
    }
    return fault;
  };
}

}  // namespace testdriver
