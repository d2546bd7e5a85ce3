// SPDX-License-Identifier: MIT

#include "lattice/sample_block.h"

#include <cstring>

#include "lattice/instructions.h"
#include "lattice/lanes.h"
#include "lattice/sample_draws.h"

namespace gridmask {

#define GRIDMASK_LANES_FILE "lattice/sample_block.inc"
#include "lattice/lanes_by_set.inc"

void drawBlock(const DrawSettings& settings, SampleBlock& block) {
#ifdef GRIDMASK_WIDE_LANES
  if (hasAvx512()) return avx512::drawBlock(settings, block);
  if (hasAvx2()) return avx2::drawBlock(settings, block);
#endif
  baseline::drawBlock(settings, block);
}

void drawWords(const CounterBlock& of, uint32_t block, Lanes<uint64_t>& drawn) {
#ifdef GRIDMASK_WIDE_LANES
  if (hasAvx512()) return avx512::drawWords(of, block, drawn);
  if (hasAvx2()) return avx2::drawWords(of, block, drawn);
#endif
  baseline::drawWords(of, block, drawn);
}

}  // namespace gridmask
