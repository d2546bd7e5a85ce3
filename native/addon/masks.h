// SPDX-License-Identifier: MIT
#pragma once

#include <napi.h>

namespace gridmask::addon {

// Adds the functions that mask, draw masks, and count their pixels.
void addMaskFunctions(Napi::Object exports);

}  // namespace gridmask::addon
