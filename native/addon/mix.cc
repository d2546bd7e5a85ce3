// SPDX-License-Identifier: MIT

#include "addon/mix.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "addon/worker.h"
#include "cpu/count.h"
#include "cpu/mix.h"
#include "cpu/pool.h"

namespace gridmask::addon {
namespace {

struct MixRequest {
  MixBatch batch;
  unsigned threads;
};

// Those of whose memory something is kept: source, target, plan, partner.
constexpr uint32_t kMixArrays = 4;

std::optional<unsigned> threadsOf(const Napi::Value& value) {
  const auto threads = wholeNumber(value, cpu::kMaxThreads);
  if (!threads || *threads == 0) return std::nullopt;
  return static_cast<unsigned>(*threads);
}

Status parse(const Napi::CallbackInfo& info, MixRequest& request) {
  if (info.Length() != 2 + kMixArguments + 1) return kBadArguments;
  const auto threads = threadsOf(info[2 + kMixArguments]);
  if (!threads) return kBadArguments;
  request.threads = *threads;
  return parseMix(info, 2, bytesOf(info[0]), bytesOf(info[1]), request.batch);
}

void run(const MixRequest& request) { cpu::mix(request.batch, request.threads); }

// mix(source, target, plan, partner, planes, height, width, pixelBytes, threads)
Napi::Value mix(const Napi::CallbackInfo& info) {
  MixRequest request;
  const Status status = parse(info, request);
  if (status == kDone) run(request);
  return Napi::Number::New(info.Env(), status);
}

Napi::Value mixAsync(const Napi::CallbackInfo& info) {
  MixRequest request;
  const Status status = parse(info, request);
  if (status != kDone) return Napi::Number::New(info.Env(), status);
  constexpr const char* kName = "gridmask.gridmixAsync";
  return (new RequestWorker<MixRequest>(info, kName, kMixArrays, request, run))->start();
}

// The samples of a plan, of which there are any number.
std::optional<const PackedSample*> planOf(const Napi::Value& value, size_t& count) {
  const auto bytes = bytesOf(value);
  if (!bytes) return std::nullopt;
  count = bytes->length / sizeof(PackedSample);
  const Napi::Value none = value.Env().Undefined();
  if (!parseSamples(value, none, none, count)) return std::nullopt;
  return reinterpret_cast<const PackedSample*>(bytes->data);
}

// drawPartner(plan, partner): into the Int32Array.
Napi::Value drawPartner(const Napi::CallbackInfo& info) {
  const Napi::Value refused = Napi::Number::New(info.Env(), kBadArguments);
  if (info.Length() != 2) return refused;
  size_t count;
  const auto plan = planOf(info[0], count);
  const auto partner = bytesOf(info[1]);
  if (!plan || !partner || partner->length != count * sizeof(int32_t) || count > INT32_MAX) {
    return refused;
  }
  // A sample's word, and among equal ones its place in the batch.
  std::vector<std::pair<uint64_t, int32_t>> order(count);
  for (size_t i = 0; i < count; ++i) {
    order[i] = {partnerWord((*plan)[i]), static_cast<int32_t>(i)};
  }
  std::sort(order.begin(), order.end());
  for (size_t k = 0; k < count; ++k) {
    const int32_t next = order[k + 1 < count ? k + 1 : 0].second;
    const auto of = static_cast<size_t>(order[k].second);
    std::memcpy(partner->data + of * sizeof next, &next, sizeof next);
  }
  return Napi::Number::New(info.Env(), kDone);
}

// countPlan(plan, height, width, counts, threads): the number of pixels that each sample's mask
// keeps, into the Float64Array.
Napi::Value countPlan(const Napi::CallbackInfo& info) {
  const Napi::Value refused = Napi::Number::New(info.Env(), kBadArguments);
  if (info.Length() != 5) return refused;
  size_t count;
  const auto plan = planOf(info[0], count);
  const auto height = wholeNumber(info[1], kMaxSide);
  const auto width = wholeNumber(info[2], kMaxSide);
  const auto counts = bytesOf(info[3]);
  const auto threads = threadsOf(info[4]);
  if (!plan || !height || !width || !counts || counts->length != count * sizeof(double) ||
      !threads || overlap(*counts, *bytesOf(info[0]))) {
    return refused;
  }
  const auto h = static_cast<int32_t>(*height);
  const auto w = static_cast<int32_t>(*width);
  // Some microseconds for 64 rows: what makes waking a thread worth while.
  const size_t grain = 1 + 1024 / (*height + 1);
  cpu::parallelFor(count, grain, *threads, [&](size_t begin, size_t end) {
    cpu::KeptCounter counter(h, w);
    for (size_t i = begin; i < end; ++i) {
      const auto kept = static_cast<double>(counter.count((*plan)[i]));
      std::memcpy(counts->data + i * sizeof kept, &kept, sizeof kept);
    }
  });
  return Napi::Number::New(info.Env(), kDone);
}

}  // namespace

Status parseMix(const Napi::CallbackInfo& info, size_t at, const std::optional<Bytes>& source,
                const std::optional<Bytes>& target, MixBatch& batch) {
  size_t count;
  const auto plan = planOf(info[at], count);
  const auto partner = bytesOf(info[at + 1]);
  const auto planes = wholeNumber(info[at + 2], kMostExact);
  const auto height = wholeNumber(info[at + 3], kMaxSide);
  const auto width = wholeNumber(info[at + 4], kMaxSide);
  const auto pixelBytes = wholeNumber(info[at + 5], kMostExact);
  if (!source || !target || !plan || !partner || !planes || !height || !width || !pixelBytes ||
      *pixelBytes == 0) {
    return kBadArguments;
  }
  const auto bytes = product({count, *planes, *height, *width, *pixelBytes});
  if (!bytes || source->length != *bytes || target->length != *bytes || count > INT32_MAX ||
      partner->length != count * sizeof(int32_t) ||
      reinterpret_cast<uintptr_t>(partner->data) % alignof(int32_t) != 0) {
    return kBadArguments;
  }
  const auto* partners = reinterpret_cast<const int32_t*>(partner->data);
  if (!isPermutation(partners, count)) return kBadArguments;

  if (source->data != target->data && overlap(*source, *target)) return kOverlap;
  // What has been checked must not be written over.
  for (const size_t i : {at, at + 1}) {
    const auto other = bytesOf(info[i]);
    if (other && overlap(*target, *other)) return kBadArguments;
  }
  batch = {source->data,
           target->data,
           count,
           *planes,
           static_cast<int32_t>(*height),
           static_cast<int32_t>(*width),
           *pixelBytes,
           *plan,
           partners};
  return kDone;
}

void addMixFunctions(Napi::Env env, Napi::Object exports) {
  exports["mix"] = Napi::Function::New(env, mix, "mix");
  exports["mixAsync"] = Napi::Function::New(env, mixAsync, "mixAsync");
  exports["drawPartner"] = Napi::Function::New(env, drawPartner, "drawPartner");
  exports["countPlan"] = Napi::Function::New(env, countPlan, "countPlan");
}

}  // namespace gridmask::addon
