// SPDX-License-Identifier: MIT
//
// Libraries that are loaded when needed.
#pragma once

#include <string>

namespace gridmask::cuda {

// Null if it cannot be loaded: `problem` then says why, unless it already says something. A
// `system` library is looked for only in the system's own folders.
void* openLibrary(const char* name, bool system, std::string& problem);
void* symbolIn(void* library, const char* symbol);
void closeLibrary(void* library);

}  // namespace gridmask::cuda
