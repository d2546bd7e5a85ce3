// SPDX-License-Identifier: MIT
//
// What JavaScript holds of CUDA: devices by number; memory by an object whose finalizer frees it
// (even when a worker ends, where JavaScript's FinalizationRegistry is not called); and one stream
// for each device and environment.
#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "cuda/allocation.h"
#include "cuda/pinned_memory.h"
#include "cuda/stream.h"

namespace gridmask::addon {

// All devices that any environment has opened; they stay.
uint32_t numberOf(cuda::Device& device);
cuda::Device* deviceAt(std::optional<size_t> number);
cuda::Device* deviceAt(const Napi::Value& number);

// The environment's own. Throws Error if the driver has none.
cuda::Stream& streamFor(Napi::Env env, cuda::Device& device);

// Of a bigint. Nothing if it is not one of 64 bits.
std::optional<uint64_t> wordOf(const Napi::Value& value);
std::optional<cuda::CUstream> streamOf(const Napi::Value& value);

// Null if it is not ours, or was disposed of.
cuda::Allocation* memoryOf(const Napi::Value& value);

// An object that holds the memory; or a status.
Napi::Value newMemory(Napi::Env env, std::unique_ptr<cuda::Allocation> memory);

// An object that keeps the memory pinned, and the array whose memory it is; or a status.
Napi::Value newPin(Napi::Object array, std::unique_ptr<cuda::PinnedMemory> memory);

// Takes the memory out of an object of newMemory(). False if it is not ours.
bool takeMemory(const Napi::Value& value, std::unique_ptr<cuda::Allocation>& memory);

}  // namespace gridmask::addon
