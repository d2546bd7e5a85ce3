// SPDX-License-Identifier: MIT
//
// What a launch gets: a grid that covers the batch, constants among its parameters if they fit, and
// numbers as exact as the kernels need them.

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "check.h"
#include "cuda/kernel_sample.h"
#include "cuda/launch.h"
#include "cuda/launch_parts.h"
#include "samples.h"

using namespace gridmask;

namespace {

void launchesStayWithinTheGrid() {
  Random random(9);
  std::vector<uint8_t> fill(size_t{1} << 17);
  const PackedSample sample = randomSample(random);
  const auto anywhere = [](size_t address) { return reinterpret_cast<uint8_t*>(address); };
  cuda::Launch launch;
  for (int i = 0; i < 20000; ++i) {
    cuda::Batch batch{};
    batch.layout = {1,
                    static_cast<size_t>(random.between(1, 3)),
                    random.between(1, kMaxSide),
                    random.between(1, kMaxSide),
                    static_cast<size_t>(random.between(1, 64)),
                    1};
    batch.source = batch.target = anywhere(4096 + static_cast<size_t>(random.between(0, 32)));
    batch.fill = fill.data();
    const bool ready =
        cuda::prepareMask(batch, Samples(&sample), 0, launch) == cuda::Prepared::kReady;
    CHECK(ready);
    const cuda::KernelParams& params = launch.params;
    CHECK(launch.gridX < 0x80000000u && launch.gridY <= 65535 && launch.gridZ == 1);
    if (params.threadsPerBlockRow != 0) {
      CHECK(launch.blockX == params.threadsPerBlockRow && launch.blockX % 2 == 0);
      CHECK(launch.blockX * launch.blockY == params.threadsPerBlock);
      CHECK(params.threadsPerBlock <= cuda::kMaxBlockThreads);
      CHECK(launch.gridX * launch.blockX >= params.vectorsPerRow &&
            (launch.gridX - 1) * launch.blockX < params.vectorsPerRow &&
            params.vectorsPerRow * cuda::kVectorBytes == params.rowBytes);
      // A thread has at most four rows.
      CHECK((launch.gridY - 1) * launch.blockY < params.height &&
            4 * launch.gridY * launch.blockY >= params.height);
    } else {
      CHECK(launch.gridY == 1);
      CHECK(uint64_t{launch.gridX} * launch.blockX >= params.threadsPerSample);
      const uint32_t thread = random.word() % params.threadsPerSample;
      CHECK(cuda::quotient(thread, params.rowReciprocal) == thread / params.vectorsPerRow);
    }
  }
  for (int i = 0; i < 20000; ++i) {
    const auto items =
        static_cast<uint32_t>(random.between(1, random.chance(0.5) ? 70000 : 2000000000));
    CHECK(cuda::setGrid(launch, 7, items));
    CHECK(launch.gridY <= 65535 && launch.gridZ <= 65535);
    CHECK(uint64_t{launch.gridY} * launch.gridZ >= items);
    CHECK(uint64_t{launch.gridY} * launch.gridZ < uint64_t{items} + launch.gridZ);
  }
  cuda::Batch wide{};
  wide.layout = {1, 1, 1, kMaxSide, fill.size(), 4};
  wide.source = wide.target = anywhere(4096);
  wide.fill = fill.data();
  CHECK(cuda::prepareMask(wide, Samples(&sample), 0, launch) == cuda::Prepared::kUnsupported);
}

// Constants that fit are part of the parameters: those of 64 samples are.
void constantsTravelWhileTheyFit() {
  Random random(12);
  std::vector<PackedSample> samples(100);
  for (auto& sample : samples) {
    sample = randomSample(random);
    sample.unitProbability = 1;
  }
  std::vector<int32_t> partner(64);
  for (int32_t i = 0; i < 64; ++i) partner[static_cast<size_t>(i)] = (i + 1) % 64;
  const uint8_t fill[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  auto* const memory = reinterpret_cast<uint8_t*>(size_t{4096});
  cuda::Launch launch;
  const auto travels = [&](size_t count) {
    const cuda::Batch batch{{count, 3, 224, 224, 4, 4}, memory, memory + (1 << 30), fill};
    CHECK(cuda::prepareMask(batch, Samples(samples.data()), 0, launch) == cuda::Prepared::kReady);
    return launch.constants.empty();
  };
  CHECK(travels(1) && travels(64) && travels(68) && !travels(69) && !travels(100));
  MixBatch mix{
      {{64, 3, 224, 224, 4, 4}, memory, memory + (1 << 30)}, samples.data(), partner.data()};
  CHECK(cuda::prepareMix(mix, launch) == cuda::Prepared::kReady && launch.constants.empty());
  mix.target = memory;
  CHECK(cuda::prepareMix(mix, launch) == cuda::Prepared::kReady && launch.constants.empty());
}

// What cuda/kernel_sample.cc promises, by division: for every unit's side.
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
    const Lattice lattice = latticeOf(packed, kMaxSide, random.between(1, kMaxSide));
    const cuda::KernelSample sample = cuda::kernelSampleOf(lattice, 5, firstRow);
    CHECK(sample.number() == 5);
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

void divisionIsExact() {
  Random random(10);
  for (int i = 0; i < 1000000; ++i) {
    const uint32_t d = std::max(1u, random.word() >> random.between(0, 31));
    const uint32_t n =
        random.chance(0.5) ? random.word() >> random.between(0, 31) : random.word() / d * d - 1;
    if (n == UINT32_MAX) continue;
    CHECK(cuda::quotient(n, cuda::reciprocalOf(d)) == n / d);
    const uint32_t last = UINT32_MAX / d;  // (n + 1) * d < 2³²
    const uint32_t shortN = random.chance(0.5) ? n % last : last - 1;
    CHECK(cuda::quotient(shortN, cuda::ShortReciprocal{UINT32_MAX / d}) == shortN / d);
  }
}

}  // namespace

int main() {
  divisionIsExact();
  launchesStayWithinTheGrid();
  constantsTravelWhileTheyFit();
  constantsAreAsExactAsPromised();
}
