// SPDX-License-Identifier: MIT
//
// One of five cases, once to warm up and once to be counted: bench/counts.mjs runs it under
// callgrind.

#include <cstdio>
#include <cstring>

#include "loop_batch.h"

using gridmask::bench::LoopBatch;
using gridmask::bench::LoopSettings;

namespace {

LoopSettings settings(size_t planes, int32_t side, size_t pixelBytes, int32_t d) {
  LoopSettings made;
  made.count = side < 100 ? 16 : 2;
  made.planes = planes;
  made.side = side;
  made.pixelBytes = pixelBytes;
  made.d = d;
  made.angle = 30;
  return made;
}

struct Case {
  const char* name;
  LoopSettings settings;
  void (LoopBatch::*work)();
};

// The name says to callgrind what to count.
__attribute__((noinline)) void counted(LoopBatch& batch, void (LoopBatch::*work)()) {
  (batch.*work)();
}

}  // namespace

int main(int count, char** arguments) {
  LoopSettings random = settings(3, 32, 4, 20);
  random.unitProbability = 0.5;
  LoopSettings inPlace = settings(3, 224, 4, 120);
  inPlace.inPlace = true;
  LoopSettings mixed = settings(3, 32, 4, 20);
  mixed.mixes = true;
  const Case cases[] = {
      {"bytes 32×32, NHWC", settings(1, 32, 3, 20), &LoopBatch::run},
      {"float32 32×32, Random GridMask", random, &LoopBatch::run},
      {"float32 224×224, in place", inPlace, &LoopBatch::run},
      {"float32 32×32, GridMix", mixed, &LoopBatch::run},
      {"bytes 224×224 to float32, Preprocessor", settings(3, 224, 4, 120), &LoopBatch::preprocess},
  };
  for (const Case& one : cases) {
    if (count == 1) {
      const auto side = static_cast<size_t>(one.settings.side);
      std::printf("%s\t%zu\n", one.name, one.settings.count * side * side);
    } else if (std::strcmp(arguments[1], one.name) == 0) {
      LoopBatch batch(one.settings);
      (batch.*one.work)();
      counted(batch, one.work);
    }
  }
}
