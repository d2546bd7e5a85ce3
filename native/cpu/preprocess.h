// SPDX-License-Identifier: MIT
//
// Makes a batch of decoded images on the CPU.
#pragma once

#include "cpu/convert.h"
#include "lattice/preprocess.h"

namespace gridmask::cpu {

// Whether the result goes past the caches.
enum class Stores { kBySize, kCached, kPastCaches };

// Crops, mirrors, converts and masks in one pass. Dropped pixels are read only where they share a
// block of sixteen or fewer with kept ones. On up to `threads` threads. `converter` may be null.
void preprocess(const PreprocessBatch& batch, unsigned threads,
                const Converter* converter = bestConverter(), Stores stores = Stores::kBySize);

}  // namespace gridmask::cpu
