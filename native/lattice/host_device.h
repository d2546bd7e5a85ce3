// SPDX-License-Identifier: MIT
//
// The lattice headers hold all that decides which pixel is dropped. They depend on nothing and
// compile for the host and, under nvcc, for the device, so that both backends run the same lines.
#pragma once

#ifdef __CUDACC__
#define GRIDMASK_HD __host__ __device__
// Loops of kernels that are unrolled whole, or not at all: code takes room in every binary.
#define GRIDMASK_UNROLL _Pragma("unroll")
#define GRIDMASK_NO_UNROLL _Pragma("unroll 1")
// A kernel's parameter that is read where it lies; GPUs before Volta take a copy.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 700
#define GRIDMASK_GRID_CONSTANT
#else
#define GRIDMASK_GRID_CONSTANT __grid_constant__
#endif
#else
#define GRIDMASK_HD
#define GRIDMASK_UNROLL
#define GRIDMASK_NO_UNROLL
#endif
