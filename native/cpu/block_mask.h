// SPDX-License-Identifier: MIT
//
// A mask row by row, as bits for blocks of pixels.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "cpu/convert.h"
#include "lattice/runs.h"
#include "lattice/turns.h"

namespace gridmask::cpu {

class BlockMask {
 public:
  BlockMask(uint32_t width, const Converter& converter);

  // Row y of a lattice's mask is the next one.
  void start(const Lattice& lattice, int32_t y);

  // The dropped pixels of a row, for Converter::Convert; null where no pixel of any row is dropped.
  // Where the last pixels are no block, theirs are those of the row's last `pixels` pixels.
  const uint16_t* nextRow();

 private:
  bool usesTurns() const { return rowsAtOnce_ > 0; }
  void dropTurns();
  void dropRuns();

  const Converter& converter_;
  const uint32_t width_;
  const uint32_t whole_;  // blocks
  std::unique_ptr<uint16_t[]> dropped_;
  std::unique_ptr<Run[]> runs_;
  Lattice lattice_{};
  int32_t y_ = 0;
  uint32_t rowsAtOnce_ = 0;  // for which turns are exact
  uint32_t rowsLeft_ = 0;
  Turns turnsX_{}, turnsY_{};
  std::optional<RunScanner> scanner_;
};

}  // namespace gridmask::cpu
