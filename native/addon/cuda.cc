// SPDX-License-Identifier: MIT
//
// A function returns what it was asked for; a Status, if there is nothing else to return or it was
// called wrongly; or a Failure, an object that says which driver call failed, and how.

#include "addon/cuda.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "addon/arguments.h"
#include "addon/cuda_memory.h"
#include "addon/cuda_operation.h"
#include "addon/cuda_preprocess.h"
#include "addon/cuda_staging.h"
#include "addon/cuda_tensors.h"
#include "addon/functions.h"
#include "cuda/mix.h"

namespace gridmask::addon {
namespace {

Napi::Value status(Napi::Env env, Status value) { return Napi::Number::New(env, value); }

// open(path): what there is of CUDA.
Napi::Value open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 1 || !info[0].IsString()) return status(env, kBadArguments);
  const cuda::Opened opened = cuda::openDriver(info[0].As<Napi::String>().Utf8Value());
  Napi::Object result = Napi::Object::New(env);
  result["reason"] = Napi::String::New(env, opened.reason);
  result["detail"] = Napi::String::New(env, opened.detail);
  result["version"] = Napi::Number::New(env, opened.version);
  const Napi::Array list = Napi::Array::New(env, opened.devices.size());
  for (uint32_t i = 0; i < opened.devices.size(); ++i) {
    const cuda::DeviceDescription& found = opened.devices[i];
    Napi::Object device = Napi::Object::New(env);
    device["number"] = Napi::Number::New(env, numberOf(*found.device));
    device["name"] = Napi::String::New(env, found.name);
    device["major"] = Napi::Number::New(env, found.major);
    device["minor"] = Napi::Number::New(env, found.minor);
    device["multiprocessors"] = Napi::Number::New(env, found.multiprocessors);
    device["totalMemory"] = Napi::Number::New(env, static_cast<double>(found.totalMemory));
    list.Set(i, device);
  }
  result["devices"] = list;
  return result;
}

// prepare(device): retains its context and loads the kernels.
Napi::Value prepare(const Napi::CallbackInfo& info) {
  cuda::Device* device = info.Length() == 1 ? deviceAt(info[0]) : nullptr;
  if (device == nullptr) return status(info.Env(), kBadArguments);
  return perform(info, false, device->driver, [=](cuda::Wrote&) { device->prepare(); });
}

// emptyCache(device): returns to the driver what is only kept for reuse.
Napi::Value emptyCache(const Napi::CallbackInfo& info) {
  cuda::Device* device = info.Length() == 1 ? deviceAt(info[0]) : nullptr;
  if (device == nullptr) return status(info.Env(), kBadArguments);
  return perform(info, false, device->driver, [&](cuda::Wrote&) {
    const cuda::Current current(*device);
    streamFor(info.Env(), *device).trim();
    device->trim();
  });
}

// allocate(device, bytes, stream): memory. The stream is a bigint, or undefined for our own.
Napi::Value allocate(const Napi::CallbackInfo& info) {
  cuda::Device* device = info.Length() == 3 ? deviceAt(info[0]) : nullptr;
  const auto bytes = device != nullptr ? wholeNumber(info[1], kMostExact) : std::nullopt;
  const auto stream = streamOf(info[2]);
  if (!bytes || !(stream || info[2].IsUndefined())) return status(info.Env(), kBadArguments);
  std::unique_ptr<cuda::Allocation> memory;
  const Outcome outcome = Outcome::of(device->driver, [&](cuda::Wrote&) {
    const cuda::CUstream on = stream ? *stream : streamFor(info.Env(), *device).handle();
    memory = cuda::Allocation::create(*device, *bytes, on);
  });
  return memory ? newMemory(info.Env(), std::move(memory)) : outcome.value(info.Env());
}

// wrap(device, pointer, bytes, stream): memory; or what is wrong with the pointer.
Napi::Value wrap(const Napi::CallbackInfo& info) {
  cuda::Device* device = info.Length() == 4 ? deviceAt(info[0]) : nullptr;
  if (device == nullptr) return status(info.Env(), kBadArguments);
  const auto pointer = wordOf(info[1]);
  const auto bytes = wholeNumber(info[2], kMostExact);
  const auto stream = streamOf(info[3]);
  if (!pointer || !bytes || !stream) return status(info.Env(), kBadArguments);
  std::unique_ptr<cuda::Allocation> memory;
  const char* problem = nullptr;
  const Outcome outcome = Outcome::of(device->driver, [&](cuda::Wrote&) {
    memory = cuda::Allocation::wrap(*device, *pointer, *bytes, *stream, problem);
  });
  if (problem != nullptr) return Napi::String::New(info.Env(), problem);
  return memory ? newMemory(info.Env(), std::move(memory)) : outcome.value(info.Env());
}

