// SPDX-License-Identifier: MIT
//
// Mixing against the definition, keepsPixel(): on the CPU by runs and by bits, with every
// instruction set and any number of threads, and counting too; and by the kernels
// on the host, of which every access is seen. None strays or is misaligned; a new tensor is written
// once; own vectors are read that keep something, the partner's that are dropped in part or whole;
// in place only what is dropped is written, or sectors that drop something.

#include "cpu/mix.h"

#include <algorithm>
#include <string>
#include <vector>

#include "check.h"
#include "cpu/count.h"
#include "cpu/mix_walks.h"
#include "cuda/launch.h"
#include "cuda/mix_in_place_kernel.h"
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

// What is to be read and written, vector by vector: of a new batch all. In place what is dropped,
// of which the partner's vectors are read whole; or, if the kernel writes whole sectors, those that
// drop something: their words are read from the partner, or where they are kept from the sample. A
// partner's pixels that were kept for a later turn are read once, wherever they lie.
class Expected {
 public:
  Expected(const cuda::Launch& launch, const MixBatch& batch, size_t bytes)
      : accesses{std::vector<uint8_t>(bytes), std::vector<uint8_t>(bytes)},
        batch_(batch),
        sectors_(launch.kernel == cuda::Kernel::gridmask_mix_words_in_place &&
                 cuda::MixWords::kBlends),
        vectorBytes_(launch.params.vectorBytes),
        sampleBytes_(launch.params.sampleBytes),
        planeBytes_(launch.params.planeBytes) {
    const std::vector<uint8_t> isKept = keptIn(launch);
    for (size_t n = 0; n < batch.count; ++n) {
      const auto partner = static_cast<size_t>(batch.partner[n]);
      if (batch.inPlace() && partner == n) continue;
      const bool late = isKept[partner] != 0;
      if (late) touch(accesses.reads, partner, 0, sampleBytes_);
      addSample(n, partner, late);
    }
  }

  Accesses accesses;

 private:
  std::vector<uint8_t> keptIn(const cuda::Launch& launch) const {
    std::vector<uint8_t> isKept(batch_.count);
    for (uint32_t turn = 0; turn < launch.params.turns && launch.params.turns > 1; ++turn) {
      const auto size = static_cast<uint32_t>(sizeof(cuda::MixTurn));
      const auto now =
          cuda::constant<cuda::MixTurn>(launch.params, launch.params.turnsAt + turn * size);
      if (now.keeper != cuda::MixTurn::kNobody) ++isKept[now.kept];
    }
    return isKept;
  }

  void addSample(size_t n, size_t partner, bool late) {
    const Lattice lattice = latticeOf(batch_.samples[n], batch_.height, batch_.width);
    const size_t rowBytes = static_cast<size_t>(batch_.width) * batch_.pixelBytes;
    std::vector<uint8_t> drops(planeBytes_);
    for (size_t k = 0; k < planeBytes_; ++k) {
      const auto x = static_cast<int32_t>(k % rowBytes / batch_.pixelBytes);
      drops[k] = partner != n && !keepsPixel(lattice, x, static_cast<int32_t>(k / rowBytes));
    }
    const auto droppedOf = [&](size_t vector) {
      const auto begin = drops.begin() + static_cast<ptrdiff_t>(vector * vectorBytes_);
      const auto size = static_cast<ptrdiff_t>(vectorBytes_);
      return static_cast<size_t>(std::count(begin, begin + size, 1));
    };
    const size_t vectors = planeBytes_ / vectorBytes_;
    for (size_t vector = 0; vector < vectors; ++vector) {
      const size_t dropped = droppedOf(vector);
      const size_t beside = vector ^ 1;
      const bool inSector = dropped != 0 || (beside < vectors && droppedOf(beside) != 0);
      const size_t begin = vector * vectorBytes_, end = begin + vectorBytes_;
      for (size_t plane = 0; plane < batch_.planes; ++plane) {
        const size_t at = plane * planeBytes_;
        if (!batch_.inPlace()) {
          touch(accesses.writes, n, at + begin, vectorBytes_);
          if (dropped != vectorBytes_) touch(accesses.reads, n, at + begin, vectorBytes_);
        }
        if (sectors_) {
          if (inSector) touch(accesses.writes, n, at + begin, vectorBytes_);
          for (size_t k = begin; k < end && inSector; ++k) {
            touch(accesses.reads, drops[k] ? partner : n, at + k, 1);
          }
        } else {
          for (size_t k = begin; k < end && batch_.inPlace(); ++k) {
            if (drops[k]) touch(accesses.writes, n, at + k, 1);
          }
          if (dropped != 0 && !late) touch(accesses.reads, partner, at + begin, vectorBytes_);
        }
      }
    }
  }

  void touch(std::vector<uint8_t>& counts, size_t sample, size_t at, size_t bytes) const {
    for (size_t k = at; k < at + bytes; ++k) ++counts[sample * sampleBytes_ + k];
  }

  const MixBatch& batch_;
  const bool sectors_;
  const size_t vectorBytes_, sampleBytes_, planeBytes_;
};

// Of each kernel: how often it was run, and the most turns it took.
struct Ran {
  size_t times[cuda::kKernels] = {};
  uint32_t mostTurns[cuda::kKernels] = {};
};

void checkKernel(const Case& made, Memory& source, Memory& target, Ran& ran) {
  const MixBatch batch = over(made, source.data(), target.data());
  cuda::Launch launch;
  const cuda::Prepared prepared = cuda::prepareMix(batch, launch);
  if (prepared == cuda::Prepared::kNothing) {
    CHECK(batch.inPlace());
    return;
  }
  CHECK(prepared == cuda::Prepared::kReady);
  runKernel(launch, source, target);
  if (!launch.constants.empty()) launch.params.constants = launch.constants.data();
  const Expected expected(launch, batch, made.bytes);
  CHECK(source.reads == expected.accesses.reads);
  CHECK(target.writes == expected.accesses.writes);
  const auto kernel = static_cast<size_t>(launch.kernel);
  ++ran.times[kernel];
  ran.mostTurns[kernel] = std::max(ran.mostTurns[kernel], launch.params.turns);
}

