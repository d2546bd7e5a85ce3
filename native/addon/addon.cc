// SPDX-License-Identifier: MIT
//
// The functions that lib/native.ts calls. All answer with a Status: errors are worded and thrown in
// TypeScript, whose Error is the caller's. Nothing here is kept between calls, so there is nothing
// to clean up when an environment ends; what addon/cuda.cc keeps has finalizers.

#include <napi.h>

#include <cstring>

#include "addon/cuda.h"
#include "addon/mix.h"
#include "addon/request.h"
#include "addon/worker.h"
#include "cpu/pages.h"
#include "lattice/runs.h"

namespace gridmask::addon {
namespace {

void run(const ApplyRequest& request) { cpu::apply(request.batch, request.threads); }

Napi::Value apply(const Napi::CallbackInfo& info) {
  ApplyRequest request;
  const Status status = parseApply(info, request);
  if (status == kDone) run(request);
  return Napi::Number::New(info.Env(), status);
}

Napi::Value applyAsync(const Napi::CallbackInfo& info) {
  ApplyRequest request;
  const Status status = parseApply(info, request);
  if (status != kDone) return Napi::Number::New(info.Env(), status);
  constexpr const char* kName = "gridmask.applyAsync";
  return (new RequestWorker<ApplyRequest>(info, kName, kArrayArguments, request, run))->start();
}

// draw(plan, settings, first, indices): draws as apply() does with the last three, into the packed
// samples of a plan.
Napi::Value draw(const Napi::CallbackInfo& info) {
  const Napi::Value refused = Napi::Number::New(info.Env(), kBadArguments);
  if (info.Length() != 4 || info[2].IsUndefined()) return refused;
  const auto plan = bytesOf(info[0]);
  if (!plan || plan->length % sizeof(PackedSample) != 0) return refused;
  const size_t count = plan->length / sizeof(PackedSample);
  const auto samples = parseSamples(info[1], info[2], info[3], count);
  if (!samples) return refused;
  for (size_t i = 0; i < count; ++i) {
    const PackedSample sample = (*samples)[i];
    std::memcpy(plan->data + i * sizeof sample, &sample, sizeof sample);
  }
  return Napi::Number::New(info.Env(), kDone);
}

// useLargePages(array): for a result that has just been allocated.
Napi::Value useLargePages(const Napi::CallbackInfo& info) {
  const auto bytes = info.Length() == 1 ? bytesOf(info[0]) : std::nullopt;
  if (bytes) cpu::useLargePages(bytes->data, bytes->length);
  return Napi::Number::New(info.Env(), bytes ? kDone : kBadArguments);
}

// countKept(sample, height, width, boxes, counts): for each box x0, y0, x1, y1 of the Int32Array
// the number of its pixels that the mask keeps, into the Float64Array. A Uint32Array is a sample
// that drops rectangles.
Napi::Value countKept(const Napi::CallbackInfo& info) {
  const Napi::Value refused = Napi::Number::New(info.Env(), kBadArguments);
  if (info.Length() != 5) return refused;
  const auto packed = bytesOf(info[0]);
  const auto height = wholeNumber(info[1], kMaxSide);
  const auto width = wholeNumber(info[2], kMaxSide);
  const auto boxes = bytesOf(info[3]);
  const auto counts = bytesOf(info[4]);
  Regions regions;
  if (!packed || !parseRegions(info[0], 1, regions) ||
      (!regions && packed->length != sizeof(PackedSample)) || !height || !width || !boxes ||
      !counts || boxes->length % (4 * sizeof(int32_t)) != 0 ||
      counts->length != boxes->length / 2) {
    return refused;
  }
  Lattice lattice{};
  if (!regions) {
    PackedSample sample;
    std::memcpy(&sample, packed->data, sizeof sample);
    if (!isSane(sample)) return refused;
    lattice = latticeOf(sample, static_cast<int32_t>(*height), static_cast<int32_t>(*width));
  }
  for (size_t i = 0; i < counts->length / sizeof(double); ++i) {
    int32_t box[4];
    std::memcpy(box, boxes->data + i * sizeof box, sizeof box);
    const auto [x0, y0, x1, y1] = box;
    if (x0 < 0 || x0 > x1 || x1 > static_cast<int32_t>(*width) || y0 < 0 || y0 > y1 ||
        y1 > static_cast<int32_t>(*height)) {
      return refused;
    }
    const uint64_t kept = regions ? gridmask::countKept<RegionScanner>(regions[0], x0, y0, x1, y1)
                                  : gridmask::countKept(lattice, x0, y0, x1, y1);
    const auto number = static_cast<double>(kept);
    std::memcpy(counts->data + i * sizeof number, &number, sizeof number);
  }
  return Napi::Number::New(info.Env(), kDone);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports["apply"] = Napi::Function::New(env, apply, "apply");
  exports["applyAsync"] = Napi::Function::New(env, applyAsync, "applyAsync");
  exports["draw"] = Napi::Function::New(env, draw, "draw");
  exports["useLargePages"] = Napi::Function::New(env, useLargePages, "useLargePages");
  exports["countKept"] = Napi::Function::New(env, countKept, "countKept");
  addMixFunctions(env, exports);
  exports["cuda"] = cudaFunctions(env);
  // That of the package whose TypeScript it belongs to.
  exports["version"] = Napi::String::New(env, GRIDMASK_VERSION);
  exports["instructionSet"] = Napi::String::New(env, cpu::bestKernels().name);
  return exports;
}

NODE_API_MODULE(gridmask, init)

}  // namespace
}  // namespace gridmask::addon
