// SPDX-License-Identifier: MIT
//
// The CUDA backend on the test driver, from several threads at once: for the sanitizers. Its
// results are compared with the CPU backend; test/cuda checks everything else.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "check.h"
#include "cpu/backend.h"
#include "cuda/backend.h"
#include "cuda/library.h"
#include "samples.h"

using namespace gridmask;

namespace {

// As the addon's pool does it.
void onThreads(unsigned threads, void (*work)(void*), void* context) {
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back(work, context);
  work(context);
  for (auto& other : others) other.join();
}

struct Images {
  size_t count = 3;
  size_t planes = 2;
  int32_t height = 23;
  int32_t width = 37;
  std::vector<uint8_t> source, target, expected, fill;
  std::vector<PackedSample> samples;

  explicit Images(unsigned seed) {
    Random random(seed);
    samples.resize(count);
    for (auto& sample : samples) sample = randomSample(random);
    const size_t values = count * planes * static_cast<size_t>(height) * static_cast<size_t>(width);
    source.resize(values * 4);
    for (auto& byte : source) byte = static_cast<uint8_t>(random.word());
    fill.assign(planes * 4, 7);
    target.assign(source.size(), 0xA5);
    expected.assign(source.size(), 0);
    cpu::apply(batch(source.data(), expected.data()), 1);
  }

  MaskBatch batch(const uint8_t* from, uint8_t* to) const {
    const BatchLayout layout{count, planes, height, width, 4, 4};
    return {{layout, from, to}, Samples(samples.data()), fill.data(), {}};
  }
};

void useDevice(cuda::Device& device, unsigned seed) {
  const cuda::Staging staging{seed % 2 == 0 ? size_t{500} : size_t{1} << 20, 1 + seed % 3,
                              onThreads};
  const cuda::StreamLease lease(device);
  cuda::Stream& stream = lease.stream();
  for (unsigned i = 0; i < 12; ++i) {
    Images images(seed * 100 + i);
    cuda::Wrote wrote{false};
    cuda::applyHost(device, images.batch(images.source.data(), images.target.data()), staging,
                    wrote);
    CHECK(wrote && images.target == images.expected);

    const cuda::Current current(device);
    const auto source = cuda::Allocation::create(device, images.source.size(), stream.handle());
    const auto target = cuda::Allocation::create(device, images.source.size(), stream.handle());
    CHECK(!cuda::upload(stream, *source, images.source.data(), staging));
    const auto queued = images.batch(source->data(), target->data());
    cuda::apply(stream, queued, *source, *target, wrote);
    const auto snapshot = cuda::Snapshot::take(stream, *target);
    cuda::apply(stream, images.batch(target->data(), source->data()), *target, *source, wrote);
    std::fill(images.target.begin(), images.target.end(), uint8_t{0});
    if (i % 2 == 0) {
      cuda::download(stream, *target, images.target.data(), staging, wrote);
    } else {
      std::thread([&] { snapshot->download(images.target.data(), staging, wrote); }).join();
    }
    CHECK(images.target == images.expected);
  }
}

// A thread that waits for the driver to translate the kernels of noise holds up nobody else. (Where
// it does, this does not end.)
void translationHoldsUpNobody(cuda::Device& device) {
  std::string problem;
  void* const library = cuda::openLibrary(TEST_DRIVER, false, problem);
  const auto holdModules = reinterpret_cast<void (*)(bool)>(cuda::symbolIn(library, "holdModules"));
  device.prepare();
  holdModules(true);
  std::thread translating([&] {
    const cuda::Current current(device);
    CHECK(device.function(cuda::Kernel::gridmask_noise_1_new) != nullptr);
  });
  useDevice(device, 7);
  holdModules(false);
  translating.join();
}

}  // namespace

int main() {
  CHECK(std::strcmp(cuda::openDriver("/no/such/library").reason, "no-driver") == 0);
  const cuda::Opened opened = cuda::openDriver(TEST_DRIVER);
  CHECK(opened.devices.size() == 1);
  cuda::Device& device = *opened.devices[0].device;
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&device, seed] {
      try {
        useDevice(device, seed);
      } catch (const cuda::Error& error) {
        std::fprintf(stderr, "%s: %d\n", error.call, error.code);
        std::abort();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  translationHoldsUpNobody(device);
  std::puts("cuda_backend_test: passed");
}
