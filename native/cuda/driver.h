// SPDX-License-Identifier: MIT
//
// NVIDIA's driver library, loaded when first needed: the addon itself needs no CUDA library. What
// the calls need is declared here, so no CUDA toolkit is needed to compile them either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#if defined(_WIN32)
#define GRIDMASK_CUDA_ABI __stdcall
#else
#define GRIDMASK_CUDA_ABI
#endif

namespace gridmask::cuda {

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = struct CUctx_st*;
using CUmodule = struct CUmod_st*;
using CUfunction = struct CUfunc_st*;
using CUstream = struct CUstream_st*;
using CUevent = struct CUevent_st*;
using CUmemoryPool = struct CUmemPoolHandle_st*;

// As in cuda.h; fields that are not named are zero.
struct CUmemPoolProps {
  int allocType;
  int handleTypes;
  int locationType;
  int locationId;
  void* win32SecurityAttributes;
  unsigned char reserved[64];
};

// The values of cuda.h that are used here.
enum : CUresult {
  CUDA_SUCCESS = 0,
  CUDA_ERROR_INVALID_VALUE = 1,
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CUDA_ERROR_STUB_LIBRARY = 34,
  CUDA_ERROR_NO_DEVICE = 100,
  CUDA_ERROR_INVALID_CONTEXT = 201,
  CUDA_ERROR_NOT_READY = 600,
  CUDA_ERROR_SYSTEM_DRIVER_MISMATCH = 803,
  CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE = 804,
};
enum : int {
  CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
  CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED = 115,
  CU_MEM_ALLOCATION_TYPE_PINNED = 1,
  CU_MEM_LOCATION_TYPE_DEVICE = 1,
  CU_MEMPOOL_ATTR_RELEASE_THRESHOLD = 4,
  CU_POINTER_ATTRIBUTE_MEMORY_TYPE = 2,
  CU_POINTER_ATTRIBUTE_IS_MANAGED = 8,
  CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL = 9,
  CU_POINTER_ATTRIBUTE_RANGE_START_ADDR = 11,
  CU_POINTER_ATTRIBUTE_RANGE_SIZE = 12,
};
enum : unsigned {
  CU_MEMORYTYPE_HOST = 1,
  CU_MEMORYTYPE_DEVICE = 2,
  CU_STREAM_NON_BLOCKING = 1,
  CU_EVENT_BLOCKING_SYNC = 1,
  CU_EVENT_DISABLE_TIMING = 2,
};

// Each call with its name in code, its symbol in the library, and its parameters. If a call was
// revised, its plain symbol is the old version: cuda.h maps the name to the symbol given here. All
// are in every driver since CUDA 7.
#define GRIDMASK_CUDA_CALLS(CALL)                                                                  \
  CALL(cuInit, "cuInit", (unsigned flags))                                                         \
  CALL(cuDriverGetVersion, "cuDriverGetVersion", (int* version))                                   \
  CALL(cuGetErrorName, "cuGetErrorName", (CUresult error, const char** name))                      \
  CALL(cuGetErrorString, "cuGetErrorString", (CUresult error, const char** text))                  \
  CALL(cuDeviceGetCount, "cuDeviceGetCount", (int* count))                                         \
  CALL(cuDeviceGet, "cuDeviceGet", (CUdevice * device, int ordinal))                               \
  CALL(cuDeviceGetName, "cuDeviceGetName", (char* name, int bytes, CUdevice device))               \
  CALL(cuDeviceGetAttribute, "cuDeviceGetAttribute", (int* value, int attribute, CUdevice device)) \
  CALL(cuDeviceTotalMem, "cuDeviceTotalMem_v2", (size_t* bytes, CUdevice device))                  \
  CALL(cuDevicePrimaryCtxRetain, "cuDevicePrimaryCtxRetain",                                       \
       (CUcontext * context, CUdevice device))                                                     \
  CALL(cuDevicePrimaryCtxRelease, "cuDevicePrimaryCtxRelease_v2", (CUdevice device))               \
  CALL(cuCtxPushCurrent, "cuCtxPushCurrent_v2", (CUcontext context))                               \
  CALL(cuCtxPopCurrent, "cuCtxPopCurrent_v2", (CUcontext * context))                               \
  CALL(cuCtxGetCurrent, "cuCtxGetCurrent", (CUcontext * context))                                  \
  CALL(cuModuleLoadData, "cuModuleLoadData", (CUmodule * module, const void* image))               \
  CALL(cuModuleUnload, "cuModuleUnload", (CUmodule module))                                        \
  CALL(cuModuleGetFunction, "cuModuleGetFunction",                                                 \
       (CUfunction * function, CUmodule module, const char* name))                                 \
  CALL(cuMemAlloc, "cuMemAlloc_v2", (CUdeviceptr * pointer, size_t bytes))                         \
  CALL(cuMemFree, "cuMemFree_v2", (CUdeviceptr pointer))                                           \
  CALL(cuMemHostAlloc, "cuMemHostAlloc", (void** pointer, size_t bytes, unsigned flags))           \
  CALL(cuMemFreeHost, "cuMemFreeHost", (void* pointer))                                            \
  CALL(cuMemHostRegister, "cuMemHostRegister_v2", (void* pointer, size_t bytes, unsigned flags))   \
  CALL(cuMemHostUnregister, "cuMemHostUnregister", (void* pointer))                                \
  CALL(cuMemcpyHtoDAsync, "cuMemcpyHtoDAsync_v2",                                                  \
       (CUdeviceptr to, const void* from, size_t bytes, CUstream stream))                          \
  CALL(cuMemcpyDtoHAsync, "cuMemcpyDtoHAsync_v2",                                                  \
       (void* to, CUdeviceptr from, size_t bytes, CUstream stream))                                \
  CALL(cuMemcpyDtoDAsync, "cuMemcpyDtoDAsync_v2",                                                  \
       (CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream))                          \
  CALL(cuStreamCreate, "cuStreamCreate", (CUstream * stream, unsigned flags))                      \
  CALL(cuStreamDestroy, "cuStreamDestroy_v2", (CUstream stream))                                   \
  CALL(cuStreamSynchronize, "cuStreamSynchronize", (CUstream stream))                              \
  CALL(cuStreamQuery, "cuStreamQuery", (CUstream stream))                                          \
  CALL(cuStreamWaitEvent, "cuStreamWaitEvent", (CUstream stream, CUevent event, unsigned flags))   \
  CALL(cuEventCreate, "cuEventCreate", (CUevent * event, unsigned flags))                          \
  CALL(cuEventDestroy, "cuEventDestroy_v2", (CUevent event))                                       \
  CALL(cuEventRecord, "cuEventRecord", (CUevent event, CUstream stream))                           \
  CALL(cuEventQuery, "cuEventQuery", (CUevent event))                                              \
  CALL(cuEventSynchronize, "cuEventSynchronize", (CUevent event))                                  \
  CALL(cuLaunchKernel, "cuLaunchKernel",                                                           \
       (CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX,      \
        unsigned blockY, unsigned blockZ, unsigned sharedBytes, CUstream stream,                   \
        void** parameters, void** extra))                                                          \
  CALL(cuPointerGetAttributes, "cuPointerGetAttributes",                                           \
       (unsigned count, int* attributes, void** values, CUdeviceptr pointer))

// The same for calls that older drivers lack, where they are null.
#define GRIDMASK_CUDA_OPTIONAL_CALLS(CALL)                                        \
  CALL(cuMemPoolCreate, "cuMemPoolCreate",                                        \
       (CUmemoryPool * pool, const CUmemPoolProps* properties))                   \
  CALL(cuMemPoolDestroy, "cuMemPoolDestroy", (CUmemoryPool pool))                 \
  CALL(cuMemPoolSetAttribute, "cuMemPoolSetAttribute",                            \
       (CUmemoryPool pool, int attribute, void* value))                           \
  CALL(cuMemPoolTrimTo, "cuMemPoolTrimTo", (CUmemoryPool pool, size_t keep))      \
  CALL(cuMemAllocFromPoolAsync, "cuMemAllocFromPoolAsync",                        \
       (CUdeviceptr * pointer, size_t bytes, CUmemoryPool pool, CUstream stream)) \
  CALL(cuMemFreeAsync, "cuMemFreeAsync", (CUdeviceptr pointer, CUstream stream))

// A call that failed. `call` is a string literal.
struct Error {
  CUresult code;
  const char* call;
};

// One loaded library. Never unloaded, since its calls may be in progress when the process ends.
class Driver {
 public:
#define GRIDMASK_CUDA_MEMBER(name, symbol, parameters) \
  CUresult(GRIDMASK_CUDA_ABI* name) parameters = nullptr;
  GRIDMASK_CUDA_CALLS(GRIDMASK_CUDA_MEMBER)
  GRIDMASK_CUDA_OPTIONAL_CALLS(GRIDMASK_CUDA_MEMBER)
#undef GRIDMASK_CUDA_MEMBER

  // Loads the library at `path`, or the system's if that is empty. `problem` says what went wrong;
  // `missing` is a function that the library lacks.
  static Driver* load(const std::string& path, std::string& problem, std::string& missing);

  // Whether it has the calls for memory pools; a device may still have no pools.
  bool hasPools() const {
    return cuMemPoolCreate != nullptr && cuMemPoolDestroy != nullptr &&
           cuMemPoolSetAttribute != nullptr && cuMemPoolTrimTo != nullptr &&
           cuMemAllocFromPoolAsync != nullptr && cuMemFreeAsync != nullptr;
  }

  // A function that is not among the calls above; null if the library lacks it.
  void* symbol(const char* name) const;

  // CUDA's own name of an error, and its description.
  std::string nameOf(CUresult code) const;
  std::string textOf(CUresult code) const;

 private:
  void* library_ = nullptr;
};

inline void check(CUresult code, const char* call) {
  if (code != CUDA_SUCCESS) throw Error{code, call};
}

// Calls `driver.name(...)` and throws its result unless that is success.
#define CUDA_CALL(driver, name, ...) ::gridmask::cuda::check((driver).name(__VA_ARGS__), #name)

}  // namespace gridmask::cuda
