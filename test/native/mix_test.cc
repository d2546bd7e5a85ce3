// SPDX-License-Identifier: MIT
//
// Mixing against the definition, keepsPixel(): on the CPU by runs and by bits, with every
// instruction set and any number of threads, and counting too; and by the kernels
// on the host, of which every access is seen. None strays or is misaligned; a new tensor is written
// once; own vectors are read that keep something, the partner's that are dropped in part or whole;
// in place only vectors that drop something are written.

#include "cpu/mix.h"

#include <algorithm>
#include <vector>

#include "check.h"
#include "cpu/count.h"
#include "cpu/mix_walks.h"
#include "cuda/launch.h"
#include "samples.h"
#include "watched_memory.h"

using namespace gridmask;

namespace {

struct Case {
  std::vector<PackedSample> samples;
  std::vector<int32_t> partner;
  std::vector<uint8_t> images;
  MixBatch batch;
  size_t bytes;
};

// Cycles of random lengths: fixed points, pairs, one of all samples.
std::vector<int32_t> randomPermutation(Random& random, size_t count) {
  std::vector<int32_t> order(count);
  for (size_t i = 0; i < count; ++i) order[i] = static_cast<int32_t>(i);
  for (size_t i = count; i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<size_t>(random.between(0, static_cast<int>(i) - 1))]);
  }
  std::vector<int32_t> partner(count);
  const int most = random.between(1, static_cast<int>(count));
  for (size_t begin = 0; begin < count;) {
    const size_t end = std::min(begin + static_cast<size_t>(random.between(1, most)), count);
    for (size_t i = begin; i < end; ++i) {
      partner[static_cast<size_t>(order[i])] = order[i + 1 < end ? i + 1 : begin];
    }
    begin = end;
  }
  return partner;
}

Case randomCase(Random& random, bool many = false) {
  Case made;
  const auto size = [&](int low, int high) {
    return static_cast<size_t>(random.between(low, high));
  };
  const size_t count = many ? size(1, 2000) : size(1, 6);
  for (size_t i = 0; i < count; ++i) made.samples.push_back(randomSample(random));
  made.partner = randomPermutation(random, count);
  const size_t planes = random.chance(0.1) && !many ? size(40, 80) : size(1, 4);
  const int width =
      random.chance(0.3) ? 16 * random.between(1, many ? 1 : 4) : random.between(1, many ? 10 : 70);
  const int height = random.between(1, many ? 4 : 40);
  const size_t pixelBytes = random.chance(0.2) ? size(1, 40) : size_t{1} << random.between(0, 3);
  made.bytes =
      count * planes * static_cast<size_t>(height) * static_cast<size_t>(width) * pixelBytes;
  // Room to begin anywhere.
  made.images.resize(made.bytes + 64);
  for (uint8_t& byte : made.images) byte = static_cast<uint8_t>(random.word());
  const BatchLayout layout{count, planes, height, width, pixelBytes, 1};
  made.batch = {{layout, nullptr, nullptr}, Samples(made.samples.data()), nullptr};
  if (random.chance(0.5)) {
    DrawSettings settings = randomSettings(random);
    settings.unitMin = static_cast<uint32_t>(random.between(1, 90));
    settings.unitMax = settings.unitMin + random.word() % 90;
    if (many) settings.probability = 1;  // so that they take turns
    made.batch.samples = Samples(settings, SampleNumbers{random.word()});
    for (size_t i = 0; i < count; ++i) made.samples[i] = made.batch.samples[i];
  }
  return made;
}

// The batch, which may have been moved, over its memory.
MixBatch over(const Case& made, const uint8_t* source, uint8_t* target, double* lambda = nullptr) {
  MixBatch batch = made.batch;
  batch.lambda = lambda;
  batch.source = source;
  batch.target = target;
  if (batch.samples.drawn() == nullptr) batch.samples = Samples(made.samples.data());
  batch.partner = made.partner.data();
  return batch;
}

std::vector<uint8_t> expectedOf(const Case& made, const uint8_t* source) {
  const MixBatch& batch = made.batch;
  std::vector<uint8_t> result(source, source + made.bytes);
  const auto height = static_cast<size_t>(batch.height);
  const auto width = static_cast<size_t>(batch.width);
  const size_t sampleBytes = batch.planes * height * width * batch.pixelBytes;
  for (size_t n = 0; n < batch.count; ++n) {
    const Lattice lattice = latticeOf(made.samples[n], batch.height, batch.width);
    const uint8_t* other = source + static_cast<size_t>(made.partner[n]) * sampleBytes;
    for (size_t pixel = 0; pixel < batch.planes * height * width; ++pixel) {
      const auto x = static_cast<int32_t>(pixel % width);
      const auto y = static_cast<int32_t>(pixel / width % height);
      if (keepsPixel(lattice, x, y)) continue;
      const size_t at = pixel * batch.pixelBytes;
      std::copy_n(other + at, batch.pixelBytes, result.data() + n * sampleBytes + at);
    }
  }
  return result;
}

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

struct Accesses {
  std::vector<uint8_t> reads, writes;
};

