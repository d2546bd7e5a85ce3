// SPDX-License-Identifier: MIT
//
// The CPU's Preprocessor against its definition, value by value: every kind of image, crop, type
// and layout, with every instruction set that this processor has and without, past the caches and
// not. Memory has exactly the size it needs, so that a sanitizer sees every stray access.

#include "cpu/preprocess.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "check.h"
#include "pictures.h"

using namespace gridmask;

namespace {

constexpr uint8_t kUnwritten = 0xA5;
constexpr size_t kGuard = 64;

void checkBatch(Pictures& of, unsigned threads, const cpu::Converter* converter, cpu::Stores stores,
                size_t misalignment) {
  const size_t bytes = of.batch.bytes();
  std::unique_ptr<uint8_t[]> memory(new uint8_t[bytes + 2 * kGuard + 64]);
  const auto begin = reinterpret_cast<uintptr_t>(memory.get()) + kGuard;
  uint8_t* const target = memory.get() + kGuard + (64 - begin % 64) % 64 + misalignment % 64;
  std::memset(memory.get(), kUnwritten, bytes + 2 * kGuard + 64);
  of.batch.target = target;
  cpu::preprocess(of.batch, threads, converter, stores);
  checkResult(of, target);
  const uint8_t* const end = memory.get() + bytes + 2 * kGuard + 64;
  CHECK(std::all_of(memory.get(), target, [](uint8_t byte) { return byte == kUnwritten; }));
  CHECK(std::all_of(target + bytes, const_cast<uint8_t*>(end),
                    [](uint8_t byte) { return byte == kUnwritten; }));
}

void randomBatchesAreMadeAsDefined() {
  Random random(11);
  for (int i = 0; i < 1500; ++i) {
    Pictures of = randomPictures(random);
    const auto threads = static_cast<unsigned>(random.between(1, 3));
    const auto stores = random.chance(0.5) ? cpu::Stores::kPastCaches : cpu::Stores::kCached;
    const size_t misalignment =
        random.chance(0.5) ? 0 : of.batch.valueBytes * static_cast<size_t>(random.between(0, 15));
    checkBatch(of, threads, nullptr, stores, misalignment);
    for (const auto* converters = cpu::availableConverters(); *converters != nullptr;
         ++converters) {
      checkBatch(of, threads, *converters, stores, misalignment);
    }
  }
}

// Of images in a row, none may be read for its neighbour.
void nothingIsReadBeyondAnImage() {
  for (const auto* converters = cpu::availableConverters(); *converters != nullptr; ++converters) {
    for (uint32_t channels = 1; channels <= 4; ++channels) {
      for (int32_t width = 1; width < 70; ++width) {
        for (const bool flip : {false, true}) {
          Pictures of;
          PreprocessBatch& batch = of.batch;
          batch = {};
          batch.count = 1;
          batch.planes = channels;
          batch.height = 2;
          batch.width = width;
          batch.pixelBytes = batch.valueBytes = 4;
          batch.type = ValueType::kFloat32;
          of.pictures.emplace_back(new uint8_t[2 * static_cast<size_t>(width) * channels]);
          for (size_t k = 0; k < 2 * static_cast<size_t>(width) * channels; ++k) {
            of.pictures[0][k] = static_cast<uint8_t>(k * 37);
          }
          batch.images.push_back({of.pictures[0].get(), 2, width, channels, 0, 0, flip});
          for (uint32_t k = 0; k < channels; ++k) batch.scales.push_back({k, 0.01f, -1});
          of.fill.resize(4 * channels);
          batch.fill = of.fill.data();
          checkBatch(of, 1, *converters, cpu::Stores::kCached, 0);
        }
      }
    }
  }
}

void emptyBatchesAreNone() {
  PreprocessBatch batch{};
  batch.count = 3;
  batch.planes = 3;
  batch.pixelBytes = batch.valueBytes = 4;
  cpu::preprocess(batch, 2);
}

}  // namespace

int main() {
  randomBatchesAreMadeAsDefined();
  nothingIsReadBeyondAnImage();
  emptyBatchesAreNone();
}
