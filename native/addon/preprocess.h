// SPDX-License-Identifier: MIT
//
// The functions of Preprocessor (docs/preprocessor.md).
#pragma once

#include <napi.h>

namespace gridmask::addon {

// The functions that need no device.
void addPreprocessFunctions(Napi::Object exports);

}  // namespace gridmask::addon
