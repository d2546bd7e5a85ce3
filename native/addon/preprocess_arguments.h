// SPDX-License-Identifier: MIT
//
// Images that are to become a batch, as JavaScript hands them over, checked as addon/arguments.h
// says.
#pragma once

#include <napi.h>

#include <optional>

#include "addon/arguments.h"
#include "cuda/source_regions.h"
#include "lattice/preprocess.h"

namespace gridmask::addon {

// What is asked for, with images in arrays of their own or in one. Fills `batch` if the answer is
// kDone.
Status parsePreprocess(const Napi::CallbackInfo& info, const BatchHeader& header,
                       const Bytes& target, PreprocessBatch& batch);

// The same with images in memory of a device: one after another, or what SourceRegions makes of
// them where the header says so.
Status parsePreprocessOnDevice(const Napi::CallbackInfo& info, const BatchHeader& header,
                               const Bytes& source, const Bytes& target, PreprocessBatch& batch);

}  // namespace gridmask::addon
