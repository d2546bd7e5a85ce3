// SPDX-License-Identifier: MIT
//
// The kernels that mix, on the host, against the definition. Every access is seen. None strays or
// is misaligned; a new tensor is written once; own vectors are read that keep something, the
// partner's that are dropped in part or whole; in place only what is dropped is written, or sectors
// that drop something.

#include <algorithm>
#include <vector>

#include "check.h"
#include "cuda/launch.h"
#include "cuda/mix_pixels_kernel.h"
#include "mix_cases.h"
#include "watched_memory.h"

using namespace gridmask;

namespace {

struct Accesses {
  std::vector<uint8_t> reads, writes;
};

// How a kernel writes in place: only what is dropped; or whole sectors, of which it reads words
// from where they come from, or vectors that it blends.
enum class Writes { kDropped, kWords, kVectors };

Writes writesOf(cuda::Kernel kernel) {
#define GRIDMASK_WRITES(name, valueBytes, valuesPerPixel)                             \
  if (kernel == cuda::Kernel::name) {                                                 \
    if (!cuda::MixShape<valueBytes, valuesPerPixel>::blends) return Writes::kDropped; \
    return (valueBytes) == 4 ? Writes::kWords : Writes::kVectors;                     \
  }
  GRIDMASK_MIX_PIXELS_KERNELS(GRIDMASK_WRITES)
#undef GRIDMASK_WRITES
  return Writes::kDropped;
}

// What is to be read and written, vector by vector: of a new batch all. In place what is dropped,
// of which the partner's vectors are read whole; or the sectors that drop something, and what they
// keep is read too. A partner's pixels that were kept for a later turn are read once, wherever they
// lie.
class Expected {
 public:
  Expected(const cuda::Launch& launch, const MixBatch& batch, size_t bytes)
      : accesses{std::vector<uint8_t>(bytes), std::vector<uint8_t>(bytes)},
        batch_(batch),
        writes_(writesOf(launch.kernel)),
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
        if (!batch_.inPlace()) {
          if (dropped != 0) touch(accesses.reads, partner, at + begin, vectorBytes_);
          continue;
        }
        const bool readsPartner = dropped != 0 && !late;
        if (writes_ == Writes::kWords) {
          for (size_t k = begin; k < end && inSector; ++k) {
            touch(accesses.reads, drops[k] ? partner : n, at + k, 1);
          }
        } else if (readsPartner) {
          touch(accesses.reads, partner, at + begin, vectorBytes_);
        }
        if (writes_ == Writes::kVectors && inSector && dropped != vectorBytes_) {
          touch(accesses.reads, n, at + begin, vectorBytes_);
        }
        if (writes_ != Writes::kDropped) {
          if (inSector) touch(accesses.writes, n, at + begin, vectorBytes_);
          continue;
        }
        for (size_t k = begin; k < end; ++k) {
          if (drops[k]) touch(accesses.writes, n, at + k, 1);
        }
      }
    }
  }

  void touch(std::vector<uint8_t>& counts, size_t sample, size_t at, size_t bytes) const {
    for (size_t k = at; k < at + bytes; ++k) ++counts[sample * sampleBytes_ + k];
  }

  const MixBatch& batch_;
  const Writes writes_;
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

// Pixels of a size that kernels know, in whole vectors, of which none needs more than 32-bit
// phases: `vectors` in a row, of pixels of three values three times as many. Every sample takes
// part if `all`.
Case pixelsCase(Random& random, size_t pixelBytes, size_t count, int height, int vectors,
                bool all) {
  Case made;
  for (size_t i = 0; i < count; ++i) {
    PackedSample sample = randomSample(random);
    sample.unitProbability = 1;
    if (all) sample.flags |= PackedSample::kMasked;
    if (sample.d > 1920) sample.d = random.between(1900, 1920);
    sample.l = random.between(1, sample.d);
    sample.deltaX = random.between(0, sample.d - 1);
    sample.deltaY = random.between(0, sample.d - 1);
    made.samples.push_back(sample);
  }
  made.partner = randomPermutation(random, count);
  for (size_t i = 0; i < count && all; ++i) {
    if (static_cast<size_t>(made.partner[i]) == i) {
      std::swap(made.partner[i], made.partner[(i + 1) % count]);
    }
  }
  const auto planes = static_cast<size_t>(random.between(1, count > 100 ? 3 : 7));
  const int pixelsOfVector =
      16 / static_cast<int>(pixelBytes % 3 == 0 ? pixelBytes / 3 : pixelBytes);
  const BatchLayout layout{count, planes, height, vectors * pixelsOfVector, pixelBytes, 1};
  made.bytes = layout.bytes();
  made.images.resize(made.bytes);
  for (uint8_t& byte : made.images) byte = static_cast<uint8_t>(random.word());
  made.batch = {{layout, nullptr, nullptr}, Samples(made.samples.data()), nullptr};
  return made;
}

// As many samples as a thread has, and a block, one less and one more, in blocks of every width.
void testPixels(Random& random, size_t pixelBytes, cuda::Kernel kernel) {
  Ran ran;
  const auto run = [&](size_t count, int height, int vectors, bool all) {
    Case made = pixelsCase(random, pixelBytes, count, height, vectors, all);
    checkKernels(made, 16 * static_cast<size_t>(random.between(0, 3)), 0, ran);
  };
  for (const size_t samples : {4, 8, 64, 128, 256}) {
    for (const size_t more : {0, 1, 2}) {
      run(samples + more - 1, random.between(1, 4), random.between(1, 5), true);
    }
  }
  run(3, 264, pixelBytes % 3 == 0 ? 11 : 33, true);   // a warp's vectors
  run(33, 67, pixelBytes % 3 == 0 ? 11 : 32, false);  // half of them
  run(65, 30, pixelBytes % 3 == 0 ? 11 : 35, true);   // a quarter
  for (int round = 0; round < 20; ++round) {
    run(static_cast<size_t>(random.between(1, 40)), random.between(1, 20), random.between(1, 12),
        false);
  }
  const auto times = [&](cuda::Kernel of) { return ran.times[static_cast<size_t>(of)]; };
  CHECK(times(kernel) >= 30);
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
    CHECK(launch.kernel == (planes == 32768 ? cuda::Kernel::gridmask_mix_4x1_in_place
                                            : cuda::Kernel::gridmask_mix_bytes_in_place));
  }
}

}  // namespace

int main() {
  if (kLooksForRaces) return 0;  // by one thread
  Random random(12);
  testKernel(random);
#define GRIDMASK_TEST(name, valueBytes, valuesPerPixel) \
  testPixels(random, (valueBytes) * (valuesPerPixel), cuda::Kernel::name);
  GRIDMASK_MIX_PIXELS_KERNELS(GRIDMASK_TEST)
#undef GRIDMASK_TEST
  testLargeBatches();
  return 0;
}
