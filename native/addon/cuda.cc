// SPDX-License-Identifier: MIT
//
// A function answers with what it was asked for; with a Status, where it has nothing else to say or
// was called wrongly; or with a Failure, an object that says which call of the driver failed and
// how. A device is known by its number in the process, memory by an object whose finalizer gives
// it back: also at the end of a worker, where JavaScript's FinalizationRegistry is not asked.

#include "addon/cuda.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "addon/arguments.h"
#include "addon/cuda_operation.h"
#include "addon/functions.h"
#include "cpu/pool.h"
#include "cuda/allocation.h"
#include "cuda/backend.h"
#include "cuda/context.h"
#include "cuda/mix.h"

namespace gridmask::addon {
namespace {

constexpr size_t kCopyGrain = size_t{128} << 10;

// What JavaScript holds of a memory: empty when disposed of.
using Handle = std::shared_ptr<cuda::Allocation>;
constexpr napi_type_tag kHandleTag = {0x677269646d61736b, 0x637564612e6d656d};

// All devices that were opened, of every environment, for good.
class Devices {
 public:
  uint32_t numberOf(cuda::Device* device) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (uint32_t i = 0; i < devices_.size(); ++i) {
      if (devices_[i] == device) return i;
    }
    devices_.push_back(device);
    return static_cast<uint32_t>(devices_.size() - 1);
  }

  cuda::Device* at(const Napi::Value& number) { return at(wholeNumber(number, UINT32_MAX)); }

  cuda::Device* at(std::optional<size_t> i) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return i && *i < devices_.size() ? devices_[*i] : nullptr;
  }

 private:
  std::mutex mutex_;
  std::vector<cuda::Device*> devices_;
};

Devices& devices() {
  static Devices* instance = new Devices;
  return *instance;
}

Napi::Value status(Napi::Env env, Status value) { return Napi::Number::New(env, value); }

void copyOnThreads(uint8_t* to, const uint8_t* from, size_t bytes, unsigned threads) {
  cpu::parallelFor(
      (bytes + kCopyGrain - 1) / kCopyGrain, 4, threads, [&](size_t begin, size_t end) {
        const size_t first = begin * kCopyGrain;
        std::memcpy(to + first, from + first, std::min(end * kCopyGrain, bytes) - first);
      });
}

std::optional<cuda::Staging> stagingOf(std::optional<size_t> chunk, std::optional<size_t> count) {
  if (!chunk || *chunk == 0 || !count || *count == 0) return std::nullopt;
  return cuda::Staging{*chunk, copyOnThreads, static_cast<unsigned>(*count)};
}

constexpr size_t kMaxChunk = size_t{1} << 40;

// The two last arguments of those that move host memory.
std::optional<cuda::Staging> stagingOf(const Napi::Value& chunkBytes, const Napi::Value& threads) {
  return stagingOf(wholeNumber(chunkBytes, kMaxChunk), wholeNumber(threads, cpu::kMaxThreads));
}

std::optional<cuda::Staging> stagingOf(const BatchHeader& header) {
  return stagingOf(wholeNumber(header.pieceBytes, kMaxChunk),
                   wholeNumber(header.threads, cpu::kMaxThreads));
}

Handle* handleOf(const Napi::Value& value) {
  bool ours = false;
  void* data = nullptr;
  if (!value.IsObject() ||
      napi_check_object_type_tag(value.Env(), value, &kHandleTag, &ours) != napi_ok || !ours ||
      napi_unwrap(value.Env(), value, &data) != napi_ok) {
    return nullptr;
  }
  return static_cast<Handle*>(data);
}

