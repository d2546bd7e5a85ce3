// SPDX-License-Identifier: MIT
#pragma once

#include <napi.h>

namespace gridmask::addon {

// Adds what Preprocessor asks of CUDA to the functions of addon/cuda.h.
void addCudaPreprocessFunctions(Napi::Object functions);

}  // namespace gridmask::addon
