// SPDX-License-Identifier: MIT
//
// The kernels of this project on the host, every access checked.
#pragma once

#include <functional>

namespace testdriver {

struct Grid {
  unsigned x, y, z, block;
};

// Null: there is no kernel of that name.
const void* findKernel(const char* name);

// A launch, to be run later. Takes a copy of the parameters now, as a driver does.
std::function<int()> kernelWork(const void* kernel, const void* parameters, Grid grid);

}  // namespace testdriver