// What is to be read and written: of a new batch all, vector by vector of `vectorBytes` bytes; in
// place what is dropped, of which the partner's vectors are read whole.
Accesses accessesOf(const MixBatch& batch, size_t bytes, size_t vectorBytes) {
  Accesses accesses{std::vector<uint8_t>(bytes), std::vector<uint8_t>(bytes)};
  const auto height = static_cast<size_t>(batch.height);
  const size_t rowBytes = static_cast<size_t>(batch.width) * batch.pixelBytes;
  const size_t sampleBytes = batch.planes * height * rowBytes;
  for (size_t n = 0; n < batch.count; ++n) {
    const auto partner = static_cast<size_t>(batch.partner[n]);
    if (batch.inPlace() && partner == n) continue;
    const Lattice lattice = latticeOf(batch.samples[n], batch.height, batch.width);
    const auto drops = [&](size_t byte) {
      const auto x = static_cast<int32_t>(byte % rowBytes / batch.pixelBytes);
      const auto y = static_cast<int32_t>(byte / rowBytes % height);
      return partner != n && !keepsPixel(lattice, x, y);
    };
    for (size_t at = 0; at < sampleBytes; at += vectorBytes) {
      size_t dropped = 0;
      for (size_t k = at; k < at + vectorBytes; ++k) dropped += drops(k);
      const auto touch = [&](std::vector<uint8_t>& counts, size_t sample, bool does) {
        for (size_t k = at; k < at + vectorBytes && does; ++k) ++counts[sample * sampleBytes + k];
      };
      if (batch.inPlace()) {
        for (size_t k = at; k < at + vectorBytes; ++k) {
          if (drops(k)) ++accesses.writes[n * sampleBytes + k];
        }
      } else {
        touch(accesses.writes, n, true);
        touch(accesses.reads, n, dropped != vectorBytes);
      }
      touch(accesses.reads, partner, dropped != 0);
    }
  }
  return accesses;
}

// Of samples that are read before it comes to them, since their cycle takes several turns.
void addKept(const cuda::Launch& launch, const MixBatch& batch, Accesses& accesses) {
  // These are read whole, whether or not the last sample of the cycle drops something.
  const size_t sampleBytes = launch.params.sampleBytes;
  for (uint32_t turn = 0; turn < launch.params.turns && launch.params.turns > 1; ++turn) {
    const auto kept = cuda::constant<cuda::MixKept>(
        launch.params, launch.params.keptAt + turn * static_cast<uint32_t>(sizeof(cuda::MixKept)));
    if (kept.slot == cuda::MixKept::kNobody) continue;
    for (size_t n = 0; n < batch.count; ++n) {
      if (static_cast<uint32_t>(batch.partner[n]) != kept.sample) continue;
      const Lattice lattice = latticeOf(batch.samples[n], batch.height, batch.width);
      const size_t rowBytes = launch.params.rowBytes;
      const size_t vectorBytes = launch.params.vectorBytes;
      for (size_t at = 0; at < sampleBytes; at += vectorBytes) {
        size_t dropped = 0;
        for (size_t k = at; k < at + vectorBytes; ++k) {
          const auto x = static_cast<int32_t>(k % rowBytes / batch.pixelBytes);
          const auto y = static_cast<int32_t>(k / rowBytes % static_cast<size_t>(batch.height));
          if (!keepsPixel(lattice, x, y)) ++dropped;
        }
        for (size_t k = at; k < at + vectorBytes && dropped == 0; ++k) {
          ++accesses.reads[kept.sample * sampleBytes + k];
        }
      }
    }
  }
}

// Runs the kernel and checks what it touches. Notes the turns it took, by the bytes of a vector.
void checkKernel(const Case& made, Memory& source, Memory& target, uint32_t (&mostTurns)[17]) {
  const MixBatch batch = over(made, source.data(), target.data());
  cuda::Launch launch;
  const cuda::Prepared prepared = cuda::prepareMix(batch, launch);
  if (prepared == cuda::Prepared::kNothing) {
    CHECK(batch.inPlace());
    return;
  }
  CHECK(prepared == cuda::Prepared::kReady);
  runKernel(launch, source, target);
  Accesses accesses = accessesOf(batch, made.bytes, launch.params.vectorBytes);
  launch.params.constants = launch.constants.data();
  addKept(launch, batch, accesses);
  CHECK(source.reads == accesses.reads);
  CHECK(target.writes == accesses.writes);
  uint32_t& most = mostTurns[launch.params.vectorBytes];
  most = std::max(most, launch.params.turns);
}

void testKernel(Random& random) {
  uint32_t mostTurns[17] = {};
  const auto offset = [&] { return random.chance(0.5) ? 0 : random.between(0, 15); };
  for (int round = 0; round < 300; ++round) {
    Case made = randomCase(random, round % 5 == 0);
    made.images.resize(made.bytes);
    const auto at = static_cast<size_t>(offset());
    Memory source(made.images, at), inPlace(made.images, at);
    Memory target(made.bytes, static_cast<size_t>(offset()));
    const std::vector<uint8_t> expected = expectedOf(made, source.data());
    checkKernel(made, source, target, mostTurns);
    CHECK(target.holds(expected));
    checkKernel(made, inPlace, inPlace, mostTurns);
    CHECK(inPlace.holds(expected));
  }
  // Those of a new batch are none.
  for (const int vectorBytes : {1, 2, 4, 16}) CHECK(mostTurns[vectorBytes] > 1);
  CHECK(*std::max_element(mostTurns, mostTurns + 17) > 5);
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
  if (!kLooksForRaces) testKernel(random);  // by one thread
  return 0;
}
