// SPDX-License-Identifier: MIT
//
// Draws and constants of several samples at a time, with every instruction set, against those of
// one.

#include <algorithm>
#include <cstring>
#include <vector>

#include "check.h"
#include "cpu/mask_reader.h"
#include "cuda/kernel_sample.h"
#include "cuda/launch.h"
#include "cuda/launch_parts.h"
#include "kernel_samples.h"
#include "lattice/instructions.h"
#include "lattice/sample_draws.h"
#include "samples.h"

using namespace gridmask;

namespace {

DrawSettings randomSettings(Random& random) {
  DrawSettings settings{};
  settings.ratioMin = random.between(1, 99) / 100.0;
  settings.ratioMax = random.chance(0.5) ? settings.ratioMin : 1;
  settings.unitMin = static_cast<uint32_t>(random.between(1, random.chance(0.5) ? 300 : kMaxUnit));
  settings.unitMax =
      static_cast<uint32_t>(random.between(static_cast<int32_t>(settings.unitMin), kMaxUnit + 1));
  settings.rotate = static_cast<uint32_t>(random.between(0, 360));
  settings.reverse = random.chance(0.5);
  settings.unitProbability = random.chance(0.5) ? 1 : random.uniform();
  settings.probability = random.chance(0.3) ? 1 : random.chance(0.1) ? 0 : random.uniform();
  settings.seed[0] = random.word();
  settings.seed[1] = random.word();
  settings.epoch = random.word();
  return settings;
}

bool isSame(const PackedSample& a, const PackedSample& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

// Of runs and lists of any length and at any place.
void blocksAreDrawnLikeSamples() {
  Random random(1);
  for (int i = 0; i < 3000; ++i) {
    const DrawSettings settings = randomSettings(random);
    const auto count = static_cast<size_t>(random.between(1, 40));
    // Across a word's end.
    const uint64_t begin = (uint64_t{random.word() >> 11} << 32) - (random.word() % 20);
    std::vector<double> indices(count);
    for (double& index : indices) index = static_cast<double>(random.word()) * 1000;
    const bool listed = random.chance(0.5);
    const uint64_t start = random.chance(0.5) ? 0 : begin % (uint64_t{1} << 53);
    const Samples samples(settings, {start, listed ? indices.data() : nullptr});
    const auto expected = [&](size_t k) {
      return drawSample(settings, listed ? static_cast<uint64_t>(indices[k]) : start + k);
    };
    const auto first = static_cast<size_t>(random.between(0, static_cast<int32_t>(count) - 1));
    size_t seen = 0;
    samples.forEach(first, count - first, [&](size_t k, const PackedSample& sample) {
      CHECK(k == seen && isSame(sample, expected(first + k)));
      ++seen;
    });
    CHECK(seen == count - first);
    cpu::MaskReader::State ahead{};
    cpu::MaskReader reader(samples, count, canvasOf(7, 9), ahead);
    for (size_t k = first; k < count; k += random.chance(0.3) ? 0 : 1 + random.word() % 9) {
      reader.goTo(k);
      CHECK(isSame(reader.sample(), expected(k)));
    }
  }
}

std::vector<cuda::KernelSample> constantsIn(const cuda::Launch& launch, size_t count) {
  std::vector<cuda::KernelSample> samples(count);
  if (count == 0) return samples;
  std::memcpy(samples.data(),
              launch.constants.empty() ? launch.params.inlined : launch.constants.data(),
              count * sizeof(cuda::KernelSample));
  return samples;
}

// Numbered from 0 on.
std::vector<cuda::KernelSample> constantsOf(const PackedSample* samples, size_t count,
                                            int32_t height, int32_t width, int32_t firstRow) {
  static cuda::Launch launch;
  const BatchLayout layout{count, 1, height, width, 1, 1};
  cuda::begin(launch, layout, nullptr, nullptr);
  cuda::SampleConstants constants(layout, height, firstRow, launch);
  for (size_t k = 0; k < count; ++k) constants.add(samples[k], static_cast<uint32_t>(k));
  CHECK(constants.end());
  return constantsIn(launch, count);
}

void expectSame(const cuda::KernelSample& found, const PackedSample& sample, int32_t height,
                int32_t width, size_t number, int32_t firstRow) {
  const auto expected =
      kernelSampleOf(latticeOf(sample, height, width), static_cast<uint32_t>(number), firstRow);
  CHECK(std::memcmp(&found, &expected, sizeof expected) == 0);
}

void constantsAreThoseOfSamples() {
  Random random(2);
  cuda::Launch launch;
  for (int i = 0; i < 3000; ++i) {
    const int32_t height = random.between(1, random.chance(0.5) ? 300 : kMaxSide);
    const int32_t width = random.between(1, random.chance(0.5) ? 300 : kMaxSide);
    const int32_t firstRow = random.chance(0.5) ? 0 : random.between(0, height - 1);
    const auto count = static_cast<size_t>(random.between(1, random.chance(0.1) ? 150 : 20));
    std::vector<PackedSample> plan(count);
    for (auto& sample : plan) sample = randomSample(random);
    const auto planned = constantsOf(plan.data(), count, height, width, firstRow);
    for (size_t k = 0; k < count; ++k) {
      expectSame(planned[k], plan[k], height, width, k, firstRow);
    }

    const DrawSettings settings = randomSettings(random);
    const Samples samples(settings, SampleNumbers{random.word()});
    const bool maskedAlone = random.chance(0.5);
    const BatchLayout layout{count, 1, height, width, 1, 1};
    cuda::begin(launch, layout, nullptr, nullptr);
    cuda::SampleConstants constants(layout, height, firstRow, launch);
    samples.forEachBlock(0, count, [&](size_t first, size_t some, const SampleBlock& block) {
      constants.add(block, some, settings, static_cast<uint32_t>(first), maskedAlone);
    });
    const bool any = constants.end();
    std::vector<size_t> worked;
    for (size_t k = 0; k < count; ++k) {
      if (!maskedAlone || (samples[k].flags & PackedSample::kMasked) != 0) worked.push_back(k);
    }
    CHECK(any == !worked.empty() && launch.params.entries == worked.size());
    const auto drawn = constantsIn(launch, worked.size());
    for (size_t at = 0; at < worked.size(); ++at) {
      expectSame(drawn[at], samples[worked[at]], height, width, worked[at], firstRow);
    }
  }
}

// What lattice/phases.inc promises, by division: for every unit's side.
void constantsAreAsExactAsPromised() {
  Random random(13);
  // 2⁶⁴ · part / period, rounded down, and what is cut off in 2⁻³².
  const auto exactly = [](uint64_t part, uint64_t period) {
    const uint64_t high = (part << 32) / period;
    const uint64_t rest = (part << 32) % period;
    return (high << 32) + (rest << 32) / period;
  };
  for (int32_t d = 1; d <= kMaxUnit; ++d) {
    PackedSample packed = randomSample(random);
    packed.flags = PackedSample::kMasked;
    packed.d = d;
    packed.l = random.between(1, d);
    packed.deltaX = random.between(0, d - 1);
    packed.deltaY = random.between(0, d - 1);
    const int32_t firstRow = random.between(0, kMaxSide - 1);
    const int32_t width = random.between(1, kMaxSide);
    const Lattice lattice = latticeOf(packed, kMaxSide, width);
    const cuda::KernelSample sample = constantsOf(&packed, 1, kMaxSide, width, firstRow)[0];
    const int64_t period = lattice.period;
    const auto modulo = [&](int64_t value) {
      return static_cast<uint64_t>(value - floorDiv(value, period) * period);
    };
    // Modulo 2⁶⁴, as close as promised.
    const auto isClose = [&](uint64_t found, uint64_t fraction, int64_t most) {
      CHECK(std::abs(static_cast<int64_t>(fraction - found)) <= most);
    };
    const auto checkAxis = [&](const cuda::KernelAxis& found, const LatticeAxis& axis) {
      const int64_t position = axis.at(cuda::kOriginColumn, firstRow) - lattice.stripe;
      CHECK(std::abs(position) < int64_t{1} << 33);
      isClose(found.origin, exactly(2 * modulo(position) + 1, 2 * lattice.period),
              (std::abs(position) >> 16) + 3);
      isClose(found.across, exactly(modulo(axis.stepX), lattice.period), 2);
      isClose(found.down, exactly(modulo(axis.stepY), lattice.period), 2);
    };
    checkAxis(sample.x, lattice.x);
    checkAxis(sample.y, lattice.y);
    // Within 1/2 + 2⁻¹⁷ of the gap.
    const uint64_t twice = uint64_t{2} * sample.gap * lattice.period;
    const auto off = static_cast<int64_t>(twice - (uint64_t{lattice.gap()} << 33));
    CHECK(std::abs(off) <= period + (period >> 16));
  }
}

}  // namespace

int main() {
  for (const auto name : kInstructionSets) {
    if (!useInstructions(name)) continue;
    blocksAreDrawnLikeSamples();
    constantsAreThoseOfSamples();
    constantsAreAsExactAsPromised();
  }
}
