// SPDX-License-Identifier: MIT
//
// Every allocation of the CPU backend fails once, whichever thread makes it: the call throws and
// has written nothing, or does without it and its result is right.

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <numeric>
#include <vector>

#include "check.h"
#include "cpu/backend.h"
#include "cpu/count.h"
#include "cpu/mix.h"
#include "cpu/partners.h"
#include "failing_new.h"
#include "samples.h"

using namespace gridmask;

namespace {

constexpr unsigned kThreads = 4;
constexpr size_t kCount = 2, kPlanes = 2;
constexpr int32_t kHeight = 400, kWidth = 300;

// More than is kept for the next call: with it goes all that is kept, so that each call allocates.
void forgetScratch() { const cpu::Scratch all(size_t{8} << 20); }

struct Images {
  const BatchLayout layout{kCount, kPlanes, kHeight, kWidth, 2, 2};
  std::vector<PackedSample> plan;
  std::vector<uint8_t> source, target;
  const std::vector<uint8_t> fill{1, 2, 3, 4};
  const std::vector<float> channels{0, 1, 0, 1};

  Images() : source(layout.bytes()), target(layout.bytes()) {
    Random random(3);
    for (size_t i = 0; i < kCount; ++i) {
      PackedSample sample = randomSample(random);
      sample.flags = PackedSample::kMasked;
      sample.unitProbability = i == 0 ? 1 : 0.5;
      sample.d = 7;
      sample.l = 3;
      sample.deltaX = sample.deltaY = 0;
      plan.push_back(sample);
    }
    for (uint8_t& byte : source) byte = static_cast<uint8_t>(random.word());
  }
};

// Calls `use` until no allocation of it fails any more. It answers whether it threw, and checks
// what it wrote.
template <typename Use>
void failEach(const char* name, long least, const Use& use) {
  for (const bool once : {false, true}) {
    long granted = 0;
    for (;; ++granted) {
      forgetScratch();
      failing::arm(granted, once);
      const bool threw = use();
      const bool failed = failing::disarm();
      CHECK(failed || !threw);
      if (!failed) break;
    }
    // Else it has tested nothing.
    if (granted < least) std::fprintf(stderr, "%s: %ld allocations\n", name, granted);
    CHECK(granted >= least);
  }
}

// Whether it throws std::bad_alloc.
template <typename Call>
bool throws(const Call& call) {
  try {
    call();
    return false;
  } catch (const std::bad_alloc&) {
    return true;
  }
}

// A call that writes `target`, apart from its source or over a copy of it.
template <typename Call>
void failEachOf(const char* name, Images& images, bool inPlace, const Call& call) {
  std::vector<uint8_t> before =
      inPlace ? images.source : std::vector<uint8_t>(images.source.size(), 0xA5);
  images.target = before;
  call();
  const std::vector<uint8_t> expected = images.target;
  CHECK(expected != before);
  failEach(name, 2, [&] {
    std::memcpy(images.target.data(), before.data(), before.size());
    const bool threw = throws(call);
    CHECK(std::memcmp(images.target.data(), (threw ? before : expected).data(), before.size()) ==
          0);
    return threw;
  });
}

// Starts a job and waits for it as JavaScript's thread does.
void finish(std::unique_ptr<cpu::Job> job) {
  struct {
    std::mutex mutex;
    std::condition_variable condition;
    bool done = false;
  } end;
  const auto done = [](void* context) noexcept {
    auto& reached = *static_cast<decltype(end)*>(context);
    const std::lock_guard<std::mutex> lock(reached.mutex);
    reached.done = true;
    reached.condition.notify_one();
  };
  cpu::start(*job, {2, false, done, &end});
  std::unique_lock<std::mutex> lock(end.mutex);
  end.condition.wait(lock, [&] { return end.done; });
}

void masksAndMixes(Images& images, bool inPlace) {
  const uint8_t* const source = inPlace ? images.target.data() : images.source.data();
  MaskBatch masks{{images.layout, source, images.target.data()},
                  Samples(images.plan.data()),
                  images.fill.data(),
                  {}};
  // First of all: there are no threads yet, and none can be started.
  failEachOf("masks, started", images, inPlace, [&] { finish(cpu::applyJob(masks, kThreads)); });
  failEachOf("masks", images, inPlace, [&] { cpu::apply(masks, kThreads); });

  MaskBatch noise = masks;
  noise.noise = {NoiseKind::kUniform, NoiseType::kFloat16, false, images.channels.data()};
  failEachOf("noise", images, inPlace, [&] { cpu::apply(noise, kThreads); });

  std::vector<uint32_t> words;
  constexpr uint32_t kEach = 300;
  for (uint32_t n = 1; n <= kCount; ++n)
    words.insert(words.end(), {n * kEach, 1, 0, 0, 0, 0, 0, 0});
  for (uint32_t i = 0; i < kCount * kEach; ++i) {
    words.insert(words.end(), {i, i % kEach / 10, i + 2, i % kEach / 10 + 9});
  }
  const Rectangles rectangles(reinterpret_cast<const RectangleHeader*>(words.data()), kCount);
  masks.masks = noise.masks = rectangles;
  failEachOf("rectangles", images, inPlace, [&] { cpu::apply(masks, kThreads); });
  failEachOf("noise in rectangles", images, inPlace, [&] { cpu::apply(noise, kThreads); });

  const std::vector<int32_t> partner{1, 0};
  const MixBatch mix{
      {images.layout, source, images.target.data()}, Samples(images.plan.data()), partner.data()};
  failEachOf("mix", images, inPlace, [&] { cpu::mix(mix, kThreads); });
  failEachOf("mix, started", images, inPlace, [&] { finish(cpu::mixJob(mix, kThreads)); });
}

void counts(const Images& images) {
  constexpr size_t kMasks = 20;
  const std::vector<PackedSample> plan(kMasks, images.plan[0]);
  std::vector<double> kept(kMasks), expected(kMasks);
  const std::vector<double> untouched(kMasks, -1);
  const auto count = [&](std::vector<double>& into) {
    cpu::countKept(Samples(plan.data()), kMasks, kHeight, kWidth, into.data(), kThreads);
  };
  count(expected);
  failEach("counts", 1, [&] {
    std::fill(kept.begin(), kept.end(), -1);
    const bool threw = throws([&] { count(kept); });
    CHECK(kept == (threw ? untouched : expected));
    return threw;
  });

  const std::vector<uint32_t> words{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1};
  const Masks masks = Rectangles(reinterpret_cast<const RectangleHeader*>(words.data()), 1);
  const cpu::Box box{0, 0, 2, 2};
  failEach("counts of a box", 1, [&] {
    double one = -1;
    const bool threw = throws([&] { cpu::countKept(masks, 2, 2, &box, 1, &one); });
    CHECK(one == (threw ? -1 : 3));
    return threw;
  });
}

void partners(const Images& images) {
  std::vector<PackedSample> plan(200, images.plan[0]);
  for (uint32_t i = 0; i < 200; ++i) plan[i].index[0] = i;
  std::vector<int32_t> partner(200), expected(200);
  const std::vector<int32_t> untouched(200, -1);
  cpu::drawPartners(Samples(plan.data()), 200, expected.data());
  CHECK(isPermutation(expected.data(), 200));
  failEach("partners", 1, [&] {
    std::fill(partner.begin(), partner.end(), -1);
    const bool threw =
        throws([&] { cpu::drawPartners(Samples(plan.data()), 200, partner.data()); });
    CHECK(partner == (threw ? untouched : expected));
    return threw;
  });
  failEach("permutation", 1, [&] {
    bool is = false;
    const bool threw = throws([&] { is = isPermutation(expected.data(), 200); });
    CHECK(is != threw);
    return threw;
  });
}

}  // namespace

int main() {
  Images images;
  for (const bool inPlace : {false, true}) masksAndMixes(images, inPlace);
  counts(images);
  partners(images);
}
