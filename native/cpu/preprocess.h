// SPDX-License-Identifier: MIT
//
// Makes a batch of decoded images on the CPU.
#pragma once

#include <memory>

#include "cpu/convert.h"
#include "cpu/pool.h"
#include "lattice/preprocess.h"

namespace gridmask::cpu {

// Whether the result goes past the caches.
enum class Stores { kBySize, kCached, kPastCaches };

// Crops, mirrors, converts and masks in one pass. A dropped pixel is read only if it shares a block
// of up to sixteen pixels with a kept one, or lies in a row that is cropped or mirrored.
// `converter` may be null. Throws std::bad_alloc.
std::unique_ptr<Job> preprocessJob(PreprocessBatch batch, unsigned threads,
                                   const Converter* converter = bestConverter(),
                                   Stores stores = Stores::kBySize);

// The same, at once, on up to `threads` threads.
void preprocess(PreprocessBatch batch, unsigned threads,
                const Converter* converter = bestConverter(), Stores stores = Stores::kBySize);

}  // namespace gridmask::cpu
