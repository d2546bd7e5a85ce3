// SPDX-License-Identifier: MIT

#include "lattice/phase_block.h"

#include <cstring>

#include "lattice/instructions.h"
#include "lattice/lanes.h"

namespace gridmask {

#define GRIDMASK_LANES_FILE "lattice/phase_block.inc"
#include "lattice/lanes_by_set.inc"

void findPhases(const LatticeBlock& block, const Canvas& canvas, PhaseBlock& to) {
  const Turns turns(block);
  const RowsOnCanvas rows{static_cast<double>(canvas.side), static_cast<double>(canvas.left),
                          static_cast<double>(canvas.top)};
#ifdef GRIDMASK_WIDE_LANES
  if (hasAvx512()) return avx512::findPhases(block, turns, rows, to);
  if (hasAvx2()) return avx2::findPhases(block, turns, rows, to);
#endif
  baseline::findPhases(block, turns, rows, to);
}

}  // namespace gridmask
