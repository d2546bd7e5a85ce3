// SPDX-License-Identifier: MIT

#include "cuda/driver.h"

#include <memory>

#if defined(_WIN32)
#ifndef NOMINMAX  // MinGW's C++ library defines it
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <dlfcn.h>
#endif

// glibc 2.34 moved these from libdl to libc under a new version. Under the old one they are found
// in both, so that a build on a new system loads on an old one, where Node itself brings libdl.
#if defined(__GLIBC__) && defined(__x86_64__)
#define GRIDMASK_DL_VERSION "GLIBC_2.2.5"
#elif defined(__GLIBC__) && defined(__aarch64__)
#define GRIDMASK_DL_VERSION "GLIBC_2.17"
#endif
#if defined(GRIDMASK_DL_VERSION)
__asm__(".symver dlopen, dlopen@" GRIDMASK_DL_VERSION);
__asm__(".symver dlsym, dlsym@" GRIDMASK_DL_VERSION);
__asm__(".symver dlclose, dlclose@" GRIDMASK_DL_VERSION);
__asm__(".symver dlerror, dlerror@" GRIDMASK_DL_VERSION);
#endif

namespace gridmask::cuda {
namespace {

#if defined(_WIN32)

const char* const kSystemLibraries[] = {"nvcuda.dll"};

std::wstring wide(const std::string& text) {
  const int length = MultiByteToWideChar(CP_UTF8, 0, text.c_str(), -1, nullptr, 0);
  std::wstring result(static_cast<size_t>(length > 0 ? length : 1), L'\0');
  if (length > 0) MultiByteToWideChar(CP_UTF8, 0, text.c_str(), -1, &result[0], length);
  return result;
}

void* open(const char* name, bool system, std::string& problem) {
  // The system's own folder only: a library of that name in the working directory is not meant.
  void* library = reinterpret_cast<void*>(
      system ? LoadLibraryExW(wide(name).c_str(), nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32)
             : LoadLibraryW(wide(name).c_str()));
  if (library == nullptr) {
    problem = std::string(name) + ": Windows error " + std::to_string(GetLastError());
  }
  return library;
}

void* symbolIn(void* library, const char* symbol) {
  return reinterpret_cast<void*>(GetProcAddress(reinterpret_cast<HMODULE>(library), symbol));
}

void close(void* library) { FreeLibrary(reinterpret_cast<HMODULE>(library)); }

#else

// The second name is that of a development package's link.
const char* const kSystemLibraries[] = {"libcuda.so.1", "libcuda.so"};

void* open(const char* name, bool, std::string& problem) {
  void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr && problem.empty()) {
    const char* text = dlerror();
    problem = text != nullptr ? text : name;
  }
  return library;
}

void* symbolIn(void* library, const char* symbol) { return dlsym(library, symbol); }

void close(void* library) { dlclose(library); }

#endif

}  // namespace

Driver* Driver::load(const std::string& path, std::string& problem, std::string& missing) {
  void* library = nullptr;
  if (!path.empty()) {
    library = open(path.c_str(), false, problem);
  } else {
    for (const char* name : kSystemLibraries) {
      library = open(name, true, problem);
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
    close(library);
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
