// SPDX-License-Identifier: MIT
//
// What a launch gets: a grid that covers the batch, constants among its parameters if they fit, and
// numbers as exact as the kernels need them.

#include <algorithm>
#include <vector>

#include "check.h"
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
  CHECK(travels(1) && travels(64) && travels(79) && !travels(80) && !travels(100));
  MixBatch mix{{{64, 3, 224, 224, 4, 4}, memory, memory + (1 << 30)},
               Samples(samples.data()),
               partner.data()};
  CHECK(cuda::prepareMix(mix, launch) == cuda::Prepared::kReady && launch.constants.empty());
  mix.target = memory;
  CHECK(cuda::prepareMix(mix, launch) == cuda::Prepared::kReady && launch.constants.empty());
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
}
