// SPDX-License-Identifier: MIT
//
// A batch for one inner loop on one thread: square images, all with the same mask except for where
// its lattice begins.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "cpu/backend.h"
#include "cpu/mix.h"
#include "cpu/preprocess.h"
#include "cpu/strategy.h"

namespace gridmask::bench {

struct LoopSettings {
  size_t count = 1;
  size_t planes = 1;
  int32_t side = 1;
  size_t pixelBytes = 1;
  int32_t d = 1;
  double ratio = 0.5;
  double angle = 0;
  double unitProbability = 1;
  bool inPlace = false;
  bool mixes = false;
  cpu::Strategy strategy = cpu::Strategy::kAuto;
};

class LoopBatch {
 public:
  explicit LoopBatch(const LoopSettings& settings) : settings_(settings) {
    const auto side = static_cast<size_t>(settings.side);
    bytes_ = settings.count * settings.planes * side * side * settings.pixelBytes;
    source_.assign(bytes_, 0x38);
    target_.assign(bytes_, 1);
    fill_.assign(settings.planes * settings.pixelBytes, 0);
    for (size_t i = 0; i < settings.count; ++i) {
      samples_.push_back(sampleOf(static_cast<int32_t>(i)));
      partner_.push_back(static_cast<int32_t>((i + 1) % settings.count));
    }
  }

  size_t bytes() const { return bytes_; }

  void run() {
    const BatchLayout layout{settings_.count, settings_.planes,     settings_.side,
                             settings_.side,  settings_.pixelBytes, settings_.pixelBytes};
    const ImageBatch images{layout, source_.data(),
                            settings_.inPlace ? source_.data() : target_.data()};
    if (settings_.mixes) {
      cpu::mix({images, Samples(samples_.data()), partner_.data()}, 1, cpu::bestKernels(),
               settings_.strategy);
    } else {
      cpu::apply({images, Samples(samples_.data()), fill_.data(), {}}, 1, cpu::bestKernels(),
                 settings_.strategy);
    }
  }

  // Bytes of three channels to float32, in planes.
  void preprocess() {
    const auto side = static_cast<size_t>(settings_.side);
    PreprocessBatch batch{};
    static_cast<BatchLayout&>(batch) = {settings_.count, 3, settings_.side, settings_.side, 4, 4};
    std::vector<uint8_t> fill(12);
    batch.target = target_.data();
    batch.type = ValueType::kFloat32;
    for (size_t i = 0; i < settings_.count; ++i) {
      batch.images.push_back(
          {source_.data() + i * side * side * 3, settings_.side, settings_.side, 3, 0, 0, false});
    }
    for (uint32_t k = 0; k < 3; ++k) batch.scales.push_back({k, 0.017f, -2.1f});
    batch.samples = Samples(samples_.data());
    batch.fill = fill.data();
    cpu::preprocess(batch, 1);
  }

 private:
  PackedSample sampleOf(int32_t i) const {
    PackedSample sample{};
    sample.d = settings_.d;
    sample.ratio = settings_.ratio;
    sample.l = static_cast<int32_t>(std::ceil(settings_.d * settings_.ratio));
    sample.deltaX = i * 7 % settings_.d;
    sample.deltaY = i * 5 % settings_.d;
    // If all masks were alike, the processor would soon learn the runs.
    sample.angle = settings_.angle == 0 ? 0 : settings_.angle + 13 * i;
    sample.flags = PackedSample::kMasked;
    sample.unitProbability = settings_.unitProbability;
    sample.index[0] = sample.unitKey[0] = static_cast<uint32_t>(i);
    return sample;
  }

  const LoopSettings settings_;
  size_t bytes_;
  std::vector<uint8_t> source_;
  std::vector<uint8_t> target_;
  std::vector<uint8_t> fill_;
  std::vector<PackedSample> samples_;
  std::vector<int32_t> partner_;
};

}  // namespace gridmask::bench
