// SPDX-License-Identifier: MIT
//
// What JavaScript hands over, checked. lib/ has validated it all and words the errors; this trusts
// none of it, since a number that lies would become a stray access.
#pragma once

#include <napi.h>

#include <optional>

#include "cpu/backend.h"

namespace gridmask::addon {

// Results of the native calls; lib/native.ts has the same numbers.
enum Status : int32_t {
  kDone = 0,
  kBadArguments = 1,
  kOverlap = 2,      // source and target overlap in part
  kCudaFailed = 3,   // told as an object, see addon/cuda.cc
  kTooLarge = 4,     // for CUDA's kernels
  kOutOfMemory = 5,  // of the host
};

// The bytes of a typed array of any element type. Asks nothing of its ArrayBuffer: for a
// SharedArrayBuffer Node 20 refuses to answer.
struct Bytes {
  uint8_t* data;
  size_t length;
};
std::optional<Bytes> bytesOf(const Napi::Value& value);

// A whole number in [0, limit], limit <= 2⁵³.
std::optional<size_t> wholeNumber(const Napi::Value& value, size_t limit);

struct ApplyRequest {
  cpu::Batch batch;
  unsigned threads;
};

// What apply() takes on every backend: from argument `at` on samples, fill, count, planes, height,
// width, pixelBytes, valueBytes; the batch's images are `source` and `target`.
// Fills `batch` if the answer is kDone.
Status parseBatch(const Napi::CallbackInfo& info, size_t at, const std::optional<Bytes>& source,
                  const std::optional<Bytes>& target, cpu::Batch& batch);

// Arguments of apply() and applyAsync(), in order: source, target, samples, fill, count, planes,
// height, width, pixelBytes, valueBytes, threads.
// Fills `request` if the answer is kDone.
Status parseApply(const Napi::CallbackInfo& info, ApplyRequest& request);

// Whether all values lie in the ranges that the geometry's integers are made for.
bool isSane(const PackedSample& sample);

}  // namespace gridmask::addon
