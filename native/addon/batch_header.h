// SPDX-License-Identifier: MIT
//
// The header of a native call: one Float64Array of the numbers that describe a batch and how to
// process it; doubles hold whole numbers up to 2⁵³. lib/core/batch-header.ts writes it; a test
// compares the two, field by field.
#pragma once

#include <napi.h>

#include <cstring>

#include "addon/bytes.h"

namespace gridmask::addon {

// The fields in their order. Those that a call does not need are 0.
#define GRIDMASK_BATCH_HEADER(FIELD)                                                         \
  FIELD(count)        /* samples */                                                          \
  FIELD(planes)       /* of a sample */                                                      \
  FIELD(height)       /* of a plane, pixels */                                               \
  FIELD(width)        /* of a plane, pixels */                                               \
  FIELD(pixelBytes)   /* of a pixel in one plane */                                          \
  FIELD(valueBytes)   /* of one channel's value */                                           \
  FIELD(sampleKind)   /* what the array of samples holds: a SampleKind */                    \
  FIELD(first)        /* for draws: the number of the first sample, where no list says it */ \
  FIELD(threads)      /* of the CPU that may work on it */                                   \
  FIELD(poolThreads)  /* of the CPU that may work on all that is asynchronous, together */   \
  FIELD(device)       /* for host arrays on CUDA: the device's number in the process */      \
  FIELD(pieceBytes)   /* for host arrays on CUDA: bytes that are staged at a time */         \
  FIELD(valueType)    /* for images that become a batch: a ValueType */                      \
  FIELD(planarSource) /* for images that become a batch: 1 where channels are planes */      \
  FIELD(floatSource)  /* the same on a device: 1 where their values are floats */            \
  FIELD(cutSource)    /* the same: 1 where only what their crops need is there */            \
  FIELD(padding)      /* for images that become a batch: black pixels around each */

struct BatchHeader {
#define GRIDMASK_FIELD(name) double name;
  GRIDMASK_BATCH_HEADER(GRIDMASK_FIELD)
#undef GRIDMASK_FIELD
};

enum class SampleKind : uint32_t { kPlan = 0, kDraws = 1, kRectangles = 2 };

// Copies the header, so that nobody can change what has been checked: the array may be shared
// memory. False if it is not a header.
inline bool readHeader(const Napi::Value& value, BatchHeader& header) {
  const auto bytes = bytesOf(value);
  if (!bytes || bytes->length != sizeof header) return false;
  std::memcpy(&header, bytes->data, sizeof header);
  return true;
}

}  // namespace gridmask::addon
