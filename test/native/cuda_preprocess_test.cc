// SPDX-License-Identifier: MIT
//
// The kernels that make batches of decoded images, compiled for the host and run there, against the
// definition. Every access is seen: none strays or is misaligned, every value is written once, and
// of the images nothing is read that is far from what is kept.

#include <algorithm>
#include <cstring>
#include <vector>

#include "check.h"
#include "cuda/preprocess_launch.h"
#include "cuda/preprocess_params.h"
#include "pictures.h"
#include "watched_memory.h"

using namespace gridmask;

namespace {

// The images behind one another in a memory that ends with the last of them, `gap` bytes apart.
Memory imagesTogether(Pictures& of, size_t offset, size_t gap) {
  PreprocessBatch& batch = of.batch;
  std::vector<size_t> bytes;
  size_t all = 0;
  for (const SourceImage& image : batch.images) {
    bytes.push_back(static_cast<size_t>(image.height) * static_cast<size_t>(image.width) *
                    image.channels * (batch.floatSource ? sizeof(float) : 1));
    all += bytes.back() + gap;
  }
  Memory memory(all, offset);
  uint8_t* at = memory.data();
  for (size_t n = 0; n < batch.count; ++n) {
    std::memcpy(at, batch.images[n].data, bytes[n]);
    batch.images[n].data = at;
    at += bytes[n] + gap;
  }
  return memory;
}

// A word is read where it has a byte of a vector's pixels, of which one is kept, if only as black.
constexpr int64_t kFar = 16 + 2 * 3;

void checkReads(const Pictures& of, const Memory& images) {
  const PreprocessBatch& batch = of.batch;
  std::vector<bool> near(images.reads.size());
  for (size_t n = 0; n < batch.count; ++n) {
    const SourceImage& image = batch.images[n];
    Lattice lattice{};
    if (batch.samples) {
      lattice = latticeOf((*batch.samples)[n], batch.height, batch.width);
    }
    const int64_t valueBytes = batch.floatSource ? sizeof(float) : 1;
    const int64_t pixels = int64_t{image.height} * image.width;
    for (int32_t y = 0; y < batch.height; ++y) {
      const int32_t row = y + image.top;
      if (row < 0 || row >= image.height) continue;
      for (int32_t x = 0; x < batch.width; ++x) {
        if (!keepsPixel(lattice, x, y)) continue;
        const int32_t column = image.left + (image.flip ? batch.width - 1 - x : x);
        const int64_t pixel = int64_t{row} * image.width + column;
        for (int64_t channel = 0; channel < image.channels; ++channel) {
          const int64_t value =
              batch.planarSource ? channel * pixels + pixel : pixel * image.channels + channel;
          const int64_t at = image.data - images.data() + valueBytes * value;
          const auto end = static_cast<int64_t>(near.size());
          for (int64_t k = std::max<int64_t>(0, at - kFar); k < std::min(end, at + kFar); ++k) {
            near[static_cast<size_t>(k)] = true;
          }
        }
      }
    }
  }
  for (size_t k = 0; k < near.size(); ++k) CHECK(near[k] || images.reads[k] == 0);
}

cuda::Launch checkPictures(Pictures& of, size_t imagesOffset, size_t gap, size_t targetOffset) {
  PreprocessBatch& batch = of.batch;
  // The images are where they were again in the end: their memory here is gone then.
  const auto given = batch.images;
  Memory images = imagesTogether(of, imagesOffset, gap);
  Memory target(batch.bytes(), targetOffset);
  batch.target = target.data();
  cuda::Launch launch;
  const cuda::Prepared prepared =
      cuda::preparePreprocess(batch, {images.data(), images.data() + images.size()}, launch);
  CHECK(prepared == cuda::Prepared::kReady);
  runKernel(launch, images, target);
  for (const uint8_t times : target.writes) CHECK(times == 1);
  checkReads(of, images);
  checkResult(of, target.data());
  batch.images = given;
  return launch;
}

void randomBatchesAreMadeAsDefined() {
  Random random(12);
  std::vector<size_t> launches(cuda::kKernels);
  for (int i = 0; i < 2500; ++i) {
    Pictures of = randomPictures(random);
    PreprocessBatch& batch = of.batch;
    const size_t unit = batch.floatSource ? sizeof(float) : 1;
    const size_t gap = random.chance(0.5) ? 0 : unit * static_cast<size_t>(random.between(0, 5));
    const size_t targetOffset =
        random.chance(0.9) ? 0 : batch.valueBytes * static_cast<size_t>(random.between(1, 9));
    const size_t imagesOffset =
        random.chance(0.5) ? 0 : unit * static_cast<size_t>(random.between(1, 5));
    const cuda::Launch launch = checkPictures(of, imagesOffset, gap, targetOffset);
    ++launches[static_cast<size_t>(launch.kernel)];
  }
  // Each of them has been tried often.
#define GRIDMASK_TRIED(name, ...) CHECK(launches[static_cast<size_t>(cuda::Kernel::name)] > 10);
  GRIDMASK_PREPROCESS_KERNELS(GRIDMASK_TRIED)
  GRIDMASK_PREPROCESS_PIXELS_KERNEL(GRIDMASK_TRIED)
#undef GRIDMASK_TRIED
}

Pictures pictures(size_t count, int32_t side, std::vector<PackedSample> samples) {
  Pictures of{};
  PreprocessBatch& batch = of.batch;
  batch.count = count;
  batch.planes = 3;
  batch.height = batch.width = side;
  batch.pixelBytes = batch.valueBytes = 4;
  batch.type = ValueType::kFloat32;
  const auto bytes = static_cast<size_t>(side) * static_cast<size_t>(side) * 3;
  for (size_t n = 0; n < count; ++n) {
    of.pictures.emplace_back(new uint8_t[bytes]);
    for (size_t k = 0; k < bytes; ++k) of.pictures[n][k] = static_cast<uint8_t>(k * 31 + n * 7);
    batch.images.push_back({of.pictures[n].get(), side, side, 3, 0, 0, false});
  }
  for (uint32_t k = 0; k < 3; ++k) batch.scales.push_back({k, 0.01f, -1});
  of.samples = std::move(samples);
  if (!of.samples.empty()) batch.samples = Samples(of.samples.data());
  of.fill.resize(12);
  batch.fill = of.fill.data();
  return of;
}

// An ordinary batch, whose images lie together, needs no upload before its launch.
void constantsTravelWhileTheyFit() {
  Random random(13);
  std::vector<PackedSample> samples;
  for (int n = 0; n < 64; ++n) {
    PackedSample sample = randomSample(random);
    sample.unitProbability = 1;
    sample.d = std::min(sample.d, 1000);
    sample.l = std::min(sample.l, sample.d);
    sample.deltaX = sample.deltaY = 0;
    samples.push_back(sample);
  }
  Pictures alike = pictures(64, 8, samples);
  CHECK(checkPictures(alike, 0, 0, 0).constants.empty());
  Pictures moved = pictures(64, 8, samples);
  moved.batch.images[63].flip = true;
  CHECK(!checkPictures(moved, 0, 0, 0).constants.empty());
  Pictures unmasked = pictures(64, 8, {});
  CHECK(checkPictures(unmasked, 0, 0, 0).constants.empty());
}

// Up to the scales, which are parameters in any case.
void constantsTravelUpToTheScales() {
  size_t inlined = 0;
  for (size_t count = 56; count < 84; ++count) {
    Pictures of = pictures(count, 4, std::vector<PackedSample>(count));
    const size_t bytes = (count * sizeof(cuda::KernelSample) + 15) / 16 * 16;
    const bool fits = bytes + sizeof(cuda::KernelImage) <= cuda::kTileScalesAt;
    CHECK(checkPictures(of, 0, 0, 0).constants.empty() == fits);
    inlined += fits;
  }
  CHECK(inlined > 0 && inlined < 28);
}

// Every byte, with scales up to those for which a placed byte would not do.
void bytesArePlacedWhereThatIsExact() {
  const auto kernelOf = [](float a, float b, bool together) {
    Pictures of = pictures(2, 16, {});
    if (together) {
      of.batch.planes = 1;
      of.batch.pixelBytes = 12;
    }
    for (ChannelScale& scale : of.batch.scales) scale = {scale.channel, a, b};
    return checkPictures(of, 0, 0, 0).kernel;
  };
  constexpr auto kPixels = cuda::Kernel::gridmask_preprocess_pixels;
  for (const bool together : {false, true}) {
    for (const float a : {0.0f, 1e-45f, 1.1754942e-38f, 0.00392156886f, 1 / 3.0f, 16777215.0f,
                          0x1.fffffep103f, 0x1p104f}) {
      for (const float b : {0.0f, -2.117904f, 1e-45f, 3e38f}) {
        CHECK(kernelOf(a, b, together) != kPixels);
        CHECK(kernelOf(-a, b, together) != kPixels);
      }
      CHECK(kernelOf(a, -0.0f, together) != kPixels);
      CHECK(kernelOf(-a, -0.0f, together) == kPixels);
    }
    CHECK(kernelOf(0x1.000002p104f, 1, together) == kPixels);
    CHECK(kernelOf(-3e38f, 1, together) == kPixels);
  }
}

// More channels, or images, than the kernels of tiles count.
void whatTilesDoNotTake() {
  Pictures of = pictures(1, 8, {});
  PreprocessBatch& batch = of.batch;
  for (const size_t channels : {4, 5}) {
    batch.planes = channels;
    batch.scales.assign(channels, {1, 0.25f, 2});
    of.fill.resize(4 * channels);
    batch.fill = of.fill.data();
    CHECK((checkPictures(of, 0, 0, 0).kernel == cuda::Kernel::gridmask_preprocess_pixels) ==
          (channels == 5));
  }
  Pictures one = pictures(1, 4, {});
  const SourceImage image = one.batch.images[0];
  alignas(16) uint8_t target[16];
  one.batch.target = target;
  for (const size_t count : {65535, 65536}) {
    one.batch.count = count;
    one.batch.images.assign(count, image);
    cuda::Launch launch;
    CHECK(cuda::preparePreprocess(one.batch, {image.data, image.data + 48}, launch) ==
          cuda::Prepared::kReady);
    CHECK((launch.kernel == cuda::Kernel::gridmask_preprocess_pixels) == (count == 65536));
  }
}

// Of what is dropped as a whole not a byte is read.
void whatIsDroppedIsNotRead() {
  PackedSample sample{};
  sample.d = 10;
  sample.l = 10;
  sample.flags = PackedSample::kMasked | PackedSample::kReverse;
  sample.unitProbability = 1;
  for (const bool together : {false, true}) {
    for (const int32_t side : {32, 30}) {
      Pictures of = pictures(2, side, {sample, sample});
      if (together) {
        of.batch.planes = 1;
        of.batch.pixelBytes = 12;
      }
      checkPictures(of, 0, 0, 0);
      of.samples[1].flags = 0;
      checkPictures(of, 0, 0, 0);
    }
  }
}

// The number of a value's byte is below sixteen for all images that have a kernel of tiles.
void everyChannelMirroredAndNot() {
  for (uint32_t channels = 1; channels <= 5; ++channels) {
    for (uint32_t first = 0; first < channels; ++first) {
      for (const bool flip : {false, true}) {
        for (const ValueType type : {ValueType::kFloat32, ValueType::kFloat16}) {
          for (const bool together : {false, true}) {
            Pictures of = pictures(2, 32, {});
            PreprocessBatch& batch = of.batch;
            batch.type = type;
            batch.valueBytes = valueBytesOf(type);
            batch.planes = together ? 1 : 3;
            batch.pixelBytes = (together ? 3 : 1) * batch.valueBytes;
            const size_t bytes = 32 * 32 * channels;
            for (size_t n = 0; n < 2; ++n) {
              of.pictures[n].reset(new uint8_t[bytes]);
              for (size_t k = 0; k < bytes; ++k) {
                of.pictures[n][k] = static_cast<uint8_t>(k * 29 + n);
              }
              batch.images[n] = {of.pictures[n].get(), 32, 32, channels, -3, -2, flip};
            }
            for (uint32_t k = 0; k < 3; ++k) batch.scales[k].channel = (first + k) % channels;
            const cuda::Launch launch = checkPictures(of, 0, 0, 0);
            CHECK((launch.kernel == cuda::Kernel::gridmask_preprocess_pixels) == (channels == 5));
          }
        }
      }
    }
  }
}

void whatNoKernelTakesIsRefused() {
  Pictures of = pictures(1, 8, {});
  cuda::Launch launch;
  const auto isRefused = [&] {
    const uint8_t* const begin = of.batch.images[0].data;
    return cuda::preparePreprocess(of.batch, {begin, begin + 1024}, launch) ==
           cuda::Prepared::kUnsupported;
  };
  alignas(4) uint8_t target[8 * 8 * 3 * 4];
  of.batch.target = target + 1;
  CHECK(isRefused());
  of.batch.target = target;
  CHECK(!isRefused());
  of.batch.floatSource = true;
  of.batch.images[0].data += 2;
  CHECK(isRefused());
  PreprocessBatch none{};
  none.count = 3;
  CHECK(cuda::preparePreprocess(none, {nullptr, nullptr}, launch) == cuda::Prepared::kNothing);
}

}  // namespace

int main() {
  randomBatchesAreMadeAsDefined();
  constantsTravelWhileTheyFit();
  constantsTravelUpToTheScales();
  bytesArePlacedWhereThatIsExact();
  whatTilesDoNotTake();
  whatIsDroppedIsNotRead();
  everyChannelMirroredAndNot();
  whatNoKernelTakesIsRefused();
}