// pin(device, array): an object that keeps the array, and its memory pinned, until it is
// garbage-collected.
Napi::Value pin(const Napi::CallbackInfo& info) {
  cuda::Device* device = info.Length() == 2 ? deviceAt(info[0]) : nullptr;
  const auto bytes = device != nullptr ? bytesOf(info[1]) : std::nullopt;
  if (!bytes || bytes->length == 0) return status(info.Env(), kBadArguments);
  std::unique_ptr<cuda::PinnedMemory> memory;
  const Outcome outcome = Outcome::of(device->driver, [&](cuda::Wrote&) {
    memory = cuda::PinnedMemory::pin(*device, bytes->data, bytes->length);
  });
  return memory ? newPin(info[1].As<Napi::Object>(), std::move(memory)) : outcome.value(info.Env());
}

// pointer(memory): its address.
Napi::Value pointer(const Napi::CallbackInfo& info) {
  const cuda::Allocation* memory = info.Length() == 1 ? memoryOf(info[0]) : nullptr;
  if (memory == nullptr) return status(info.Env(), kBadArguments);
  return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(memory->pointer()));
}

// stream(memory): the one that orders the work on it.
Napi::Value stream(const Napi::CallbackInfo& info) {
  const cuda::Allocation* memory = info.Length() == 1 ? memoryOf(info[0]) : nullptr;
  if (memory == nullptr) return status(info.Env(), kBadArguments);
  const auto handle = reinterpret_cast<uintptr_t>(memory->stream());
  return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(handle));
}

// dispose(memory): frees it, after what is on its stream.
Napi::Value dispose(const Napi::CallbackInfo& info) {
  std::unique_ptr<cuda::Allocation> memory;
  if (info.Length() != 1 || !takeMemory(info[0], memory)) {
    return status(info.Env(), kBadArguments);
  }
  if (memory == nullptr) return status(info.Env(), kDone);
  return perform(info, false, memory->device().driver, [&](cuda::Wrote&) { memory->free(); });
}

// upload(memory, array, pieceBytes, threads).
Napi::Value upload(const Napi::CallbackInfo& info) {
  const cuda::Allocation* memory = info.Length() == 4 ? memoryOf(info[0]) : nullptr;
  const auto source = memory != nullptr ? bytesOf(info[1]) : std::nullopt;
  const auto staging = source ? stagingOf(info[2], info[3]) : std::nullopt;
  if (!staging || source->length != memory->bytes()) return status(info.Env(), kBadArguments);
  return perform(info, false, memory->device().driver, [&](cuda::Wrote&) {
    cuda::upload(streamFor(info.Env(), memory->device()), *memory, source->data, *staging);
  });
}

// download(memory, array, pieceBytes, threads, async). JavaScript has made sure that nobody else
// can detach or resize the array of an asynchronous call.
Napi::Value download(const Napi::CallbackInfo& info) {
  const cuda::Allocation* memory = info.Length() == 5 ? memoryOf(info[0]) : nullptr;
  const auto target = memory != nullptr ? bytesOf(info[1]) : std::nullopt;
  const auto staging = target ? stagingOf(info[2], info[3]) : std::nullopt;
  if (!staging || target->length != memory->bytes() || !info[4].IsBoolean()) {
    return status(info.Env(), kBadArguments);
  }
  const cuda::Driver& driver = memory->device().driver;
  std::shared_ptr<cuda::Snapshot> snapshot;
  const Outcome outcome = Outcome::of(driver, [&](cuda::Wrote& wrote) {
    cuda::Stream& own = streamFor(info.Env(), memory->device());
    if (info[4].As<Napi::Boolean>()) {
      snapshot = cuda::Snapshot::take(own, *memory);
      if (snapshot != nullptr) return;
    }
    // Also if the device has no memory for a copy.
    cuda::download(own, *memory, target->data, *staging, wrote);
  });
  if (snapshot == nullptr) return outcome.value(info.Env());
  return performAsync(
      info, driver, [=](cuda::Wrote& wrote) { snapshot->download(target->data, *staging, wrote); });
}

// ready(memory): waits until what is on its stream now is done. A promise, unless that is soon.
Napi::Value ready(const Napi::CallbackInfo& info) {
  const cuda::Allocation* memory = info.Length() == 1 ? memoryOf(info[0]) : nullptr;
  if (memory == nullptr) return status(info.Env(), kBadArguments);
  std::shared_ptr<cuda::Completion> completion;
  const Outcome outcome = Outcome::of(memory->device().driver, [&](cuda::Wrote&) {
    completion = cuda::Completion::of(memory->device(), memory->stream());
  });
  if (completion == nullptr) return outcome.value(info.Env());
  return performAsync(info, memory->device().driver,
                      [completion](cuda::Wrote&) { completion->wait(); });
}

// There are no kernels for rectangles.
bool hasKernels(const MaskBatch& batch) { return std::holds_alternative<Samples>(batch.masks); }