// Runs the kernels of a new batch and in place.
void checkKernels(Case& made, size_t at, size_t targetAt, Ran& ran) {
  made.images.resize(made.bytes);
  Memory source(made.images, at), inPlace(made.images, at), target(made.bytes, targetAt);
  const std::vector<uint8_t> expected = expectedOf(made, source.data());
  checkKernel(made, source, target, ran);
  CHECK(target.holds(expected));
  checkKernel(made, inPlace, inPlace, ran);
  CHECK(inPlace.holds(expected));
}

void testKernel(Random& random) {
  Ran ran;
  const auto offset = [&] {
    return static_cast<size_t>(random.chance(0.5) ? 0 : random.between(0, 15));
  };
  for (int round = 0; round < 300; ++round) {
    Case made = randomCase(random, round % 5 == 0);
    const size_t at = offset();
    checkKernels(made, at, offset(), ran);
  }
  using cuda::Kernel;
  for (const Kernel kernel :
       {Kernel::gridmask_mix_new, Kernel::gridmask_mix_narrow_new,
        Kernel::gridmask_mix_bytes_in_place, Kernel::gridmask_mix_narrow_in_place}) {
    CHECK(ran.times[static_cast<size_t>(kernel)] >= 10);
  }
  for (const Kernel kernel :
       {Kernel::gridmask_mix_bytes_in_place, Kernel::gridmask_mix_narrow_in_place}) {
    CHECK(ran.mostTurns[static_cast<size_t>(kernel)] > 1);
  }
  CHECK(*std::max_element(ran.mostTurns, ran.mostTurns + cuda::kKernels) > 5);
}

// Pixels of four bytes in whole vectors, of which none needs more than 32-bit phases. Every sample
// takes part if `all`.
Case wordsCase(Random& random, size_t count, int height, int width, bool all) {
  Case made;
  for (size_t i = 0; i < count; ++i) {
    PackedSample sample = randomSample(random);
    sample.unitProbability = 1;
    if (all) sample.flags |= PackedSample::kMasked;
    if (sample.d > 1920) sample.d = random.between(1900, 1920);
    sample.l = random.between(1, sample.d);
    sample.deltaX = random.between(0, sample.d - 1);
    made.samples.push_back(sample);
  }
  made.partner = randomPermutation(random, count);
  for (size_t i = 0; i < count && all; ++i) {
    if (static_cast<size_t>(made.partner[i]) == i) {
      std::swap(made.partner[i], made.partner[(i + 1) % count]);
    }
  }
  const auto planes = static_cast<size_t>(random.between(1, count > 100 ? 2 : 5));
  const BatchLayout layout{count, planes, height, width, 4, 1};
  made.bytes = layout.bytes();
  made.images.resize(made.bytes);
  for (uint8_t& byte : made.images) byte = static_cast<uint8_t>(random.word());
  made.batch = {{layout, nullptr, nullptr}, Samples(made.samples.data()), nullptr};
  return made;
}

// As many samples as a thread has, and a block, one less and one more, in blocks of every width.
void testWords(Random& random) {
  Ran ran;
  const auto run = [&](size_t count, int height, int width, bool all) {
    Case made = wordsCase(random, count, height, width, all);
    checkKernels(made, 16 * static_cast<size_t>(random.between(0, 3)), 0, ran);
  };
  for (const size_t samples : {8, 64, 128, 256}) {
    for (const size_t more : {0, 1, 2}) {
      run(samples + more - 1, random.between(1, 5), 4 * random.between(1, 9), true);
    }
  }
  run(9, 67, 4 * 67, true);  // a warp's vectors
  run(64, 65, 4 * 66, false);
  run(65, 40, 4 * 53, true);   // half of them
  run(129, 28, 4 * 39, true);  // a quarter
  for (int round = 0; round < 20; ++round) {
    run(static_cast<size_t>(random.between(1, 40)), random.between(1, 20),
        4 * random.between(1, 20), false);
  }
  const auto times = [&](cuda::Kernel kernel) { return ran.times[static_cast<size_t>(kernel)]; };
  CHECK(times(cuda::Kernel::gridmask_mix_words_in_place) >= 25);
  CHECK(times(cuda::Kernel::gridmask_mix_bytes_in_place) >= 1);  // more than a block's
}

// Offsets of 32 bits reach all bytes of 4 GiB. Nothing is run.
void testLargeBatches() {
  PackedSample sample{};
  sample.flags = PackedSample::kMasked;
  sample.d = 64;
  sample.l = 32;
  sample.unitProbability = 1;
  const PackedSample samples[] = {sample, sample};
  const int32_t partner[] = {1, 0};
  auto* const images = reinterpret_cast<uint8_t*>(uintptr_t{1} << 40);
  for (const size_t planes : {32768, 32769}) {
    const BatchLayout layout{2, planes, 128, 128, 4, 1};
    cuda::Launch launch;
    const MixBatch batch{{layout, images, images}, Samples(samples), partner};
    CHECK(cuda::prepareMix(batch, launch) == cuda::Prepared::kReady);
    CHECK(launch.kernel == (planes == 32768 ? cuda::Kernel::gridmask_mix_words_in_place
                                            : cuda::Kernel::gridmask_mix_bytes_in_place));
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
  if (!kLooksForRaces) {  // by one thread
    testKernel(random);
    testWords(random);
    testLargeBatches();
  }
  return 0;
}
