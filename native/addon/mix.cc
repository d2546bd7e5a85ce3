// SPDX-License-Identifier: MIT

#include "addon/mix.h"

#include "addon/arguments.h"
#include "addon/async_call.h"
#include "addon/functions.h"
#include "cpu/mix.h"
#include "cpu/partners.h"

namespace gridmask::addon {
namespace {

Status parse(const Napi::CallbackInfo& info, BatchHeader& header, MixBatch& batch) {
  constexpr size_t kLambda = MixAt::kCount;
  if (info.Length() != kLambda + 1 || !readHeader(info[MixAt::kHeader], header)) {
    return kBadArguments;
  }
  if (!threadsOf(header)) return kBadArguments;
  const Status images = parseMixBatch(info, header, bytesOf(info[MixAt::kSource]),
                                      bytesOf(info[MixAt::kTarget]), batch);
  if (images != kDone) return images;
  const auto lambda = arrayOf<double>(info[kLambda]);
  if (!lambda || lambda->length != batch.count) return kBadArguments;
  // What has been checked must not be overwritten.
  if (overlapsAny(
          info, lambda->bytes(),
          {MixAt::kSource, MixAt::kTarget, MixAt::kSamples, MixAt::kIndices, MixAt::kPartner})) {
    return kBadArguments;
  }
  batch.lambda = lambda->data;
  return kDone;
}

// mix(header, source, target, samples, indices, partner, lambda): the fraction that a sample keeps
// of its own pixels comes into the Float64Array of ones.
Napi::Value mix(const Napi::CallbackInfo& info) {
  BatchHeader header;
  MixBatch batch;
  const Status status = parse(info, header, batch);
  if (status == kDone) cpu::mix(batch, *threadsOf(header));
  return statusValue(info, status);
}

// mixAsync(header, source, target, samples, indices, partner, lambda): a promise, unless it is
// refused.
Napi::Value mixAsync(const Napi::CallbackInfo& info) {
  BatchHeader header;
  MixBatch batch;
  const Status status = parse(info, header, batch);
  if (status != kDone) return statusValue(info, status);
  return startAsync(info, cpu::mixJob(batch, *threadsOf(header)), poolThreadsOf(header));
}

// drawPartner(header, samples, indices, partner): writes to the Int32Array. Uses count and the kind
// of samples from the header.
Napi::Value drawPartner(const Napi::CallbackInfo& info) {
  BatchHeader header;
  if (info.Length() != 4 || !readHeader(info[0], header)) return statusValue(info, kBadArguments);
  const auto partner = arrayOf<int32_t>(info[3]);
  if (!partner || wholeNumber(header.count, INT32_MAX) != partner->length) {
    return statusValue(info, kBadArguments);
  }
  const auto samples = parseSamples(header, info[1], info[2], partner->length);
  if (!samples || overlapsSamples(info, partner->bytes(), *samples, 1)) {
    return statusValue(info, kBadArguments);
  }
  cpu::drawPartners(*samples, partner->length, partner->data);
  return statusValue(info, kDone);
}

}  // namespace

void addMixFunctions(Napi::Object exports) {
  addFunction<mix>(exports, "mix");
  addFunction<mixAsync>(exports, "mixAsync");
  addFunction<drawPartner>(exports, "drawPartner");
}

}  // namespace gridmask::addon
