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

// The images one behind the other, in memory that ends with the last of them.
std::unique_ptr<uint8_t[]> imagesTogether(PreprocessBatch& batch) {
  std::vector<size_t> bytes;
  size_t all = 0;
  for (const SourceImage& image : batch.images) {
    bytes.push_back(static_cast<size_t>(image.height) * static_cast<size_t>(image.width) *
                    image.channels * (batch.floatSource ? sizeof(float) : 1));
    all += bytes.back();
  }
  std::unique_ptr<uint8_t[]> memory(new uint8_t[all]);
  uint8_t* at = memory.get();
  for (size_t n = 0; n < batch.count; ++n) {
    std::memcpy(at, batch.images[n].data, bytes[n]);
    batch.images[n].data = at;
    at += bytes[n];
  }
  return memory;
}

void randomBatchesAreMadeAsDefined() {
  Random random(11);
  for (int i = 0; i < rounds(1500); ++i) {
    Pictures of = randomPictures(random);
    std::unique_ptr<uint8_t[]> together;
    if (random.chance(0.5)) together = imagesTogether(of.batch);
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

// Large enough that what is left of some rows waits for the next ones, in images as a whole,
// cropped and mirrored.
void rowsFollowOneAnother() {
  Random random(13);
  for (const int32_t width : {61, 64, 2100}) {
    for (const bool flip : {false, true}) {
      for (const bool crop : {false, true}) {
        Pictures of;
        PreprocessBatch& batch = of.batch;
        batch = {};
        batch.count = 2;
        batch.planes = 3;
        batch.height = width == 2100 ? 4 : 150;
        batch.width = width;
        batch.type = crop ? ValueType::kFloat16 : ValueType::kFloat32;
        batch.pixelBytes = batch.valueBytes = valueBytesOf(batch.type);
        const int32_t wide = width + (crop ? 9 : 0);
        const size_t bytes = static_cast<size_t>(batch.height) * static_cast<size_t>(wide) * 3;
        for (size_t n = 0; n < batch.count; ++n) {
          of.pictures.emplace_back(new uint8_t[bytes]);
          for (size_t k = 0; k < bytes; ++k) {
            of.pictures[n][k] = static_cast<uint8_t>(random.word());
          }
          batch.images.push_back(
              {of.pictures[n].get(), batch.height, wide, 3, crop ? -1 : 0, crop ? 5 : 0, flip});
          of.samples.push_back(randomSample(random));
          of.samples.back().flags = PackedSample::kMasked;
        }
        for (uint32_t k = 0; k < 3; ++k) batch.scales.push_back({k, 0.01f, -1});
        of.fill.resize(3 * batch.valueBytes);
        batch.fill = of.fill.data();
        for (const bool masked : {false, true}) {
          batch.samples.reset();
          if (masked) batch.samples = Samples(of.samples.data());
          for (const auto* converters = cpu::availableConverters(); *converters != nullptr;
               ++converters) {
            for (const cpu::Stores stores : {cpu::Stores::kCached, cpu::Stores::kPastCaches}) {
              checkBatch(of, 1, *converters, stores, 3 * batch.valueBytes);
            }
          }
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
  rowsFollowOneAnother();
  emptyBatchesAreNone();
}
