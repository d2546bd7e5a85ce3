// SPDX-License-Identifier: MIT
//
// What lattice/lanes.inc needs outside of any namespace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
// AVX2 and AVX-512 can be had by an attribute.
#define GRIDMASK_WIDE_LANES 1
#elif defined(__aarch64__) && defined(__GNUC__)
#include <arm_neon.h>
#endif
