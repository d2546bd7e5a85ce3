// SPDX-License-Identifier: MIT
//
// Checks what JavaScript passes. lib/ has validated it all and words the errors, but this trusts
// none of it, since a wrong number would become a stray access. The header is copied before it is
// read. The other arrays are read in place: lib/ packs plans, fills and lists of numbers into
// memory of its own, which no other thread has.
#pragma once

#include <napi.h>

#include <initializer_list>
#include <optional>

#include "addon/batch_header.h"
#include "addon/bytes.h"
#include "addon/status.h"
#include "lattice/mask_batch.h"
#include "lattice/mix.h"

namespace gridmask::addon {

// The order of the arguments. Every call on a batch has its header first; source and target are
// typed arrays, or memory of a CUDA device.
struct ApplyAt {
  enum : size_t { kHeader, kSource, kTarget, kSamples, kIndices, kFill, kCount };
};
struct MixAt {
  enum : size_t { kHeader, kSource, kTarget, kSamples, kIndices, kPartner, kCount };
};
struct PreprocessAt {
  enum : size_t {
    kHeader,
    kSources,
    kTarget,
    kSizes,
    kCrops,
    kScales,
    kSamples,
    kIndices,
    kFill,
    kCount
  };
};

// The layout of a batch, if it is possible: all numbers within their bounds, and no more bytes in a
// batch, or in a pixel with all channels, than memory can have.
std::optional<BatchLayout> layoutOf(const BatchHeader& header);

// Height and width alone.
struct ImageSize {
  int32_t height;
  int32_t width;
};
std::optional<ImageSize> sizeOf(const BatchHeader& header);

std::optional<unsigned> threadsOf(const BatchHeader& header);

// At least one, and no more than there can be: a wrong number only makes calls slower.
unsigned poolThreadsOf(const BatchHeader& header);

// What to mask, with the images at `source` and `target`. Fills `batch` if it returns kDone.
Status parseMaskBatch(const Napi::CallbackInfo& info, const BatchHeader& header,
                      const std::optional<Bytes>& source, const std::optional<Bytes>& target,
                      MaskBatch& batch);

// The same for what to mix.
Status parseMixBatch(const Napi::CallbackInfo& info, const BatchHeader& header,
                     const std::optional<Bytes>& source, const std::optional<Bytes>& target,
                     MixBatch& batch);

// What is dropped from `count` samples, of the kind that the header names.
std::optional<Masks> parseMasks(const BatchHeader& header, const Napi::Value& samples,
                                const Napi::Value& indices, size_t count);

// The numbers of `count` samples: `indices` is undefined, or a Float64Array with the number of
// each.
std::optional<SampleNumbers> parseNumbers(const BatchHeader& header, const Napi::Value& indices,
                                          size_t count);

// `count` samples of a plan, packed, or to be drawn: `samples` is then a Float64Array in the order
// of DrawSettings.
std::optional<Samples> parseSamples(const BatchHeader& header, const Napi::Value& samples,
                                    const Napi::Value& indices, size_t count);
std::optional<Samples> parseDraws(const BatchHeader& header, const Napi::Value& settings,
                                  const Napi::Value& indices, size_t count);

// `count` samples that drop rectangles, from a Uint32Array: all headers, then all rectangles. Those
// of a sample are sorted by y0; no side exceeds an image's.
std::optional<Rectangles> parseRectangles(const Napi::Value& value, size_t count);

// What has been checked must not be overwritten: whether some bytes overlap what is read of
// samples, of argument `at`, and of their indices, the next one. Settings to draw from have been
// copied.
bool overlapsSamples(const Napi::CallbackInfo& info, const Bytes& bytes, const Samples& samples,
                     size_t at);

// Whether they overlap one of these arguments, as far as those are arrays.
bool overlapsAny(const Napi::CallbackInfo& info, const Bytes& bytes,
                 std::initializer_list<size_t> arguments);

// Whether all values lie in the ranges that the geometry's integers are made for.
bool isSane(const PackedSample& sample);

}  // namespace gridmask::addon
