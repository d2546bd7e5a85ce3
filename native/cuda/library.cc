// SPDX-License-Identifier: MIT

#include "cuda/library.h"

#if defined(_WIN32)
#ifndef NOMINMAX  // MinGW's C++ library defines it
#define NOMINMAX
#endif
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace gridmask::cuda {

#if defined(_WIN32)

namespace {

std::wstring wide(const std::string& text) {
  const int length = MultiByteToWideChar(CP_UTF8, 0, text.c_str(), -1, nullptr, 0);
  std::wstring result(static_cast<size_t>(length > 0 ? length : 1), L'\0');
  if (length > 0) MultiByteToWideChar(CP_UTF8, 0, text.c_str(), -1, &result[0], length);
  return result;
}

}  // namespace

void* openLibrary(const char* name, bool system, std::string& problem) {
  // Only the system's own folder, not a library of that name in the working directory.
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

void closeLibrary(void* library) { FreeLibrary(reinterpret_cast<HMODULE>(library)); }

#else

void* openLibrary(const char* name, bool, std::string& problem) {
  void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr && problem.empty()) {
    const char* text = dlerror();
    problem = text != nullptr ? text : name;
  }
  return library;
}

void* symbolIn(void* library, const char* symbol) { return dlsym(library, symbol); }

void closeLibrary(void* library) { dlclose(library); }

#endif

}  // namespace gridmask::cuda
