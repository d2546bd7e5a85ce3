// SPDX-License-Identifier: MIT

#include "cuda/driver.h"

#include <memory>

#include "cuda/library.h"

namespace gridmask::cuda {
namespace {

#if defined(_WIN32)
const char* const kSystemLibraries[] = {"nvcuda.dll"};
#else
// The second name is the link of a development package.
const char* const kSystemLibraries[] = {"libcuda.so.1", "libcuda.so"};
#endif

}  // namespace

Driver* Driver::load(const std::string& path, std::string& problem, std::string& missing) {
  void* library = nullptr;
  if (!path.empty()) {
    library = openLibrary(path.c_str(), false, problem);
  } else {
    for (const char* name : kSystemLibraries) {
      library = openLibrary(name, true, problem);
      if (library != nullptr) break;
    }
  }
  if (library == nullptr) return nullptr;

  auto driver = std::make_unique<Driver>();
#define GRIDMASK_CUDA_RESOLVE(name, symbol, parameters)                               \
  driver->name = reinterpret_cast<decltype(driver->name)>(symbolIn(library, symbol)); \
  if (driver->name == nullptr && missing.empty()) missing = symbol;
  GRIDMASK_CUDA_CALLS(GRIDMASK_CUDA_RESOLVE)
#undef GRIDMASK_CUDA_RESOLVE
#define GRIDMASK_CUDA_RESOLVE_OPTIONAL(name, symbol, parameters) \
  driver->name = reinterpret_cast<decltype(driver->name)>(symbolIn(library, symbol));
  GRIDMASK_CUDA_OPTIONAL_CALLS(GRIDMASK_CUDA_RESOLVE_OPTIONAL)
#undef GRIDMASK_CUDA_RESOLVE_OPTIONAL
  if (!missing.empty()) {
    closeLibrary(library);
    return nullptr;
  }
  driver->library_ = library;
  return driver.release();
}

void* Driver::symbol(const char* name) const { return symbolIn(library_, name); }

std::string Driver::nameOf(CUresult code) const {
  const char* name = nullptr;
  if (cuGetErrorName(code, &name) == CUDA_SUCCESS && name != nullptr) return name;
  return "CUDA error " + std::to_string(code);
}

std::string Driver::textOf(CUresult code) const {
  const char* text = nullptr;
  if (cuGetErrorString(code, &text) == CUDA_SUCCESS && text != nullptr) return text;
  return "";
}

}  // namespace gridmask::cuda
