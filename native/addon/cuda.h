// SPDX-License-Identifier: MIT
//
// The CUDA backend's functions, which lib/cuda.ts calls.
#pragma once

#include <napi.h>

namespace gridmask::addon {

// An object with all of them.
Napi::Object cudaFunctions(Napi::Env env);

}  // namespace gridmask::addon
