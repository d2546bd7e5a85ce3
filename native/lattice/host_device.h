// SPDX-License-Identifier: MIT
//
// The lattice headers hold all that decides which pixel is dropped. They depend on nothing and
// compile for the host and, under nvcc, for the device, so that both backends run the same lines.
#pragma once

#ifdef __CUDACC__
#define GRIDMASK_HD __host__ __device__
#else
#define GRIDMASK_HD
#endif
