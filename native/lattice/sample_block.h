// SPDX-License-Identifier: MIT
//
// Several samples at a time, each in a lane of vectors. What a sample takes by itself, its draws
// and the constants of its lattice, is then shared by all of them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gridmask {

struct DrawSettings;

constexpr size_t kBlockSamples = 8;
template <typename T>
using Lanes = T[kBlockSamples];

// Where the squares of samples lie.
struct alignas(64) LatticeBlock {
  Lanes<uint64_t> d;
  Lanes<uint64_t> l;
  Lanes<uint64_t> deltaX;
  Lanes<uint64_t> deltaY;
  Lanes<double> angle;
};

// All that is drawn for them.
struct SampleBlock : LatticeBlock {
  Lanes<uint64_t> index;
  Lanes<uint64_t> masked;  // all ones, or 0
  Lanes<double> ratio;
  Lanes<uint64_t> unitKey[2];
};

// What numbers of samples are drawn from.
struct alignas(64) CounterBlock {
  Lanes<uint64_t> seed;
  Lanes<uint64_t> epoch;
  Lanes<uint64_t> index;
};

// drawSample() (lattice/sample_draws.h) for the samples of these indices, to the last bit.
void drawBlock(const DrawSettings& settings, SampleBlock& block);

// The first two words that each of them draws from a block of its counter, the first one on top.
void drawWords(const CounterBlock& of, uint32_t block, Lanes<uint64_t>& drawn);

}  // namespace gridmask
