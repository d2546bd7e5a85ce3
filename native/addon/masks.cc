// SPDX-License-Identifier: MIT

#include "addon/masks.h"

#include <cstring>

#include "addon/arguments.h"
#include "addon/async_call.h"
#include "addon/functions.h"
#include "cpu/backend.h"
#include "cpu/count.h"

namespace gridmask::addon {
namespace {

Status parse(const Napi::CallbackInfo& info, BatchHeader& header, MaskBatch& batch) {
  if (info.Length() != ApplyAt::kCount || !readHeader(info[ApplyAt::kHeader], header)) {
    return kBadArguments;
  }
  if (!threadsOf(header)) return kBadArguments;
  return parseMaskBatch(info, header, bytesOf(info[ApplyAt::kSource]),
                        bytesOf(info[ApplyAt::kTarget]), batch);
}

// apply(header, source, target, samples, indices, fill)
Napi::Value apply(const Napi::CallbackInfo& info) {
  BatchHeader header;
  MaskBatch batch;
  const Status status = parse(info, header, batch);
  if (status == kDone) cpu::apply(batch, *threadsOf(header));
  return statusValue(info, status);
}

// applyAsync(header, source, target, samples, indices, fill): a promise, unless it is refused.
Napi::Value applyAsync(const Napi::CallbackInfo& info) {
  BatchHeader header;
  MaskBatch batch;
  const Status status = parse(info, header, batch);
  if (status != kDone) return statusValue(info, status);
  return startAsync(info, cpu::applyJob(batch, *threadsOf(header)), poolThreadsOf(header));
}

// draw(header, settings, indices, plan): draws as apply() does, into the packed samples of a plan.
Napi::Value draw(const Napi::CallbackInfo& info) {
  BatchHeader header;
  if (info.Length() != 4 || !readHeader(info[0], header)) return statusValue(info, kBadArguments);
  const auto indices = bytesOf(info[2]);
  const auto plan = bytesOf(info[3]);
  const auto count = wholeNumber(header.count, kMostExact);
  if (!plan || !count || plan->length % sizeof(PackedSample) != 0 ||
      plan->length / sizeof(PackedSample) != *count) {
    return statusValue(info, kBadArguments);
  }
  const auto samples = parseDraws(header, info[1], info[2], *count);
  // What has been checked must not be overwritten.
  if (!samples || (indices && overlap(*plan, *indices))) return statusValue(info, kBadArguments);
  samples->forEach(0, *count, [&](size_t i, const PackedSample& sample) {
    std::memcpy(plan->data + i * sizeof sample, &sample, sizeof sample);
  });
  return statusValue(info, kDone);
}

// countKept(header, sample, boxes, counts): writes to the Float64Array how many pixels the mask
// keeps in each box x0, y0, x1, y1 of the Int32Array. Uses height, width and the kind of sample
// from the header.
Napi::Value countKept(const Napi::CallbackInfo& info) {
  BatchHeader header;
  if (info.Length() != 4 || !readHeader(info[0], header)) return statusValue(info, kBadArguments);
  const auto size = sizeOf(header);
  const auto masks = parseMasks(header, info[1], info.Env().Undefined(), 1);
  const auto boxes = arrayOf<cpu::Box>(info[2]);
  const auto counts = arrayOf<double>(info[3]);
  if (!size || !masks || !boxes || !counts || counts->length != boxes->length ||
      overlap(counts->bytes(), boxes->bytes()) || overlap(counts->bytes(), *bytesOf(info[1]))) {
    return statusValue(info, kBadArguments);
  }
  for (size_t i = 0; i < boxes->length; ++i) {
    const auto [x0, y0, x1, y1] = boxes->data[i];
    if (x0 < 0 || x0 > x1 || x1 > size->width || y0 < 0 || y0 > y1 || y1 > size->height) {
      return statusValue(info, kBadArguments);
    }
  }
  cpu::countKept(*masks, size->height, size->width, boxes->data, boxes->length, counts->data);
  return statusValue(info, kDone);
}

// countSamples(header, samples, indices, counts): writes to the Float64Array how many pixels each
// sample's mask keeps. Uses count, height, width, threads and the kind of samples from the header.
Napi::Value countSamples(const Napi::CallbackInfo& info) {
  BatchHeader header;
  if (info.Length() != 4 || !readHeader(info[0], header)) return statusValue(info, kBadArguments);
  const auto size = sizeOf(header);
  const auto threads = threadsOf(header);
  const auto counts = arrayOf<double>(info[3]);
  if (!size || !threads || !counts || wholeNumber(header.count, kMostExact) != counts->length) {
    return statusValue(info, kBadArguments);
  }
  const auto samples = parseSamples(header, info[1], info[2], counts->length);
  if (!samples || overlapsSamples(info, counts->bytes(), *samples, 1)) {
    return statusValue(info, kBadArguments);
  }
  cpu::countKept(*samples, counts->length, size->height, size->width, counts->data, *threads);
  return statusValue(info, kDone);
}

}  // namespace

void addMaskFunctions(Napi::Object exports) {
  addFunction<apply>(exports, "apply");
  addFunction<applyAsync>(exports, "applyAsync");
  addFunction<draw>(exports, "draw");
  addFunction<countKept>(exports, "countKept");
  addFunction<countSamples>(exports, "countSamples");
}

}  // namespace gridmask::addon
