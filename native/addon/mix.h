// SPDX-License-Identifier: MIT
//
// What GridMix asks of the addon (docs/gridmix.md).
#pragma once

#include <napi.h>

#include <optional>

#include "addon/request.h"
#include "lattice/mix.h"

namespace gridmask::addon {

// What mixing takes on every backend: from argument `at` on plan, partner, planes, height, width,
// pixelBytes; the batch's images are `source` and `target`. Fills `batch` if the answer is kDone.
constexpr size_t kMixArguments = 6;
Status parseMix(const Napi::CallbackInfo& info, size_t at, const std::optional<Bytes>& source,
                const std::optional<Bytes>& target, MixBatch& batch);

// The functions that need no device.
void addMixFunctions(Napi::Env env, Napi::Object exports);

}  // namespace gridmask::addon
