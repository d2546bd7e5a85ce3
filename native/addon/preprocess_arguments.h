// SPDX-License-Identifier: MIT
//
// Images to make a batch from, as JavaScript passes them; checked as in addon/arguments.h.
#pragma once

#include <napi.h>

#include <optional>

#include "addon/arguments.h"
#include "cuda/source_regions.h"
#include "lattice/preprocess.h"

namespace gridmask::addon {

// What to make, with each image in its own array or all in one. Fills `batch` if it returns kDone.
Status parsePreprocess(const Napi::CallbackInfo& info, const BatchHeader& header,
                       const Bytes& target, PreprocessBatch& batch);

// The same with images in memory of a device: one after another, or if the header says so, what
// SourceRegions makes of them.
Status parsePreprocessOnDevice(const Napi::CallbackInfo& info, const BatchHeader& header,
                               const Bytes& source, const Bytes& target, PreprocessBatch& batch);

}  // namespace gridmask::addon