// An object that holds the memory. Not an External: Node 20.11 can't tell one from another.
Napi::Value newHandle(Napi::Env env, Handle memory) {
  const Napi::Object object = Napi::Object::New(env);
  auto* handle = new Handle(std::move(memory));
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<Handle*>(data); };
  if (napi_wrap(env, object, handle, finalize, nullptr, nullptr) != napi_ok) {
    delete handle;
    return status(env, kOutOfMemory);
  }
  napi_type_tag_object(env, object, &kHandleTag);
  return object;
}

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
    device["number"] = Napi::Number::New(env, devices().numberOf(found.device));
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
  cuda::Device* device = info.Length() == 1 ? devices().at(info[0]) : nullptr;
  if (device == nullptr) return status(info.Env(), kBadArguments);
  return perform(info, false, device->driver, [=](bool&) { device->prepare(); });
}

// allocate(device, bytes): memory.
Napi::Value allocate(const Napi::CallbackInfo& info) {
  cuda::Device* device = info.Length() == 2 ? devices().at(info[0]) : nullptr;
  const auto bytes = device != nullptr ? wholeNumber(info[1], kMostExact) : std::nullopt;
  if (!bytes) return status(info.Env(), kBadArguments);
  Handle memory;
  const Outcome outcome =
      Outcome::of(device->driver,
                  OperationOf([&](bool&) { memory = cuda::Allocation::create(*device, *bytes); }));
  return memory ? newHandle(info.Env(), std::move(memory)) : outcome.value(info.Env());
}

std::optional<uint64_t> wordOf(const Napi::Value& value) {
  uint64_t word = 0;
  bool lossless = false;
  if (napi_get_value_bigint_uint64(value.Env(), value, &word, &lossless) != napi_ok || !lossless) {
    return std::nullopt;
  }
  return word;
}

// wrap(device, pointer, bytes, stream): memory; or what is wrong with the pointer.
Napi::Value wrap(const Napi::CallbackInfo& info) {
  cuda::Device* device = info.Length() == 4 ? devices().at(info[0]) : nullptr;
  if (device == nullptr) return status(info.Env(), kBadArguments);
  const auto pointer = wordOf(info[1]);
  const auto bytes = wholeNumber(info[2], kMostExact);
  const auto stream = wordOf(info[3]);
  if (!pointer || !bytes || !stream) return status(info.Env(), kBadArguments);
  Handle memory;
  const char* problem = nullptr;
  const Outcome outcome = Outcome::of(
      device->driver, OperationOf([&](bool&) {
        const auto handle = reinterpret_cast<cuda::CUstream>(static_cast<uintptr_t>(*stream));
        memory = cuda::Allocation::wrap(*device, *pointer, *bytes, handle, problem);
      }));
  if (problem != nullptr) return Napi::String::New(info.Env(), problem);
  return memory ? newHandle(info.Env(), std::move(memory)) : outcome.value(info.Env());
}

// pointer(memory): its address.
Napi::Value pointer(const Napi::CallbackInfo& info) {
  const Handle* handle = info.Length() == 1 ? handleOf(info[0]) : nullptr;
  if (handle == nullptr || !*handle) return status(info.Env(), kBadArguments);
  return Napi::BigInt::New(info.Env(), static_cast<uint64_t>((*handle)->pointer()));
}

// dispose(memory): gives it back, after the operations that are under way on it.
Napi::Value dispose(const Napi::CallbackInfo& info) {
  Handle* handle = info.Length() == 1 ? handleOf(info[0]) : nullptr;
  if (handle == nullptr) return status(info.Env(), kBadArguments);
  if (!*handle) return status(info.Env(), kDone);
  // Operations under way hold the memory too; the last to let go of it frees it.
  Handle memory = std::move(*handle);
  if (memory.use_count() > 1) return status(info.Env(), kDone);
  return perform(info, false, memory->device().driver, [&](bool&) { memory->free(); });
}

// upload(memory, array, chunkBytes, threads), for memory that nobody else uses yet.
Napi::Value upload(const Napi::CallbackInfo& info) {
  const Handle* handle = info.Length() == 4 ? handleOf(info[0]) : nullptr;
  const auto source = handle != nullptr && *handle ? bytesOf(info[1]) : std::nullopt;
  const auto staging = source ? stagingOf(info[2], info[3]) : std::nullopt;
  if (!staging || source->length != (*handle)->bytes()) return status(info.Env(), kBadArguments);
  return perform(info, false, (*handle)->device().driver,
                 [&](bool&) { cuda::upload(**handle, source->data, *staging); });
}