// apply(header, source, target, samples, indices, fill) for two memories of one device, which may
// be the same, or for one and no target or its stream: then it returns a new memory. Done when it
// is on the target's stream.
Napi::Value apply(const Napi::CallbackInfo& info) {
  BatchHeader header;
  if (info.Length() != ApplyAt::kCount || !readHeader(info[ApplyAt::kHeader], header)) {
    return status(info.Env(), kBadArguments);
  }
  return performOn<MaskBatch>(
      info.Env(), info[ApplyAt::kSource], info[ApplyAt::kTarget], header,
      [&](const Bytes& source, const Bytes& target, MaskBatch& batch) {
        const Status parsed = parseMaskBatch(info, header, source, target, batch);
        return parsed == kDone && !hasKernels(batch) ? kBadArguments : parsed;
      },
      cuda::apply);
}

// applyHost(header, source, target, samples, indices, fill, async) for arrays, as apply() of the
// CPU.
Napi::Value applyHost(const Napi::CallbackInfo& info) {
  constexpr size_t kAsync = ApplyAt::kCount;
  if (info.Length() != kAsync + 1 || !info[kAsync].IsBoolean())
    return status(info.Env(), kBadArguments);
  BatchHeader header;
  if (!readHeader(info[ApplyAt::kHeader], header)) return status(info.Env(), kBadArguments);
  const auto staging = stagingOf(header);
  cuda::Device* device = deviceAt(wholeNumber(header.device, UINT32_MAX));
  if (!staging || device == nullptr) return status(info.Env(), kBadArguments);
  MaskBatch batch;
  const Status parsed = parseMaskBatch(info, header, bytesOf(info[ApplyAt::kSource]),
                                       bytesOf(info[ApplyAt::kTarget]), batch);
  if (parsed != kDone) return status(info.Env(), parsed);
  if (!hasKernels(batch)) return status(info.Env(), kBadArguments);
  return perform(info, info[kAsync].As<Napi::Boolean>(), device->driver,
                 [device, batch, staging = *staging](cuda::Wrote& wrote) {
                   cuda::applyHost(*device, batch, staging, wrote);
                 });
}

// mix(header, source, target, samples, indices, partner) for memories of one device, as apply().
Napi::Value mix(const Napi::CallbackInfo& info) {
  BatchHeader header;
  if (info.Length() != MixAt::kCount || !readHeader(info[MixAt::kHeader], header)) {
    return status(info.Env(), kBadArguments);
  }
  return performOn<MixBatch>(
      info.Env(), info[MixAt::kSource], info[MixAt::kTarget], header,
      [&](const Bytes& source, const Bytes& target, MixBatch& batch) {
        return parseMixBatch(info, header, source, target, batch);
      },
      cuda::mix);
}

// mixHost(header, source, target, samples, indices, partner, async) for arrays, as mix() of the
// CPU.
Napi::Value mixHost(const Napi::CallbackInfo& info) {
  constexpr size_t kAsync = MixAt::kCount;
  if (info.Length() != kAsync + 1 || !info[kAsync].IsBoolean())
    return status(info.Env(), kBadArguments);
  BatchHeader header;
  if (!readHeader(info[MixAt::kHeader], header)) return status(info.Env(), kBadArguments);
  const auto staging = stagingOf(header);
  cuda::Device* device = deviceAt(wholeNumber(header.device, UINT32_MAX));
  if (!staging || device == nullptr) return status(info.Env(), kBadArguments);
  MixBatch batch;
  const Status parsed = parseMixBatch(info, header, bytesOf(info[MixAt::kSource]),
                                      bytesOf(info[MixAt::kTarget]), batch);
  if (parsed != kDone) return status(info.Env(), parsed);
  return perform(info, info[kAsync].As<Napi::Boolean>(), device->driver,
                 [device, batch, staging = *staging](cuda::Wrote& wrote) {
                   cuda::mixHost(*device, batch, staging, wrote);
                 });
}

}  // namespace

Napi::Object cudaFunctions(Napi::Env env) {
  Napi::Object functions = Napi::Object::New(env);
  addFunction<open>(functions, "open");
  addFunction<prepare>(functions, "prepare");
  addFunction<emptyCache>(functions, "emptyCache");
  addFunction<allocate>(functions, "allocate");
  addFunction<wrap>(functions, "wrap");
  addFunction<pin>(functions, "pin");
  addFunction<pointer>(functions, "pointer");
  addFunction<stream>(functions, "stream");
  addFunction<dispose>(functions, "dispose");
  addFunction<upload>(functions, "upload");
  addFunction<download>(functions, "download");
  addFunction<ready>(functions, "ready");
  addFunction<apply>(functions, "apply");
  addFunction<applyHost>(functions, "applyHost");
  addFunction<mix>(functions, "mix");
  addFunction<mixHost>(functions, "mixHost");
  addCudaPreprocessFunctions(functions);
  return functions;
}

}  // namespace gridmask::addon
