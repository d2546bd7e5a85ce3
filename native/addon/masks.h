// SPDX-License-Identifier: MIT
#pragma once

#include <napi.h>

namespace gridmask::addon {

// Adds the functions that mask, and that say what masks are.
void addMaskFunctions(Napi::Object exports);

}  // namespace gridmask::addon
