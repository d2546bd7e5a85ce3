// SPDX-License-Identifier: MIT

#include "cpu/kernels.h"

#include <cstring>
#include <type_traits>

#include "cpu/streaming_stores.h"
#include "lattice/instructions.h"
#include "lattice/lanes.h"

// Lets the compiler use vectors although it cannot see that no iteration reads what another wrote.
#if defined(__clang__)
#define GRIDMASK_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define GRIDMASK_INDEPENDENT _Pragma("GCC ivdep")
#else
#define GRIDMASK_INDEPENDENT
#endif

// GCC takes short loops apart before it looks for vectors in them.
#if defined(__GNUC__) && !defined(__clang__)
#define GRIDMASK_WHOLE_LOOP _Pragma("GCC unroll 1")
#else
#define GRIDMASK_WHOLE_LOOP
#endif

#ifdef __GNUC__
#define GRIDMASK_PREFETCH(address) __builtin_prefetch(address)
#define GRIDMASK_PREFETCH_WRITE(address) __builtin_prefetch(address, 1)
#else
#define GRIDMASK_PREFETCH(address) ((void)(address))
#define GRIDMASK_PREFETCH_WRITE(address) ((void)(address))
#endif

#ifdef GRIDMASK_STREAMING
#define GRIDMASK_STREAM streamRuns
#else
#define GRIDMASK_STREAM copyRuns
#endif

namespace gridmask::cpu {

// The architecture's baseline: SSE2 on x86-64, NEON on arm64.
namespace baseline {
#define GRIDMASK_NAME "baseline"
#define GRIDMASK_TARGET
#define GRIDMASK_VECTOR 16
#include "cpu/bit_blend.inc"
#include "cpu/bit_edges.inc"
#include "cpu/bit_masks.inc"
#include "cpu/bit_runs.inc"
#include "cpu/bit_select.inc"
#include "cpu/noise_values.inc"
#include "cpu/simd_kernels.inc"
#undef GRIDMASK_NAME
#undef GRIDMASK_TARGET
#undef GRIDMASK_VECTOR
}  // namespace baseline

#if defined(__x86_64__) && defined(__GNUC__)

namespace avx2 {
#define GRIDMASK_NAME "avx2"
#define GRIDMASK_TARGET __attribute__((target("avx2,bmi2,prfchw")))
#define GRIDMASK_VECTOR 32
#include "cpu/bit_blend.inc"
#include "cpu/bit_edges.inc"
#include "cpu/bit_masks.inc"
#include "cpu/bit_runs.inc"
#include "cpu/bit_select.inc"
#include "cpu/noise_values.inc"
#include "cpu/simd_kernels.inc"
#undef GRIDMASK_NAME
#undef GRIDMASK_TARGET
#undef GRIDMASK_VECTOR
}  // namespace avx2

namespace avx512 {
#define GRIDMASK_NAME "avx512"
#define GRIDMASK_TARGET __attribute__((target("avx2,bmi2,prfchw,avx512f,avx512bw")))
#define GRIDMASK_VECTOR 64
#include "cpu/bit_blend.inc"
#include "cpu/bit_edges.inc"
#include "cpu/bit_masks.inc"
#include "cpu/bit_runs.inc"
#include "cpu/bit_select.inc"
#include "cpu/noise_values.inc"
#include "cpu/simd_kernels.inc"
#undef GRIDMASK_NAME
#undef GRIDMASK_TARGET
#undef GRIDMASK_VECTOR
}  // namespace avx512

#endif

const Kernels* const* availableKernels() {
  static const Kernels* const all[] = {
#if defined(__x86_64__) && defined(__GNUC__)
      &avx512::kTable, &avx2::kTable,
#endif
      &baseline::kTable, nullptr};
#if defined(__x86_64__) && defined(__GNUC__)
  return all + (hasAvx512() ? 0 : hasAvx2() ? 1 : 2);
#else
  return all;
#endif
}

}  // namespace gridmask::cpu
