// SPDX-License-Identifier: MIT
//
// The driver's functions for devices, contexts, modules and errors.

#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>

#include "calls.h"
#include "kernels.h"

using namespace testdriver;

EXPORT Result cuInit(unsigned) {
  TRY(world().enter("cuInit"));
  const Lock lock(world().mutex);
  const Settings& settings = world().settings;
  if (settings.devices == 0) return kNoDevice;
  while (static_cast<int>(world().contexts.size()) < settings.devices) {
    world().contexts.push_back(std::make_unique<Context>());
    world().contexts.back()->ordinal = static_cast<int>(world().contexts.size()) - 1;
  }
  world().initialized = true;
  return kSuccess;
}

EXPORT Result cuDriverGetVersion(int* version) {
  TRY(world().enter("cuDriverGetVersion"));
  *version = world().settings.version;
  return kSuccess;
}

EXPORT Result cuGetErrorName(Result error, const char** name) {
  switch (error) {
    case kInvalidValue:
      *name = "CUDA_ERROR_INVALID_VALUE";
      return kSuccess;
    case kOutOfMemory:
      *name = "CUDA_ERROR_OUT_OF_MEMORY";
      return kSuccess;
    case kNoDevice:
      *name = "CUDA_ERROR_NO_DEVICE";
      return kSuccess;
    case 209:
      *name = "CUDA_ERROR_NO_BINARY_FOR_GPU";
      return kSuccess;
    case 222:
      *name = "CUDA_ERROR_UNSUPPORTED_PTX_VERSION";
      return kSuccess;
    case kIllegalAddress:
      *name = "CUDA_ERROR_ILLEGAL_ADDRESS";
      return kSuccess;
    case 719:
      *name = "CUDA_ERROR_LAUNCH_FAILED";
      return kSuccess;
    case 999:
      *name = "CUDA_ERROR_UNKNOWN";
      return kSuccess;
    default:
      return kInvalidValue;
  }
}

EXPORT Result cuGetErrorString(Result error, const char** text) {
  *text = "as the test driver was told";
  return error == kSuccess ? kInvalidValue : kSuccess;
}

EXPORT Result cuDeviceGetCount(int* count) {
  TRY(world().enter("cuDeviceGetCount"));
  if (!world().initialized) return kNotInitialized;
  *count = world().settings.devices;
  return kSuccess;
}

EXPORT Result cuDeviceGet(int* device, int ordinal) {
  TRY(world().enter("cuDeviceGet"));
  if (ordinal < 0 || ordinal >= world().settings.devices) return kInvalidDevice;
  *device = ordinal;
  return kSuccess;
}

EXPORT Result cuDeviceGetName(char* name, int bytes, int device) {
  TRY(world().enter("cuDeviceGetName"));
  std::snprintf(name, static_cast<size_t>(bytes), "Test device %d", device);
  return kSuccess;
}

EXPORT Result cuDeviceGetAttribute(int* value, int attribute, int) {
  TRY(world().enter("cuDeviceGetAttribute"));
  const Settings& settings = world().settings;
  *value = attribute == 75    ? settings.major
           : attribute == 76  ? settings.minor
           : attribute == 115 ? settings.pools
                              : 4;
  return kSuccess;
}

EXPORT Result cuDeviceTotalMem_v2(size_t* bytes, int) {
  TRY(world().enter("cuDeviceTotalMem"));
  *bytes = world().settings.memory;
  return kSuccess;
}

EXPORT Result cuDevicePrimaryCtxRetain(Context** context, int device) {
  TRY(world().enter("cuDevicePrimaryCtxRetain"));
  const Lock lock(world().mutex);
  *context = world().contexts.at(static_cast<size_t>(device)).get();
  ++(*context)->retained;
  return kSuccess;
}

EXPORT Result cuDevicePrimaryCtxRelease_v2(int device) {
  TRY(world().enter("cuDevicePrimaryCtxRelease"));
  const Lock lock(world().mutex);
  --world().contexts.at(static_cast<size_t>(device))->retained;
  return kSuccess;
}

EXPORT Result cuCtxPushCurrent_v2(Context* context) {
  TRY(world().enter("cuCtxPushCurrent"));
  const Lock lock(world().mutex);
  if (context == nullptr || context->retained == 0) return kInvalidContext;
  World::stack().push_back(context);
  ++world().pushed;
  return kSuccess;
}

EXPORT Result cuCtxPopCurrent_v2(Context** context) {
  TRY(world().enter("cuCtxPopCurrent"));
  const Lock lock(world().mutex);
  if (World::stack().empty()) return kInvalidContext;
  *context = World::stack().back();
  World::stack().pop_back();
  --world().pushed;
  return kSuccess;
}

EXPORT Result cuCtxGetCurrent(Context** context) {
  TRY(world().enter("cuCtxGetCurrent"));
  *context = World::stack().empty() ? nullptr : World::stack().back();
  return kSuccess;
}

namespace {

std::mutex holding;
std::condition_variable released;
bool held = false;

}  // namespace

// While this is set, modules are not loaded.
EXPORT void holdModules(bool hold) {
  const std::lock_guard<std::mutex> lock(holding);
  held = hold;
  released.notify_all();
}

EXPORT Result cuModuleLoadData(Module** module, const void* image) {
  TRY(world().enter("cuModuleLoadData"));
  Context* context;
  TRY(current(context));
  {
    std::unique_lock<std::mutex> lock(holding);
    released.wait(lock, [] { return !held; });
  }
  uint32_t magic;
  std::memcpy(&magic, image, sizeof magic);
  if (magic != 0xBA55ED50) return kInvalidImage;  // of a fatbin
  const Lock lock(world().mutex);
  *module = new Module{context};
  world().modules.insert(*module);
  return kSuccess;
}

EXPORT Result cuModuleUnload(Module* module) {
  TRY(world().enter("cuModuleUnload"));
  const Lock lock(world().mutex);
  if (world().modules.erase(module) == 0) return kInvalidHandle;
  delete module;
  return kSuccess;
}

EXPORT Result cuModuleGetFunction(const void** function, Module* module, const char* name) {
  TRY(world().enter("cuModuleGetFunction"));
  Context* context;
  TRY(current(context));
  const Lock lock(world().mutex);
  if (world().modules.count(module) == 0 || module->context != context) return kInvalidHandle;
  *function = findKernel(name);
  return *function == nullptr ? kNotFound : kSuccess;
}
