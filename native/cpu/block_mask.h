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
  // For rows of at least a block.
  BlockMask(uint32_t width, const Converter& converter, Carver& memory);

  // Row y of a lattice's mask is the next one.
  void start(const Lattice& lattice, int32_t y);

  // The dropped pixels of a row, for Converter::Convert; null where no pixel of any row is dropped.
  // Where a row's last pixels are no block, there is one more, of its last pixels.
  const uint16_t* nextRow();

 private:
  void dropPhases();
  void dropRuns();

  const Converter& converter_;
  const uint32_t width_;
  const uint32_t whole_;  // blocks
  uint16_t* const dropped_;
  Run* const runs_;
  Lattice lattice_{};
  int32_t y_ = 0;
  uint32_t rowsAtOnce_ = 0;  // for which phases of 32 bits are exact
  uint32_t rowsLeft_ = 0;
  Phase32 phaseX_{}, phaseY_{};
  std::optional<RunScanner> scanner_;
};

}  // namespace gridmask::cpu
