// SPDX-License-Identifier: MIT
//
// What the inner loops cost: a batch that fits in the caches, on one thread, in either way.

#include <napi.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "lattice/instructions.h"
#include "loop_batch.h"

namespace {

using gridmask::bench::LoopBatch;
using gridmask::bench::LoopSettings;
using gridmask::cpu::Strategy;

// Nanoseconds per call: the minimum of several, since nothing makes a loop faster than it is.
double timeOf(LoopBatch& batch, double milliseconds) {
  using Clock = std::chrono::steady_clock;
  using Nanoseconds = std::chrono::duration<double, std::nano>;
  batch.run();
  const auto end = Clock::now() + std::chrono::duration<double, std::milli>(milliseconds);
  double least = 1e300;
  for (int i = 0; i < 3 || Clock::now() < end; ++i) {
    const auto start = Clock::now();
    batch.run();
    least = std::min(least, Nanoseconds(Clock::now() - start).count());
  }
  return least;
}

// time({ count, planes, side, pixelBytes, d, angle, inPlace, mixes }, milliseconds): nanoseconds
// that { runs, bits, chosen } take. The numbers are the benchmark's own: nothing is checked.
Napi::Value time(const Napi::CallbackInfo& info) {
  const auto given = info[0].As<Napi::Object>();
  const double milliseconds = info[1].As<Napi::Number>().DoubleValue();
  const auto number = [&](const char* name) {
    return given.Get(name).As<Napi::Number>().DoubleValue();
  };
  LoopSettings settings;
  settings.count = static_cast<size_t>(number("count"));
  settings.planes = static_cast<size_t>(number("planes"));
  settings.side = static_cast<int32_t>(number("side"));
  settings.pixelBytes = static_cast<size_t>(number("pixelBytes"));
  settings.d = static_cast<int32_t>(number("d"));
  settings.angle = number("angle");
  settings.inPlace = given.Get("inPlace").As<Napi::Boolean>().Value();
  settings.mixes = given.Get("mixes").As<Napi::Boolean>().Value();
  Napi::Object times = Napi::Object::New(info.Env());
  const auto add = [&](const char* name, Strategy strategy) {
    settings.strategy = strategy;
    LoopBatch batch(settings);
    times[name] = Napi::Number::New(info.Env(), timeOf(batch, milliseconds));
  };
  add("runs", Strategy::kRuns);
  add("bits", Strategy::kBits);
  add("chosen", Strategy::kAuto);
  return times;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  // As for the package itself.
  if (const char* name = std::getenv("GRIDMASK_INSTRUCTIONS")) gridmask::useInstructions(name);
  exports["time"] = Napi::Function::New(env, time);
  return exports;
}

NODE_API_MODULE(bench_loops, init)

}  // namespace
