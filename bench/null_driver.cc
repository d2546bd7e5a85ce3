// SPDX-License-Identifier: MIT
//
// A driver of CUDA that does nothing and is always done, so that what a call takes of JavaScript's
// thread without the driver can be timed on any machine: bench/calls.mjs. The same library is an
// addon, which tells the calls that were made of it.

#include <napi.h>

#include <cstring>
#include <iterator>
#include <string>

#include "cuda/driver.h"

using namespace gridmask::cuda;

namespace {

constexpr const char* kNames[] = {
#define NAME(name, symbol, parameters) #name,
    GRIDMASK_CUDA_CALLS(NAME) GRIDMASK_CUDA_OPTIONAL_CALLS(NAME)
#undef NAME
};
enum Call {
#define CALL(name, symbol, parameters) k_##name,
  GRIDMASK_CUDA_CALLS(CALL) GRIDMASK_CUDA_OPTIONAL_CALLS(CALL)
#undef CALL
};
size_t counts[std::size(kNames)];

// What is handed out as an address or a handle is a number that nobody looks behind.
uintptr_t next = uintptr_t{1} << 40;
template <typename Handle>
CUresult make(Handle* handle) {
  next += uintptr_t{1} << 32;
  *handle = reinterpret_cast<Handle>(next);
  return CUDA_SUCCESS;
}

CUcontext current = nullptr;

Napi::Value calls(const Napi::CallbackInfo& info) {
  const Napi::Object result = Napi::Object::New(info.Env());
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (counts[i] != 0) result.Set(kNames[i], static_cast<double>(counts[i]));
    counts[i] = 0;
  }
  return result;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports["calls"] = Napi::Function::New(env, calls);
  return exports;
}

}  // namespace

NODE_API_MODULE(bench_null_driver, init)

#if defined(_WIN32)
#define EXPORT extern "C" __declspec(dllexport) CUresult GRIDMASK_CUDA_ABI
#else
#define EXPORT extern "C" __attribute__((visibility("default"))) CUresult
#endif

