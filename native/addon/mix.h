// SPDX-License-Identifier: MIT
//
// What GridMix asks of the addon (docs/gridmix.md).
#pragma once

#include <napi.h>

namespace gridmask::addon {

// The functions that need no device.
void addMixFunctions(Napi::Env env, Napi::Object exports);

}  // namespace gridmask::addon
