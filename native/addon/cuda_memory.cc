// SPDX-License-Identifier: MIT

#include "addon/cuda_memory.h"

#include <mutex>
#include <utility>
#include <vector>

#include "addon/bytes.h"
#include "addon/environment.h"
#include "addon/status.h"

namespace gridmask::addon {
namespace {

using Handle = std::unique_ptr<cuda::Allocation>;
constexpr napi_type_tag kHandleTag = {0x677269646d61736b, 0x637564612e6d656d};

struct Devices {
  std::mutex mutex;
  std::vector<cuda::Device*> list;
};

Devices& devices() {
  static Devices* instance = new Devices;
  return *instance;
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

}  // namespace

uint32_t numberOf(cuda::Device& device) {
  Devices& all = devices();
  const std::lock_guard<std::mutex> lock(all.mutex);
  for (uint32_t i = 0; i < all.list.size(); ++i) {
    if (all.list[i] == &device) return i;
  }
  all.list.push_back(&device);
  return static_cast<uint32_t>(all.list.size() - 1);
}

cuda::Device* deviceAt(std::optional<size_t> number) {
  Devices& all = devices();
  const std::lock_guard<std::mutex> lock(all.mutex);
  return number && *number < all.list.size() ? all.list[*number] : nullptr;
}

cuda::Device* deviceAt(const Napi::Value& number) {
  return deviceAt(wholeNumber(number, UINT32_MAX));
}

cuda::Stream& streamFor(Napi::Env env, cuda::Device& device) {
  auto& streams = Environment::of(env).streams;
  for (const auto& stream : streams) {
    if (&stream->device() == &device) return *stream;
  }
  const cuda::Current current(device);
  std::unique_ptr<cuda::Stream> stream = device.takeStream();
  (void)stream->handle();
  streams.push_back(std::move(stream));
  return *streams.back();
}

std::optional<uint64_t> wordOf(const Napi::Value& value) {
  uint64_t word = 0;
  bool lossless = false;
  if (napi_get_value_bigint_uint64(value.Env(), value, &word, &lossless) != napi_ok || !lossless) {
    return std::nullopt;
  }
  return word;
}

std::optional<cuda::CUstream> streamOf(const Napi::Value& value) {
  const auto word = wordOf(value);
  if (!word) return std::nullopt;
  return reinterpret_cast<cuda::CUstream>(static_cast<uintptr_t>(*word));
}

cuda::Allocation* memoryOf(const Napi::Value& value) {
  const Handle* handle = handleOf(value);
  return handle != nullptr ? handle->get() : nullptr;
}

// Not an External: Node 20.11 cannot tell Externals apart.
Napi::Value newMemory(Napi::Env env, std::unique_ptr<cuda::Allocation> memory) {
  const Napi::Object object = Napi::Object::New(env);
  auto* handle = new Handle(std::move(memory));
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<Handle*>(data); };
  if (napi_wrap(env, object, handle, finalize, nullptr, nullptr) != napi_ok) {
    delete handle;
    return Napi::Number::New(env, kOutOfMemory);
  }
  napi_type_tag_object(env, object, &kHandleTag);
  return object;
}

Napi::Value newPin(Napi::Object array, std::unique_ptr<cuda::PinnedMemory> memory) {
  // In this order: the memory is released first, then the array.
  struct Pin {
    Napi::ObjectReference array;
    std::unique_ptr<cuda::PinnedMemory> memory;
  };
  const Napi::Env env = array.Env();
  auto* pin = new Pin{Napi::Persistent(array), std::move(memory)};
  const Napi::Object object = Napi::Object::New(env);
  const auto finalize = [](napi_env, void* data, void*) { delete static_cast<Pin*>(data); };
  if (napi_wrap(env, object, pin, finalize, nullptr, nullptr) != napi_ok) {
    delete pin;
    return Napi::Number::New(env, kOutOfMemory);
  }
  return object;
}

bool takeMemory(const Napi::Value& value, std::unique_ptr<cuda::Allocation>& memory) {
  Handle* handle = handleOf(value);
  if (handle == nullptr) return false;
  memory = std::move(*handle);
  return true;
}

}  // namespace gridmask::addon
