// SPDX-License-Identifier: MIT

#include "lattice/sample_block.h"

#include <cstring>

#include "lattice/instructions.h"
#include "lattice/lanes.h"
#include "lattice/sample_draws.h"

namespace gridmask {

namespace baseline {
#define GRIDMASK_TARGET
#define GRIDMASK_VECTOR 16
#include "lattice/sample_block.inc"
#undef GRIDMASK_TARGET
#undef GRIDMASK_VECTOR
}  // namespace baseline

#ifdef GRIDMASK_WIDE_LANES

namespace avx2 {
#define GRIDMASK_TARGET __attribute__((target("avx2")))
#define GRIDMASK_VECTOR 32
#include "lattice/sample_block.inc"
#undef GRIDMASK_TARGET
#undef GRIDMASK_VECTOR
}  // namespace avx2

namespace avx512 {
#define GRIDMASK_TARGET __attribute__((target("avx512f")))
#define GRIDMASK_VECTOR 64
#include "lattice/sample_block.inc"
#undef GRIDMASK_TARGET
#undef GRIDMASK_VECTOR
}  // namespace avx512

#endif

void drawBlock(const DrawSettings& settings, SampleBlock& block) {
#ifdef GRIDMASK_WIDE_LANES
  if (hasAvx512()) return avx512::drawBlock(settings, block);
  if (hasAvx2()) return avx2::drawBlock(settings, block);
#endif
  baseline::drawBlock(settings, block);
}

}  // namespace gridmask
