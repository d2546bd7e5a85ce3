// SPDX-License-Identifier: MIT

#include "kernels.h"

#include <cstring>
#include <mutex>
#include <string>

#include "cuda/host_kernel.h"
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

template <typename Params>
std::function<int()> launchOf(void (*function)(const Params&, uint32_t, uint32_t, uint32_t,
                                               uint32_t),
                              const void* parameters, Grid grid) {
  Params params;
  std::memcpy(&params, parameters, sizeof params);
  return [=] {
    fault = kSuccess;
    for (unsigned z = 0; z < grid.z; ++z) {
      for (unsigned y = 0; y < grid.y; ++y) {
        for (unsigned x = 0; x < grid.x; ++x) {
          for (unsigned thread = 0; thread < grid.block; ++thread) {
            function(params, x, y, z, thread);
          }
        }
      }
    }
    return fault;
  };
}

const void* mixKernel() { return reinterpret_cast<const void*>(hostMixKernel("gridmask_mix")); }

}  // namespace

const void* findKernel(const char* name) {
  static std::once_flag once;
  std::call_once(once, [] { HostMemory::current() = new CheckedMemory; });
  if (hostMixKernel(name) != nullptr) return mixKernel();
  return reinterpret_cast<const void*>(hostKernel(name));
}

std::function<int()> kernelWork(const void* kernel, const void* parameters, Grid grid) {
  if (kernel == mixKernel()) return launchOf(hostMixKernel("gridmask_mix"), parameters, grid);
  return launchOf(reinterpret_cast<HostKernel>(const_cast<void*>(kernel)), parameters, grid);
}

}  // namespace testdriver
