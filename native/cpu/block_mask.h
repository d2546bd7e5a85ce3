// SPDX-License-Identifier: MIT
//
// A mask row by row, as bits for blocks of pixels.
#pragma once

#include <cstdint>
#include <optional>

#include "cpu/convert.h"
#include "cpu/scratch.h"
#include "lattice/phase32.h"
#include "lattice/runs.h"

namespace gridmask::cpu {

class BlockMask {
 public:
  // For rows of at least a block, in blocks of which one begins at column `shift`.
  BlockMask(uint32_t width, uint32_t shift, const Converter& converter, Carver& memory);

  // Row y of a lattice's mask is the next one.
  void start(const Lattice& lattice, int32_t y);

  // The dropped pixels of a row, for Converter::Convert: those of the block at column `shift`, and
  // of all that follow; and of the one before it. What the first and the last block have beyond the
  // row's ends is not defined. Null where no pixel of any row is dropped.
  const uint16_t* nextRow();

 private:
  void dropRuns();

  const Converter& converter_;
  const uint32_t width_;
  const uint32_t before_;  // pixels of the first block that no row has
  const uint32_t count_;   // of blocks
  uint16_t* const dropped_;
  Run* const runs_;
  Lattice lattice_{};
  int32_t y_ = 0;
  uint32_t rowsAtOnce_ = 0;  // for which phases of 32 bits are exact
  uint32_t rowsLeft_ = 0;
  Phase32 phaseX_{}, phaseY_{};
  uint32_t gap_ = 0;
  std::optional<RunScanner> scanner_;
};

}  // namespace gridmask::cpu
