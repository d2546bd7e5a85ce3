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

// What is asked for, with images in arrays of their own or in one. Without a `target` it is what an
// upload needs. Fills `batch` if the answer is kDone.
Status parsePreprocess(const Napi::CallbackInfo& info, const BatchHeader& header,
                       const std::optional<Bytes>& target, PreprocessBatch& batch);

// The same with images in memory of a device, whose addresses nobody follows here: one after
// another, or what regions() are of them where the header says so.
Status parsePreprocess(const Napi::CallbackInfo& info, const BatchHeader& header,
                       const Bytes& source, const Bytes& target, PreprocessBatch& batch);

}  // namespace gridmask::addon
