// SPDX-License-Identifier: MIT
//
// Times on a CUDA device by the device's own clock: the kernel as the backend launches it, between
// events of one stream, beside copies in turn. Calls that only this needs are looked up in the
// driver here.

#include <napi.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "cuda/allocation.h"
#include "cuda/context.h"
#include "cuda/launch.h"
#include "cuda/stream.h"

namespace {

using namespace gridmask;
using cuda::CUdeviceptr;
using cuda::CUevent;
using cuda::CUresult;
using cuda::CUstream;

struct Calls {
  CUresult(GRIDMASK_CUDA_ABI* cuEventElapsedTime)(float*, CUevent, CUevent);
  CUresult(GRIDMASK_CUDA_ABI* cuMemcpyDtoDAsync)(CUdeviceptr, CUdeviceptr, size_t, CUstream);

  explicit Calls(const cuda::Driver& driver) {
    find(driver, "cuEventElapsedTime", cuEventElapsedTime);
    find(driver, "cuMemcpyDtoDAsync_v2", cuMemcpyDtoDAsync);
  }

 private:
  template <typename Call>
  static void find(const cuda::Driver& driver, const char* symbol, Call& call) {
    call = reinterpret_cast<Call>(driver.symbol(symbol));
    if (call == nullptr) throw cuda::Error{500 /* CUDA_ERROR_NOT_FOUND */, symbol};
  }
};

// A stream, and two events between which its work is timed.
class Watch {
 public:
  explicit Watch(const cuda::Driver& driver) : driver_(driver), calls_(driver) {
    CUDA_CALL(driver_, cuStreamCreate, &stream_, cuda::CU_STREAM_NON_BLOCKING);
    CUDA_CALL(driver_, cuEventCreate, &begin_, 0);
    CUDA_CALL(driver_, cuEventCreate, &end_, 0);
  }
  ~Watch() {
    if (stream_ != nullptr) (void)driver_.cuStreamDestroy(stream_);
    if (begin_ != nullptr) (void)driver_.cuEventDestroy(begin_);
    if (end_ != nullptr) (void)driver_.cuEventDestroy(end_);
  }

  CUstream stream() const { return stream_; }
  const Calls& calls() const { return calls_; }

  // Milliseconds that the device spent on what `work` puts on the stream.
  template <typename Work>
  double time(const Work& work) {
    CUDA_CALL(driver_, cuEventRecord, begin_, stream_);
    work();
    CUDA_CALL(driver_, cuEventRecord, end_, stream_);
    CUDA_CALL(driver_, cuStreamSynchronize, stream_);
    float milliseconds = 0;
    CUDA_CALL(calls_, cuEventElapsedTime, &milliseconds, begin_, end_);
    return static_cast<double>(milliseconds);
  }

 private:
  const cuda::Driver& driver_;
  const Calls calls_;
  CUstream stream_ = nullptr;
  CUevent begin_ = nullptr;
  CUevent end_ = nullptr;
};

class Pinned {
 public:
  Pinned(const cuda::Driver& driver, size_t bytes) : driver_(driver) {
    CUDA_CALL(driver_, cuMemHostAlloc, &data_, bytes, 0);
    std::memset(data_, 0, bytes);
  }
  ~Pinned() { (void)driver_.cuMemFreeHost(data_); }
  uint8_t* data() const { return static_cast<uint8_t*>(data_); }

