// SPDX-License-Identifier: MIT
//
// Mixing on the CPU against the definition: by runs and by bits, with every instruction set and any
// number of threads, and counting too.

#include "cpu/mix.h"

#include <algorithm>
#include <vector>

#include "check.h"
#include "cpu/count.h"
#include "cpu/mix_walks.h"
#include "mix_cases.h"

using namespace gridmask;

namespace {

std::vector<double> lambdaOf(const Case& made) {
  const MixBatch& batch = made.batch;
  std::vector<double> lambda;
  for (size_t n = 0; n < batch.count; ++n) {
    const Lattice lattice = latticeOf(made.samples[n], batch.height, batch.width);
    size_t kept = 0;
    for (int32_t y = 0; y < batch.height; ++y) {
      for (int32_t x = 0; x < batch.width; ++x) kept += keepsPixel(lattice, x, y);
    }
    const bool alone = static_cast<size_t>(made.partner[n]) == n;
    lambda.push_back(alone ? 1 : static_cast<double>(kept) / static_cast<double>(batch.pixels()));
  }
  return lambda;
}

// Every instruction set, every strategy to have the mask.
template <typename Use>
void forEachStrategy(const Use& use) {
  for (auto* kernels = cpu::availableKernels(); *kernels != nullptr; ++kernels) {
    for (const cpu::Strategy strategy :
         {cpu::Strategy::kAuto, cpu::Strategy::kRuns, cpu::Strategy::kBits}) {
      use(**kernels, strategy);
    }
  }
}

void testCpu(Random& random) {
  const int all = rounds(400);
  int byBits = 0;
  for (int round = 0; round < all; ++round) {
    Case made = randomCase(random);
    byBits += cpu::hasBitKernel(made.batch.pixelBytes);
    const int offset = random.between(0, 63);
    const uint8_t* const source = made.images.data() + offset;
    const auto threads = static_cast<unsigned>(random.between(1, 6));
    const std::vector<uint8_t> expected = expectedOf(made, source);
    const std::vector<double> expectedLambda = lambdaOf(made);
    forEachStrategy([&](const cpu::Kernels& kernels, cpu::Strategy strategy) {
      std::vector<uint8_t> target(made.bytes);
      std::vector<double> lambda(made.samples.size(), 1);
      cpu::mix(over(made, source, target.data(), lambda.data()), threads, kernels, strategy);
      CHECK(target == expected && lambda == expectedLambda);
      lambda.assign(lambda.size(), 1);
      std::vector<uint8_t> images = made.images;
      uint8_t* const inPlace = images.data() + offset;
      cpu::mix(over(made, inPlace, inPlace, lambda.data()), threads, kernels, strategy);
      CHECK(lambda == expectedLambda);
      CHECK(std::equal(expected.begin(), expected.end(), inPlace));
      std::copy_n(source, made.bytes, inPlace);
      CHECK(images == made.images);
    });
  }
  CHECK(byBits > all / 4 && byBits < all);
}

// Now and then rows that are longer than a block.
void testCount(Random& random) {
  for (int round = 0; round < rounds(400); ++round) {
    const bool large = round % 20 == 0;
    const int height = random.between(0, large ? 8 : 70);
    const int width = random.between(0, large ? 5000 : 70);
    const PackedSample sample = randomSample(random);
    const Lattice lattice = latticeOf(sample, height, width);
    uint64_t kept = 0;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) kept += keepsPixel(lattice, x, y);
    }
    for (auto* kernels = cpu::availableKernels(); *kernels != nullptr; ++kernels) {
      const PackedSample plan[] = {sample, sample};
      double counts[2] = {};
      cpu::countKept(Samples(plan), 2, height, width, counts, 2, **kernels);
      CHECK(counts[0] == static_cast<double>(kept) && counts[1] == counts[0]);
    }
  }
}

void testPermutations() {
  const int32_t twice[] = {1, 1}, beyond[] = {0, 2}, before[] = {-1, 0}, good[] = {1, 0, 2};
  CHECK(!isPermutation(twice, 2) && !isPermutation(beyond, 2) && !isPermutation(before, 2));
  CHECK(isPermutation(good, 3) && isPermutation(good, 0));
  MixBatch inPlace{};
  inPlace.count = 3;
  inPlace.partner = good;
  const cpu::Walks walks(inPlace, 3, false);
  CHECK(walks.count() == 1 &&
        std::vector<int32_t>(walks[0].begin, walks[0].end) == (std::vector<int32_t>{0, 1}));
}

}  // namespace

int main() {
  Random random(11);
  testPermutations();
  testCpu(random);
  testCount(random);
  return 0;
}
