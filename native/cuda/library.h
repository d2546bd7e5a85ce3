// SPDX-License-Identifier: MIT
//
// Libraries that are loaded when they are needed.
#pragma once

#include <string>

namespace gridmask::cuda {

// Null where it cannot be loaded: `problem` says why, where it says nothing yet. One of the
// `system` is looked for in the system's own folders only.
void* openLibrary(const char* name, bool system, std::string& problem);
void* symbolIn(void* library, const char* symbol);
void closeLibrary(void* library);

}  // namespace gridmask::cuda
