// SPDX-License-Identifier: MIT
//
// Draws and constants of several samples at a time, with every instruction set, against those of
// one.

#include <algorithm>
#include <cstring>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include "check.h"
#include "cpu/mask_reader.h"
#include "cpu/partners.h"
#include "cuda/kernel_sample.h"
#include "cuda/launch.h"
#include "cuda/launch_parts.h"
#include "kernel_samples.h"
#include "lattice/instructions.h"
#include "lattice/mix.h"
#include "lattice/sample_draws.h"
#include "samples.h"

using namespace gridmask;

namespace {

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
  constants.addAll(Samples(samples), 0, false);
  constants.end();
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
    // Some are their own partners, and count as not masked.
    std::vector<int32_t> partner(count, -1);
    for (size_t k = 0; k < count; ++k) {
      if (random.chance(0.2)) partner[k] = static_cast<int32_t>(k);
    }
    const bool mixes = random.chance(0.5);
    constants.addAll(samples, 0, maskedAlone, mixes ? partner.data() : nullptr);
    std::vector<size_t> worked;
    std::vector<PackedSample> expected(count);
    for (size_t k = 0; k < count; ++k) {
      expected[k] = samples[k];
      if (mixes && partner[k] >= 0) expected[k].flags &= ~PackedSample::kMasked;
      if (!maskedAlone || (expected[k].flags & PackedSample::kMasked) != 0) worked.push_back(k);
    }
    CHECK(constants.count() == worked.size());
    for (size_t at = 0; at < worked.size(); ++at) CHECK(constants.numberAt(at) == worked[at]);
    if (random.chance(0.5)) {
      std::reverse(worked.begin(), worked.end());
      std::vector<uint32_t> from(worked.size());
      std::iota(from.rbegin(), from.rend(), 0);
      constants.reorder(from);
    }
    constants.end();
    CHECK(launch.params.entries == worked.size());
    const auto drawn = constantsIn(launch, worked.size());
    for (size_t at = 0; at < worked.size(); ++at) {
      expectSame(drawn[at], expected[worked[at]], height, width, worked[at], firstRow);
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
    const auto checkAxis = [&](uint64_t origin, uint64_t across, uint64_t down,
                               const LatticeAxis& axis) {
      const int64_t position = axis.at(cuda::kOriginColumn, firstRow) - lattice.stripe;
      CHECK(std::abs(position) < int64_t{1} << 33);
      isClose(origin, exactly(2 * modulo(position) + 1, 2 * lattice.period),
              (std::abs(position) >> 16) + 3);
      isClose(across, exactly(modulo(axis.stepX), lattice.period), 2);
      isClose(down, exactly(modulo(axis.stepY), lattice.period), 2);
    };
    checkAxis(sample.originX, sample.acrossX, sample.downX, lattice.x);
    checkAxis(sample.originY, sample.acrossY, sample.downY(), lattice.y);
    // Within 1/2 + 2⁻¹⁷ of the gap.
    const uint64_t twice = uint64_t{2} * sample.gap * lattice.period;
    const auto off = static_cast<int64_t>(twice - (uint64_t{lattice.gap()} << 33));
    CHECK(std::abs(off) <= period + (period >> 16));
  }
}

// Samples of one seed and of several, and some that draw the same.
void partnersFollowTheWords() {
  Random random(3);
  for (int i = 0; i < 300; ++i) {
    const auto count = static_cast<size_t>(random.between(0, random.chance(0.2) ? 1000 : 20));
    const DrawSettings settings = randomSettings(random);
    const bool drawn = random.chance(0.5);
    std::vector<PackedSample> plan(count);
    const Samples samples =
        drawn ? Samples(settings, SampleNumbers{random.word()}) : Samples(plan.data());
    for (size_t k = 0; k < count; ++k) {
      const bool again = !drawn && k > 0 && random.chance(0.3);
      plan[k] = drawn ? samples[k] : again ? plan[random.word() % k] : randomSample(random);
    }
    std::vector<std::pair<uint64_t, int32_t>> order;
    for (size_t k = 0; k < count; ++k) {
      const auto& [seed, epoch, index] = std::tie(plan[k].seed, plan[k].epoch, plan[k].index);
      const Philox4 words =
          philox4x32({{index[0], index[1], epoch, kPartnerBlock}}, seed[0], seed[1]);
      order.emplace_back(uint64_t{words.word[0]} << 32 | words.word[1], static_cast<int32_t>(k));
    }
    std::sort(order.begin(), order.end());
    std::vector<int32_t> partner(count, -1);
    cpu::drawPartners(samples, count, partner.data());
    for (size_t k = 0; k < count; ++k) {
      CHECK(partner[static_cast<size_t>(order[k].second)] == order[(k + 1) % count].second);
    }
  }
}

}  // namespace

int main() {
  for (const auto name : kInstructionSets) {
    if (!useInstructions(name)) continue;
    blocksAreDrawnLikeSamples();
    partnersFollowTheWords();
    constantsAreThoseOfSamples();
    constantsAreAsExactAsPromised();
  }
}
