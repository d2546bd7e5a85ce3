// SPDX-License-Identifier: MIT
//
// What JavaScript hands over, checked. lib/ has validated it all and words the errors; this trusts
// none of it, since a number that lies would become a stray access.
#pragma once

#include <napi.h>

#include <initializer_list>
#include <optional>

#include "cpu/backend.h"
#include "lattice/draw.h"

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

bool overlap(const Bytes& a, const Bytes& b);

// Of numbers of things, as long as it can be one.
std::optional<size_t> product(std::initializer_list<size_t> factors);

constexpr size_t kMostExact = size_t{1} << 53;  // up to here a double holds every whole number

// A whole number in [0, limit], limit <= kMostExact.
std::optional<size_t> wholeNumber(const Napi::Value& value, size_t limit);

struct ApplyRequest {
  cpu::Batch batch;
  unsigned threads;
};

// The first arguments that these functions share: those of whose memory something is kept.
constexpr size_t kArrayArguments = 6;

// What apply() takes on every backend: from argument `at` on samples, first, indices, fill, count,
// planes, height, width, pixelBytes, valueBytes; the batch's images are `source` and `target`.
// Fills `batch` if the answer is kDone.
Status parseBatch(const Napi::CallbackInfo& info, size_t at, const std::optional<Bytes>& source,
                  const std::optional<Bytes>& target, cpu::Batch& batch);

// Arguments of apply() and applyAsync(), in order: source, target, samples, first, indices, fill,
// count, planes, height, width, pixelBytes, valueBytes, threads.
// Fills `request` if the answer is kDone.
Status parseApply(const Napi::CallbackInfo& info, ApplyRequest& request);

// `count` samples from three arguments. A plan: its packed samples, undefined, undefined. Draws: a
// Float64Array in the order of DrawSettings, the number of the first sample, and undefined or a
// Float64Array with the number of each.
std::optional<Samples> parseSamples(const Napi::Value& samples, const Napi::Value& first,
                                    const Napi::Value& indices, size_t count);

// `count` samples that drop rectangles, from a Uint32Array: their headers, then the rectangles of
// all; none where it is another array. Whether it is sane: of a sample sorted by y0, no side beyond
// an image's.
bool parseRegions(const Napi::Value& value, size_t count, Regions& regions);

// Whether all values lie in the ranges that the geometry's integers are made for.
bool isSane(const PackedSample& sample);

}  // namespace gridmask::addon
