// SPDX-License-Identifier: MIT

#include "addon/mix.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "addon/arguments.h"
#include "addon/worker.h"
#include "cpu/count.h"
#include "cpu/mix.h"
#include "cpu/pool.h"

namespace gridmask::addon {
namespace {

struct MixCall {
  MixBatch batch;
  unsigned threads;
};

Status parse(const Napi::CallbackInfo& info, MixCall& call) {
  const auto header = readHeader(info[MixAt::kHeader]);
  const auto threads = header ? threadsOf(*header) : std::nullopt;
  if (info.Length() != MixAt::kCount || !threads) return kBadArguments;
  call.threads = *threads;
  return parseMixBatch(info, *header, bytesOf(info[MixAt::kSource]), bytesOf(info[MixAt::kTarget]),
                       call.batch);
}

void run(const MixCall& call) { cpu::mix(call.batch, call.threads); }

// mix(header, source, target, plan, partner)
Napi::Value mix(const Napi::CallbackInfo& info) {
  MixCall call;
  const Status status = parse(info, call);
  if (status == kDone) run(call);
  return Napi::Number::New(info.Env(), status);
}

Napi::Value mixAsync(const Napi::CallbackInfo& info) {
  MixCall call;
  const Status status = parse(info, call);
  if (status != kDone) return Napi::Number::New(info.Env(), status);
  return (new RequestWorker<MixCall>(info, "gridmask.gridmixAsync", call, run))->start();
}

// drawPartner(header, plan, partner): into the Int32Array. Of the header only the count counts.
Napi::Value drawPartner(const Napi::CallbackInfo& info) {
  const Napi::Value refused = Napi::Number::New(info.Env(), kBadArguments);
  const auto header = readHeader(info[0]);
  const auto partner = bytesOf(info[2]);
  if (info.Length() != 3 || !header || !partner || partner->length % sizeof(int32_t) != 0) {
    return refused;
  }
  const size_t count = partner->length / sizeof(int32_t);
  if (count > INT32_MAX || wholeNumber(header->count, INT32_MAX) != count) return refused;
  const PackedSample* plan = parsePlan(info[1], count);
  if (plan == nullptr || overlap(*partner, *bytesOf(info[1]))) return refused;
  // A sample's word, and among equal ones its place in the batch.
  std::vector<std::pair<uint64_t, int32_t>> order(count);
  for (size_t i = 0; i < count; ++i) {
    order[i] = {partnerWord(plan[i]), static_cast<int32_t>(i)};
  }
  std::sort(order.begin(), order.end());
  for (size_t k = 0; k < count; ++k) {
    const int32_t next = order[k + 1 < count ? k + 1 : 0].second;
    const auto of = static_cast<size_t>(order[k].second);
    std::memcpy(partner->data + of * sizeof next, &next, sizeof next);
  }
  return Napi::Number::New(info.Env(), kDone);
}

// countPlan(header, plan, counts): the number of pixels that each sample's mask keeps, into the
// Float64Array. Of the header count, height, width and threads count.
Napi::Value countPlan(const Napi::CallbackInfo& info) {
  const Napi::Value refused = Napi::Number::New(info.Env(), kBadArguments);
  const auto header = readHeader(info[0]);
  if (info.Length() != 3 || !header) return refused;
  const auto count = wholeNumber(header->count, kMostExact);
  const auto height = wholeNumber(header->height, kMaxSide);
  const auto width = wholeNumber(header->width, kMaxSide);
  const auto threads = threadsOf(*header);
  const auto counts = bytesOf(info[2]);
  if (!count || !height || !width || !threads || !counts ||
      counts->length / sizeof(double) != *count || counts->length % sizeof(double) != 0) {
    return refused;
  }
  const PackedSample* plan = parsePlan(info[1], *count);
  if (plan == nullptr || overlap(*counts, *bytesOf(info[1]))) return refused;
  const auto h = static_cast<int32_t>(*height);
  const auto w = static_cast<int32_t>(*width);
  // Some microseconds for 64 rows: what makes waking a thread worth while.
  const size_t grain = 1 + 1024 / (*height + 1);
  cpu::parallelFor(*count, grain, *threads, [&](size_t begin, size_t end) {
    cpu::KeptCounter counter(h, w);
    for (size_t i = begin; i < end; ++i) {
      const auto kept = static_cast<double>(counter.count(plan[i]));
      std::memcpy(counts->data + i * sizeof kept, &kept, sizeof kept);
    }
  });
  return Napi::Number::New(info.Env(), kDone);
}

}  // namespace

void addMixFunctions(Napi::Env env, Napi::Object exports) {
  exports["mix"] = Napi::Function::New(env, mix, "mix");
  exports["mixAsync"] = Napi::Function::New(env, mixAsync, "mixAsync");
  exports["drawPartner"] = Napi::Function::New(env, drawPartner, "drawPartner");
  exports["countPlan"] = Napi::Function::New(env, countPlan, "countPlan");
}

}  // namespace gridmask::addon
