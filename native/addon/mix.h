// SPDX-License-Identifier: MIT
#pragma once

#include <napi.h>

namespace gridmask::addon {

// Adds the functions of GridMix (docs/gridmix.md).
void addMixFunctions(Napi::Object exports);

}  // namespace gridmask::addon