// download(memory, array, chunkBytes, threads, async). JavaScript has made sure that nobody else
// can detach or resize the array of an asynchronous one.
Napi::Value download(const Napi::CallbackInfo& info) {
  const Handle* handle = info.Length() == 5 ? handleOf(info[0]) : nullptr;
  const auto target = handle != nullptr && *handle ? bytesOf(info[1]) : std::nullopt;
  const auto staging = target ? stagingOf(info[2], info[3]) : std::nullopt;
  if (!staging || target->length != (*handle)->bytes() || !info[4].IsBoolean()) {
    return status(info.Env(), kBadArguments);
  }
  cuda::Turn turn(*handle);
  const cuda::Driver& driver = (*handle)->device().driver;
  return perform(info, info[4].As<Napi::Boolean>(), driver,
                 [turn = std::move(turn), target = *target, staging = *staging](bool& wrote) {
                   turn.wait();
                   cuda::download(turn.allocation(), target.data, staging, wrote);
                 });
}

// Two memories of one device, which may be the same, to work on.
struct Operands {
  cuda::Device* device;
  Bytes source, target;
  std::optional<cuda::CUstream> sourceStream, targetStream;
  Handle handles[2];

  // In one order for both, so that nobody waits in a circle: one thread takes them.
  std::vector<cuda::Turn> turns() const {
    std::vector<cuda::Turn> taken;
    taken.emplace_back(handles[0]);
    if (handles[0] != handles[1]) taken.emplace_back(handles[1]);
    return taken;
  }
};

std::optional<Operands> operandsOf(const Napi::Value& sourceValue, const Napi::Value& targetValue) {
  const Handle* source = handleOf(sourceValue);
  const Handle* target = handleOf(targetValue);
  if (source == nullptr || target == nullptr || !*source || !*target ||
      &(*source)->device() != &(*target)->device()) {
    return std::nullopt;
  }
  const auto bytes = [](const Handle& of) { return Bytes{of->data(), of->bytes()}; };
  return Operands{&(*source)->device(), bytes(*source),      bytes(*target),
                  (*source)->stream(),  (*target)->stream(), {*source, *target}};
}

// There are no kernels for rectangles.
bool hasKernels(const MaskBatch& batch) { return std::holds_alternative<Samples>(batch.masks); }

// apply(header, source, target, samples, indices, fill, async) for two memories of one device,
// which may be the same.
Napi::Value apply(const Napi::CallbackInfo& info) {
  constexpr size_t kAsync = ApplyAt::kCount;
  const Napi::Value refused = status(info.Env(), kBadArguments);
  if (info.Length() != kAsync + 1 || !info[kAsync].IsBoolean()) return refused;
  BatchHeader header;
  const auto operands = operandsOf(info[ApplyAt::kSource], info[ApplyAt::kTarget]);
  if (!readHeader(info[ApplyAt::kHeader], header) || !operands) return refused;
  MaskBatch batch;
  const Status parsed = parseMaskBatch(info, header, operands->source, operands->target, batch);
  if (parsed != kDone) return status(info.Env(), parsed);
  if (!hasKernels(batch)) return refused;
  return perform(
      info, info[kAsync].As<Napi::Boolean>(), operands->device->driver,
      [turns = operands->turns(), device = operands->device, batch,
       sourceStream = operands->sourceStream, targetStream = operands->targetStream](bool& wrote) {
        for (const cuda::Turn& turn : turns) turn.wait();
        cuda::apply(*device, batch, sourceStream, targetStream, wrote);
      });
}

