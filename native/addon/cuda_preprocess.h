// SPDX-License-Identifier: MIT
#pragma once

#include <napi.h>

namespace gridmask::addon {

// Adds the CUDA functions of Preprocessor to those of addon/cuda.h.
void addCudaPreprocessFunctions(Napi::Object functions);

}  // namespace gridmask::addon
