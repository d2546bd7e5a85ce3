// SPDX-License-Identifier: MIT
//
// The functions that lib/native.ts calls. All answer with a Status: errors are worded and thrown in
// TypeScript, whose Error is the caller's. Nothing here is kept between calls, so there is nothing
// to clean up when an environment ends; what addon/cuda.cc keeps has finalizers.

#include <napi.h>

#include <cstring>

#include "addon/arguments.h"
#include "addon/cuda.h"
#include "addon/mix.h"
#include "addon/preprocess.h"
#include "addon/worker.h"
#include "cpu/backend.h"
#include "cpu/pages.h"
#include "lattice/runs.h"

namespace gridmask::addon {
namespace {

struct ApplyCall {
  MaskBatch batch;
  unsigned threads;
};

Status parse(const Napi::CallbackInfo& info, ApplyCall& call) {
  const auto header = readHeader(info[ApplyAt::kHeader]);
  const auto threads = header ? threadsOf(*header) : std::nullopt;
  if (info.Length() != ApplyAt::kCount || !threads) return kBadArguments;
  call.threads = *threads;
  return parseMaskBatch(info, *header, bytesOf(info[ApplyAt::kSource]),
                        bytesOf(info[ApplyAt::kTarget]), call.batch);
}

void run(const ApplyCall& call) { cpu::apply(call.batch, call.threads); }

// apply(header, source, target, samples, indices, fill)
Napi::Value apply(const Napi::CallbackInfo& info) {
  ApplyCall call;
  const Status status = parse(info, call);
  if (status == kDone) run(call);
  return Napi::Number::New(info.Env(), status);
}

Napi::Value applyAsync(const Napi::CallbackInfo& info) {
  ApplyCall call;
  const Status status = parse(info, call);
  if (status != kDone) return Napi::Number::New(info.Env(), status);
  return (new RequestWorker<ApplyCall>(info, "gridmask.applyAsync", call, run))->start();
}

// draw(header, settings, indices, plan): draws as apply() does, into the packed samples of a plan.
Napi::Value draw(const Napi::CallbackInfo& info) {
  const Napi::Value refused = Napi::Number::New(info.Env(), kBadArguments);
  const auto header = readHeader(info[0]);
  const auto indices = bytesOf(info[2]);
  const auto plan = bytesOf(info[3]);
  if (info.Length() != 4 || !header || !plan || plan->length % sizeof(PackedSample) != 0) {
    return refused;
  }
  const size_t count = plan->length / sizeof(PackedSample);
  if (wholeNumber(header->count, kMostExact) != count) return refused;
  const auto samples = parseDraws(*header, info[1], info[2], count);
  // What has been checked must not be written over.
  if (!samples || (indices && overlap(*plan, *indices))) return refused;
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

// countKept(header, sample, boxes, counts): for each box x0, y0, x1, y1 of the Int32Array the
// number of its pixels that the mask keeps, into the Float64Array. Of the header height, width and
// the sample's kind count, which is not a draw.
Napi::Value countKept(const Napi::CallbackInfo& info) {
  const Napi::Value refused = Napi::Number::New(info.Env(), kBadArguments);
  const auto header = readHeader(info[0]);
  if (info.Length() != 4 || !header) return refused;
  const auto height = wholeNumber(header->height, kMaxSide);
  const auto width = wholeNumber(header->width, kMaxSide);
  const auto packed = bytesOf(info[1]);
  const auto boxes = bytesOf(info[2]);
  const auto counts = bytesOf(info[3]);
  if (!height || !width || !packed || !boxes || !counts ||
      boxes->length % (4 * sizeof(int32_t)) != 0 || counts->length != boxes->length / 2 ||
      overlap(*counts, *packed) || overlap(*counts, *boxes)) {
    return refused;
  }
  std::optional<Regions> regions;
  Lattice lattice{};
  if (header->sampleKind == static_cast<double>(SampleKind::kRectangles)) {
    regions = parseRegions(info[1], 1);
    if (!regions) return refused;
  } else {
    PackedSample sample;
    if (header->sampleKind != static_cast<double>(SampleKind::kPlan) ||
        packed->length != sizeof sample) {
      return refused;
    }
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
    const uint64_t kept = regions
                              ? gridmask::countKept<RegionScanner>((*regions)[0], x0, y0, x1, y1)
                              : gridmask::countKept(lattice, x0, y0, x1, y1);
    const auto number = static_cast<double>(kept);
    std::memcpy(counts->data + i * sizeof number, &number, sizeof number);
  }
  return Napi::Number::New(info.Env(), kDone);
}

// readHeader(header): an object of its fields, in their order. For tests.
Napi::Value describeHeader(const Napi::CallbackInfo& info) {
  const auto header = readHeader(info[0]);
  if (!header) return Napi::Number::New(info.Env(), kBadArguments);
  Napi::Object fields = Napi::Object::New(info.Env());
#define GRIDMASK_FIELD(name) fields[#name] = Napi::Number::New(info.Env(), header->name);
  GRIDMASK_BATCH_HEADER(GRIDMASK_FIELD)
#undef GRIDMASK_FIELD
  return fields;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports["apply"] = Napi::Function::New(env, apply, "apply");
  exports["applyAsync"] = Napi::Function::New(env, applyAsync, "applyAsync");
  exports["draw"] = Napi::Function::New(env, draw, "draw");
  exports["useLargePages"] = Napi::Function::New(env, useLargePages, "useLargePages");
  exports["countKept"] = Napi::Function::New(env, countKept, "countKept");
  exports["readHeader"] = Napi::Function::New(env, describeHeader, "readHeader");
  addMixFunctions(env, exports);
  addPreprocessFunctions(env, exports);
  exports["cuda"] = cudaFunctions(env);
  // That of the package whose TypeScript it belongs to.
  exports["version"] = Napi::String::New(env, GRIDMASK_VERSION);
  exports["instructionSet"] = Napi::String::New(env, cpu::bestKernels().name);
  return exports;
}

NODE_API_MODULE(gridmask, init)

}  // namespace
}  // namespace gridmask::addon