// applyHost(header, source, target, samples, indices, fill, async) for arrays, as apply() of the
// CPU.
Napi::Value applyHost(const Napi::CallbackInfo& info) {
  constexpr size_t kAsync = ApplyAt::kCount;
  const Napi::Value refused = status(info.Env(), kBadArguments);
  if (info.Length() != kAsync + 1 || !info[kAsync].IsBoolean()) return refused;
  BatchHeader header;
  if (!readHeader(info[ApplyAt::kHeader], header)) return refused;
  const auto staging = stagingOf(header);
  cuda::Device* device = devices().at(wholeNumber(header.device, UINT32_MAX));
  if (!staging || device == nullptr) return refused;
  MaskBatch batch;
  const Status parsed = parseMaskBatch(info, header, bytesOf(info[ApplyAt::kSource]),
                                       bytesOf(info[ApplyAt::kTarget]), batch);
  if (parsed != kDone) return status(info.Env(), parsed);
  if (!hasKernels(batch)) return refused;
  return perform(info, info[kAsync].As<Napi::Boolean>(), device->driver,
                 [device, batch, staging = *staging](bool& wrote) {
                   cuda::applyHost(*device, batch, staging, wrote);
                 });
}

// mix(header, source, target, plan, partner, async) for two memories of one device, which may be
// the same.
Napi::Value mix(const Napi::CallbackInfo& info) {
  constexpr size_t kAsync = MixAt::kCount;
  const Napi::Value refused = status(info.Env(), kBadArguments);
  if (info.Length() != kAsync + 1 || !info[kAsync].IsBoolean()) return refused;
  BatchHeader header;
  const auto operands = operandsOf(info[MixAt::kSource], info[MixAt::kTarget]);
  if (!readHeader(info[MixAt::kHeader], header) || !operands) return refused;
  MixBatch batch;
  const Status parsed = parseMixBatch(info, header, operands->source, operands->target, batch);
  if (parsed != kDone) return status(info.Env(), parsed);
  return perform(
      info, info[kAsync].As<Napi::Boolean>(), operands->device->driver,
      [turns = operands->turns(), device = operands->device, batch,
       sourceStream = operands->sourceStream, targetStream = operands->targetStream](bool& wrote) {
        for (const cuda::Turn& turn : turns) turn.wait();
        cuda::mix(*device, batch, sourceStream, targetStream, wrote);
      });
}

// mixHost(header, source, target, plan, partner, async) for arrays, as mix() of the CPU.
Napi::Value mixHost(const Napi::CallbackInfo& info) {
  constexpr size_t kAsync = MixAt::kCount;
  const Napi::Value refused = status(info.Env(), kBadArguments);
  if (info.Length() != kAsync + 1 || !info[kAsync].IsBoolean()) return refused;
  BatchHeader header;
  if (!readHeader(info[MixAt::kHeader], header)) return refused;
  const auto staging = stagingOf(header);
  cuda::Device* device = devices().at(wholeNumber(header.device, UINT32_MAX));
  if (!staging || device == nullptr) return refused;
  MixBatch batch;
  const Status parsed = parseMixBatch(info, header, bytesOf(info[MixAt::kSource]),
                                      bytesOf(info[MixAt::kTarget]), batch);
  if (parsed != kDone) return status(info.Env(), parsed);
  return perform(info, info[kAsync].As<Napi::Boolean>(), device->driver,
                 [device, batch, staging = *staging](bool& wrote) {
                   cuda::mixHost(*device, batch, staging, wrote);
                 });
}

}  // namespace

Napi::Object cudaFunctions(Napi::Env env) {
  Napi::Object functions = Napi::Object::New(env);
  addFunction<open>(functions, "open");
  addFunction<prepare>(functions, "prepare");
  addFunction<allocate>(functions, "allocate");
  addFunction<wrap>(functions, "wrap");
  addFunction<pointer>(functions, "pointer");
  addFunction<dispose>(functions, "dispose");
  addFunction<upload>(functions, "upload");
  addFunction<download>(functions, "download");
  addFunction<apply>(functions, "apply");
  addFunction<applyHost>(functions, "applyHost");
  addFunction<mix>(functions, "mix");
  addFunction<mixHost>(functions, "mixHost");
  return functions;
}

}  // namespace gridmask::addon
