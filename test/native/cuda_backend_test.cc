// SPDX-License-Identifier: MIT
//
// The CUDA backend on the test driver, from several threads at a time: for the sanitizers. What it
// makes of a batch is held against the CPU backend; test/cuda looks at everything else.

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "check.h"
#include "cpu/backend.h"
#include "cuda/backend.h"
#include "samples.h"

using namespace gridmask;

namespace {

void copy(uint8_t* to, const uint8_t* from, size_t bytes, unsigned) {
  std::memcpy(to, from, bytes);
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
  const cuda::Staging staging{seed % 2 == 0 ? size_t{500} : size_t{1} << 20, copy, 1};
  for (unsigned i = 0; i < 12; ++i) {
    Images images(seed * 100 + i);
    cuda::Wrote wrote = false;
    cuda::applyHost(device, images.batch(images.source.data(), images.target.data()), staging,
                    wrote);
    CHECK(wrote && images.target == images.expected);

    const auto source = cuda::Allocation::create(device, images.source.size());
    const auto target = cuda::Allocation::create(device, images.source.size());
    cuda::upload(*source, images.source.data(), staging);
    const auto queued = images.batch(source->data(), target->data());
    cuda::apply(device, queued, source->stream(), target->stream(), wrote);
    std::fill(images.target.begin(), images.target.end(), uint8_t{0});
    cuda::download(*target, images.target.data(), staging, wrote);
    CHECK(images.target == images.expected);
  }
}

// Operations that are asked for in some order by one thread and run by others.
void turnsAreKept(cuda::Device& device) {
  const auto memory = cuda::Allocation::create(device, 64);
  std::vector<int> order;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([turn = std::make_shared<cuda::Turn>(memory), i, &order]() mutable {
      if (i % 5 != 4) {  // the others are called off before their turn comes
        turn->wait();
        order.push_back(i);
      }
      turn.reset();
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(order.size() == 13 && std::is_sorted(order.begin(), order.end()));
}

}  // namespace

int main() {
  CHECK(std::strcmp(cuda::openDriver("/no/such/library").reason, "no-driver") == 0);
  const cuda::Opened opened = cuda::openDriver(TEST_DRIVER);
  CHECK(opened.devices.size() == 1);
  cuda::Device& device = *opened.devices[0].device;
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&device, seed] { useDevice(device, seed); });
  }
  for (auto& thread : threads) thread.join();
  turnsAreKept(device);
  std::puts("cuda_backend_test: passed");
}
