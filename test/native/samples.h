// SPDX-License-Identifier: MIT
//
// Random lattice parameters, and settings to draw them from, that reach every branch: right and odd
// angles, d from 1 to beyond the image, stripes as wide as the unit, reversed and random masks,
// samples that are not masked.
#pragma once

#include <cmath>

#include "check.h"
#include "lattice/lattice.h"
#include "lattice/phase_block.h"
#include "lattice/sample_draws.h"

inline gridmask::PackedSample randomSample(Random& random) {
  gridmask::PackedSample sample{};
  const int kind = random.between(0, 9);
  sample.d = kind == 0   ? random.between(1, 3)
             : kind == 1 ? random.between(1000, gridmask::kMaxUnit)
             : kind < 6  ? random.between(2, 40)
                         : random.between(1, 400);
  sample.ratio = random.between(1, 99) / 100.0;
  sample.l = static_cast<int32_t>(std::ceil(sample.d * sample.ratio));
  sample.deltaX = random.between(0, sample.d - 1);
  sample.deltaY = random.between(0, sample.d - 1);
  const int turn = random.between(0, 2);
  sample.angle = turn == 0   ? 90.0 * random.between(-4, 8)
                 : turn == 1 ? random.between(0, 359)
                             : (random.uniform() - 0.5) * 2000;
  sample.flags = (random.chance(0.9) ? gridmask::PackedSample::kMasked : 0) |
                 (random.chance(0.4) ? gridmask::PackedSample::kReverse : 0);
  sample.unitProbability = random.chance(0.7) ? 1.0 : random.between(0, 10) / 10.0;
  for (int k = 0; k < 2; ++k) {
    sample.unitKey[k] = random.word();
    sample.seed[k] = random.word();
  }
  sample.epoch = random.word();
  sample.index[0] = random.word();
  sample.index[1] = random.word() >> 11;
  return sample;
}

inline gridmask::DrawSettings randomSettings(Random& random) {
  gridmask::DrawSettings settings{};
  settings.ratioMin = random.between(1, 99) / 100.0;
  settings.ratioMax = random.chance(0.5) ? settings.ratioMin : 1;
  settings.unitMin =
      static_cast<uint32_t>(random.between(1, random.chance(0.5) ? 300 : gridmask::kMaxUnit));
  settings.unitMax = static_cast<uint32_t>(
      random.between(static_cast<int32_t>(settings.unitMin), gridmask::kMaxUnit + 1));
  settings.rotate = static_cast<uint32_t>(random.between(0, 360));
  settings.reverse = random.chance(0.5);
  settings.unitProbability = random.chance(0.5) ? 1 : random.uniform();
  settings.probability = random.chance(0.3) ? 1 : random.chance(0.1) ? 0 : random.uniform();
  settings.seed[0] = random.word();
  settings.seed[1] = random.word();
  settings.epoch = random.word();
  return settings;
}

// From a place on the canvas on.
inline gridmask::Phases phasesFrom(const gridmask::PackedSample& sample,
                                   const gridmask::Canvas& canvas) {
  gridmask::LatticeBlock block;
  for (size_t k = 0; k < gridmask::kBlockSamples; ++k) {
    block.d[k] = static_cast<uint64_t>(sample.d);
    block.l[k] = static_cast<uint64_t>(sample.l);
    block.deltaX[k] = static_cast<uint64_t>(sample.deltaX);
    block.deltaY[k] = static_cast<uint64_t>(sample.deltaY);
    block.angle[k] = sample.angle;
  }
  gridmask::PhaseBlock phases;
  gridmask::findPhases(block, canvas, phases);
  return gridmask::phasesOf(phases, 0);
}
