// SPDX-License-Identifier: MIT
#pragma once

#include <napi.h>

namespace gridmask::addon {

// Adds what GridMix asks of the addon (docs/gridmix.md).
void addMixFunctions(Napi::Object exports);

}  // namespace gridmask::addon