EXPORT cuInit(unsigned) { return CUDA_SUCCESS; }
EXPORT cuDriverGetVersion(int* version) {
  *version = 13000;
  return CUDA_SUCCESS;
}
EXPORT cuGetErrorName(CUresult, const char** name) {
  *name = "CUDA_ERROR";
  return CUDA_SUCCESS;
}
EXPORT cuGetErrorString(CUresult, const char** text) {
  *text = "an error";
  return CUDA_SUCCESS;
}
EXPORT cuDeviceGetCount(int* count) {
  *count = 1;
  return CUDA_SUCCESS;
}
EXPORT cuDeviceGet(CUdevice* device, int ordinal) {
  *device = ordinal;
  return CUDA_SUCCESS;
}
EXPORT cuDeviceGetName(char* name, int bytes, CUdevice) {
  std::strncpy(name, "None", static_cast<size_t>(bytes));
  return CUDA_SUCCESS;
}
EXPORT cuDeviceGetAttribute(int* value, int attribute, CUdevice) {
  *value = attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR   ? 0
           : attribute == CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR ? 9
           : attribute == CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT     ? 132
                                                                       : 1;
  return CUDA_SUCCESS;
}
EXPORT cuDeviceTotalMem_v2(size_t* bytes, CUdevice) {
  *bytes = size_t{80} << 30;
  return CUDA_SUCCESS;
}
EXPORT cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice) { return make(context); }
EXPORT cuDevicePrimaryCtxRelease_v2(CUdevice) { return CUDA_SUCCESS; }
EXPORT cuCtxPushCurrent_v2(CUcontext context) {
  ++counts[k_cuCtxPushCurrent];
  current = context;
  return CUDA_SUCCESS;
}
EXPORT cuCtxPopCurrent_v2(CUcontext* context) {
  ++counts[k_cuCtxPopCurrent];
  *context = current;
  current = nullptr;
  return CUDA_SUCCESS;
}
EXPORT cuCtxGetCurrent(CUcontext* context) {
  ++counts[k_cuCtxGetCurrent];
  *context = current;
  return CUDA_SUCCESS;
}
EXPORT cuModuleLoadData(CUmodule* module, const void*) { return make(module); }
EXPORT cuModuleUnload(CUmodule) { return CUDA_SUCCESS; }
EXPORT cuModuleGetFunction(CUfunction* function, CUmodule, const char*) { return make(function); }
EXPORT cuMemAlloc_v2(CUdeviceptr* pointer, size_t) {
  ++counts[k_cuMemAlloc];
  return make(reinterpret_cast<void**>(pointer));
}
EXPORT cuMemFree_v2(CUdeviceptr) {
  ++counts[k_cuMemFree];
  return CUDA_SUCCESS;
}
EXPORT cuMemHostAlloc(void** pointer, size_t bytes, unsigned) {
  ++counts[k_cuMemHostAlloc];
  *pointer = new char[bytes];
  return CUDA_SUCCESS;
}
EXPORT cuMemFreeHost(void* pointer) {
  ++counts[k_cuMemFreeHost];
  delete[] static_cast<char*>(pointer);
  return CUDA_SUCCESS;
}
EXPORT cuMemHostRegister_v2(void*, size_t, unsigned) { return CUDA_SUCCESS; }
EXPORT cuMemHostUnregister(void*) { return CUDA_SUCCESS; }
EXPORT cuMemcpyHtoDAsync_v2(CUdeviceptr, const void*, size_t, CUstream) {
  ++counts[k_cuMemcpyHtoDAsync];
  return CUDA_SUCCESS;
}
EXPORT cuMemcpyDtoHAsync_v2(void*, CUdeviceptr, size_t, CUstream) {
  ++counts[k_cuMemcpyDtoHAsync];
  return CUDA_SUCCESS;
}
EXPORT cuMemcpyDtoDAsync_v2(CUdeviceptr, CUdeviceptr, size_t, CUstream) {
  ++counts[k_cuMemcpyDtoDAsync];
  return CUDA_SUCCESS;
}
EXPORT cuStreamCreate(CUstream* stream, unsigned) { return make(stream); }
EXPORT cuStreamDestroy_v2(CUstream) { return CUDA_SUCCESS; }
EXPORT cuStreamSynchronize(CUstream) {
  ++counts[k_cuStreamSynchronize];
  return CUDA_SUCCESS;
}
EXPORT cuStreamQuery(CUstream) {
  ++counts[k_cuStreamQuery];
  return CUDA_SUCCESS;
}
EXPORT cuStreamWaitEvent(CUstream, CUevent, unsigned) {
  ++counts[k_cuStreamWaitEvent];
  return CUDA_SUCCESS;
}
EXPORT cuEventCreate(CUevent* event, unsigned) {
  ++counts[k_cuEventCreate];
  return make(event);
}
EXPORT cuEventDestroy_v2(CUevent) { return CUDA_SUCCESS; }
EXPORT cuEventRecord(CUevent, CUstream) {
  ++counts[k_cuEventRecord];
  return CUDA_SUCCESS;
}
EXPORT cuEventQuery(CUevent) {
  ++counts[k_cuEventQuery];
  return CUDA_SUCCESS;
}
EXPORT cuEventSynchronize(CUevent) {
  ++counts[k_cuEventSynchronize];
  return CUDA_SUCCESS;
}
EXPORT cuLaunchKernel(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                      unsigned, CUstream, void**, void**) {
  ++counts[k_cuLaunchKernel];
  return CUDA_SUCCESS;
}
EXPORT cuPointerGetAttributes(unsigned, int*, void**, CUdeviceptr) {
  ++counts[k_cuPointerGetAttributes];
  return CUDA_SUCCESS;
}
EXPORT cuMemPoolCreate(CUmemoryPool* pool, const CUmemPoolProps*) { return make(pool); }
EXPORT cuMemPoolDestroy(CUmemoryPool) { return CUDA_SUCCESS; }
EXPORT cuMemPoolSetAttribute(CUmemoryPool, int, void*) { return CUDA_SUCCESS; }
EXPORT cuMemPoolTrimTo(CUmemoryPool, size_t) { return CUDA_SUCCESS; }
EXPORT cuMemAllocFromPoolAsync(CUdeviceptr* pointer, size_t, CUmemoryPool, CUstream) {
  ++counts[k_cuMemAllocFromPoolAsync];
  return make(reinterpret_cast<void**>(pointer));
}
EXPORT cuMemFreeAsync(CUdeviceptr, CUstream) {
  ++counts[k_cuMemFreeAsync];
  return CUDA_SUCCESS;
}
