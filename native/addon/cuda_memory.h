// SPDX-License-Identifier: MIT
//
// What JavaScript holds of CUDA's: devices by a number, memory by an object whose finalizer gives
// it back (also at the end of a worker, where JavaScript's FinalizationRegistry is not asked), and
// of each device a stream for the environment.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "cuda/allocation.h"
#include "cuda/pinned_memory.h"
#include "cuda/stream.h"

namespace gridmask::addon {

// All devices that were opened, of every environment, for good.
uint32_t numberOf(cuda::Device& device);
cuda::Device* deviceAt(std::optional<size_t> number);
cuda::Device* deviceAt(const Napi::Value& number);

// The environment's own. Throws Error where the driver has none.
cuda::Stream& streamFor(Napi::Env env, cuda::Device& device);

// Null: it is not ours, or was disposed of.
cuda::Allocation* memoryOf(const Napi::Value& value);

// An object that holds the memory; or a status.
Napi::Value newMemory(Napi::Env env, std::unique_ptr<cuda::Allocation> memory);

// An object that keeps the memory pinned, and the array whose memory it is; or a status.
Napi::Value newPin(Napi::Object array, std::unique_ptr<cuda::PinnedMemory> memory);

// What such an object of newMemory() held, which then holds nothing. False: it is not ours.
bool takeMemory(const Napi::Value& value, std::unique_ptr<cuda::Allocation>& memory);

}  // namespace gridmask::addon