 private:
  const cuda::Driver& driver_;
  void* data_ = nullptr;
};

struct Request {
  std::vector<PackedSample> samples;
  size_t planes, pixelBytes, valueBytes;
  int32_t height, width;
  bool inPlace;
  size_t batches;  // that take turns, so that the device's caches do not hold them all
  size_t launches;
  size_t copyBytes;
  size_t rounds;
};

// Milliseconds of each round: for one batch, but that `copy` is for copyBytes from memory of the
// device to other memory of it.
struct Times {
  std::vector<double> kernel, copy, upload, download;
};

Times measure(cuda::Device& device, const Request& request) {
  const cuda::Driver& driver = device.driver;
  const cuda::Current current(device);
  const size_t count = request.samples.size();
  const size_t bytes = count * request.planes * static_cast<size_t>(request.height) *
                       static_cast<size_t>(request.width) * request.pixelBytes;

  // Last of all to go is the memory, which is given back on a stream that has no other work.
  const cuda::StreamLease lease(device);
  const CUstream own = lease.stream().handle();
  std::vector<std::shared_ptr<cuda::Allocation>> sources, targets;
  for (size_t i = 0; i < request.batches; ++i) {
    sources.push_back(cuda::Allocation::create(device, bytes, own));
    targets.push_back(request.inPlace ? sources.back()
                                      : cuda::Allocation::create(device, bytes, own));
  }
  const auto from = cuda::Allocation::create(device, request.copyBytes, own);
  const auto to = cuda::Allocation::create(device, request.copyBytes, own);
  const std::vector<uint8_t> fill(request.planes * request.pixelBytes);
  std::vector<cuda::Launch> prepared(request.batches);
  for (size_t i = 0; i < request.batches; ++i) {
    const cuda::Batch batch{{count, request.planes, request.height, request.width,
                             request.pixelBytes, request.valueBytes},
                            sources[i]->data(),
                            targets[i]->data(),
                            fill.data()};
    const Samples samples(request.samples.data());
    if (cuda::prepareMask(batch, samples, 0, prepared[i]) != cuda::Prepared::kReady) return {};
  }
  const size_t constantBytes = prepared[0].constants.size();
  const auto constants = cuda::Allocation::create(device, std::max<size_t>(constantBytes, 1), own);
  const Pinned pinned(driver, std::max(bytes, constantBytes));
  CUDA_CALL(driver, cuStreamSynchronize, own);
  // After them, so that its stream is destroyed, and with it all work done, before they go.
  Watch watch(driver);
  if (constantBytes != 0) {
    std::memcpy(pinned.data(), prepared[0].constants.data(), constantBytes);
    CUDA_CALL(driver, cuMemcpyHtoDAsync, constants->pointer(), pinned.data(), constantBytes,
              watch.stream());
    CUDA_CALL(driver, cuStreamSynchronize, watch.stream());
    for (auto& launch : prepared) launch.params.constants = constants->data();
  }
  const auto function = device.function(prepared[0].kernel);
  size_t next = 0;
  const auto launches = [&] {
    for (size_t i = 0; i < request.launches; ++i) {
      cuda::Launch& launch = prepared[next++ % request.batches];
      void* arguments[] = {&launch.params};
      CUDA_CALL(driver, cuLaunchKernel, function, launch.gridX, launch.gridY, launch.gridZ,
                launch.blockX, 1, 1, 0, watch.stream(), arguments, nullptr);
    }
  };

  Times times;
  watch.time(launches);  // the first of its kind
  for (size_t round = 0; round < request.rounds; ++round) {
    times.copy.push_back(watch.time([&] {
      CUDA_CALL(watch.calls(), cuMemcpyDtoDAsync, to->pointer(), from->pointer(), request.copyBytes,
                watch.stream());
    }));
    times.kernel.push_back(watch.time(launches) / static_cast<double>(request.launches));
    times.upload.push_back(watch.time([&] {
      CUDA_CALL(driver, cuMemcpyHtoDAsync, sources[0]->pointer(), pinned.data(), bytes,
                watch.stream());
    }));
    times.download.push_back(watch.time([&] {
      CUDA_CALL(driver, cuMemcpyDtoHAsync, pinned.data(), targets[0]->pointer(), bytes,
                watch.stream());
    }));
  }
  return times;
}

Napi::Value listOf(Napi::Env env, const std::vector<double>& numbers) {
  auto list = Napi::Array::New(env, numbers.size());
  for (uint32_t i = 0; i < numbers.size(); ++i) list[i] = numbers[i];
  return list;
}

// measure(path, ordinal, request), the driver's path empty for the system's. The benchmarks are its
// only callers: nothing is checked.
Napi::Value measureFrom(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto given = info[2].As<Napi::Object>();
  const auto number = [&](const char* key) {
    return static_cast<size_t>(given.Get(key).As<Napi::Number>().Int64Value());
  };
  Request request{};
  const auto packed = given.Get("samples").As<Napi::Uint8Array>();
  request.samples.resize(packed.ByteLength() / sizeof(PackedSample));
  std::memcpy(request.samples.data(), packed.Data(), packed.ByteLength());
  request.planes = number("planes");
  request.pixelBytes = number("pixelBytes");
  request.valueBytes = number("valueBytes");
  request.height = static_cast<int32_t>(number("height"));
  request.width = static_cast<int32_t>(number("width"));
  request.inPlace = given.Get("inPlace").ToBoolean();
  request.batches = number("batches");
  request.launches = number("launches");
  request.copyBytes = number("copyBytes");
  request.rounds = number("rounds");

  const cuda::Opened opened = cuda::openDriver(info[0].As<Napi::String>());
  const auto ordinal = info[1].As<Napi::Number>().Uint32Value();
  if (ordinal >= opened.devices.size()) {
    Napi::Error::New(env, "there is no such device").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  cuda::Device& device = *opened.devices[ordinal].device;
  try {
    device.prepare();
    const Times times = measure(device, request);
    auto result = Napi::Object::New(env);
    result["kernel"] = listOf(env, times.kernel);
    result["copy"] = listOf(env, times.copy);
    result["upload"] = listOf(env, times.upload);
    result["download"] = listOf(env, times.download);
    return result;
  } catch (const cuda::Error& error) {
    const std::string message = std::string(error.call) + ": " + device.driver.nameOf(error.code);
    Napi::Error::New(env, message).ThrowAsJavaScriptException();
    return env.Undefined();
  }
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports["measure"] = Napi::Function::New(env, measureFrom);
  return exports;
}

NODE_API_MODULE(bench_gpu, init)

}  // namespace
