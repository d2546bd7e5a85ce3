// SPDX-License-Identifier: MIT
//
// Times on a CUDA device: by the device's own clock, kernels as the backend launches them, and
// copies and fills of the same batch; by the host's, what a launch takes. Driver calls that only
// this file needs are looked up here.

#include <napi.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cuda/allocation.h"
#include "cuda/context.h"
#include "cuda/launch.h"
#include "cuda/preprocess_launch.h"
#include "cuda/stream.h"

namespace {

using namespace gridmask;
using cuda::CUdeviceptr;
using cuda::CUevent;
using cuda::CUresult;
using cuda::CUstream;

using CUgraph = struct CUgraph_st*;
using CUgraphExec = struct CUgraphExec_st*;

struct Calls {
  CUresult(GRIDMASK_CUDA_ABI* cuEventElapsedTime)(float*, CUevent, CUevent);
  CUresult(GRIDMASK_CUDA_ABI* cuMemcpyDtoDAsync)(CUdeviceptr, CUdeviceptr, size_t, CUstream);
  CUresult(GRIDMASK_CUDA_ABI* cuMemsetD8Async)(CUdeviceptr, unsigned char, size_t, CUstream);
  // Null: a driver without graphs.
  CUresult(GRIDMASK_CUDA_ABI* cuStreamBeginCapture)(CUstream, unsigned mode) = nullptr;
  CUresult(GRIDMASK_CUDA_ABI* cuStreamEndCapture)(CUstream, CUgraph*) = nullptr;
  CUresult(GRIDMASK_CUDA_ABI* cuGraphInstantiateWithFlags)(CUgraphExec*, CUgraph,
                                                           unsigned long long) = nullptr;
  CUresult(GRIDMASK_CUDA_ABI* cuGraphLaunch)(CUgraphExec, CUstream) = nullptr;
  CUresult(GRIDMASK_CUDA_ABI* cuGraphExecDestroy)(CUgraphExec) = nullptr;
  CUresult(GRIDMASK_CUDA_ABI* cuGraphDestroy)(CUgraph) = nullptr;

  explicit Calls(const cuda::Driver& driver) {
    find(driver, "cuEventElapsedTime", cuEventElapsedTime);
    find(driver, "cuMemcpyDtoDAsync_v2", cuMemcpyDtoDAsync);
    find(driver, "cuMemsetD8Async", cuMemsetD8Async);
    if (driver.symbol("cuGraphInstantiateWithFlags") == nullptr) return;
    find(driver, "cuStreamBeginCapture_v2", cuStreamBeginCapture);
    find(driver, "cuStreamEndCapture", cuStreamEndCapture);
    find(driver, "cuGraphInstantiateWithFlags", cuGraphInstantiateWithFlags);
    find(driver, "cuGraphLaunch", cuGraphLaunch);
    find(driver, "cuGraphExecDestroy", cuGraphExecDestroy);
    find(driver, "cuGraphDestroy", cuGraphDestroy);
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

// Work that is put on a stream repeatedly: by one launch of a graph, if the driver has graphs, so
// that the host's time for each does not count.
class Repeated {
 public:
  template <typename Work>
  Repeated(Watch& watch, const Work& work) : watch_(watch), calls_(watch.calls()) {
    if (calls_.cuGraphLaunch == nullptr) {
      work_ = work;
      return;
    }
    constexpr unsigned kThreadLocal = 1;
    CUgraph graph = nullptr;
    CUDA_CALL(calls_, cuStreamBeginCapture, watch.stream(), kThreadLocal);
    work();
    CUDA_CALL(calls_, cuStreamEndCapture, watch.stream(), &graph);
    const CUresult result = calls_.cuGraphInstantiateWithFlags(&graph_, graph, 0);
    (void)calls_.cuGraphDestroy(graph);
    if (result != 0) throw cuda::Error{result, "cuGraphInstantiateWithFlags"};
  }
  ~Repeated() {
    if (graph_ != nullptr) (void)calls_.cuGraphExecDestroy(graph_);
  }
  Repeated(const Repeated&) = delete;
  Repeated& operator=(const Repeated&) = delete;

  double time() {
    return watch_.time([&] {
      if (graph_ == nullptr) {
        work_();
      } else {
        CUDA_CALL(calls_, cuGraphLaunch, graph_, watch_.stream());
      }
    });
  }

 private:
  Watch& watch_;
  const Calls& calls_;
  std::function<void()> work_;
  CUgraphExec graph_ = nullptr;
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

// Milliseconds of the host's clock.
template <typename Work>
double hostTime(const Work& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

struct Request {
  std::vector<PackedSample> samples;
  std::vector<int32_t> partner;  // empty: masked, not mixed
  bool decoded;                  // the batch is made of images of bytes, three channels together
  bool crops;                    // of images that are larger by kCropped on both axes
  Noise noise;
  std::vector<float> channels;  // of the noise
  BatchLayout layout;
  bool inPlace;
  size_t batches;   // that take turns, so that the device's caches do not hold them all
  size_t launches;  // in a round
  size_t rounds;
  size_t calls;  // launches that the host's clock times
};

// Milliseconds of each round. By the device's clock, for one batch: the kernel, a copy of the batch
// and a fill of it. By the host's: a bare launch, a launch that is waited for, an upload from
// pinned memory, and an upload at the same time as a download. The launches by their own number.
struct Times {
  std::vector<double> kernel, copy, fill, launch, wait, upload, bothWays;
};

constexpr int32_t kCropped = 32;

cuda::Prepared preparePictures(const Request& request, const uint8_t* source, uint8_t* target,
                               const std::vector<uint8_t>& fill, cuda::Launch& launch) {
  PreprocessBatch batch{};
  static_cast<BatchLayout&>(batch) = request.layout;
  batch.target = target;
  batch.type = request.layout.valueBytes == 4 ? ValueType::kFloat32 : ValueType::kFloat16;
  batch.samples = Samples(request.samples.data());
  batch.fill = fill.data();
  const int32_t more = request.crops ? kCropped : 0;
  const int32_t height = batch.height + more;
  const int32_t width = batch.width + more;
  const uint8_t* image = source;
  for (uint32_t n = 0; n < batch.count; ++n) {
    const auto places = static_cast<uint32_t>(more + 1);
    const auto top = static_cast<int32_t>(n * 37 % places);
    const auto left = static_cast<int32_t>(n * 53 % places);
    batch.images.push_back({image, height, width, 3, top, left, request.crops && n % 2 == 1});
    image += size_t{3} * static_cast<size_t>(height) * static_cast<size_t>(width);
  }
  for (uint32_t channel = 0; channel < 3; ++channel) batch.scales.push_back({channel, 0.017f, -2});
  return cuda::preparePreprocess(batch, {source, image}, launch);
}

cuda::Prepared prepare(const Request& request, const uint8_t* source, uint8_t* target,
                       const std::vector<uint8_t>& fill, cuda::Launch& launch) {
  if (request.decoded) return preparePictures(request, source, target, fill, launch);
  if (!request.partner.empty()) {
    const MixBatch batch{
        {request.layout, source, target}, Samples(request.samples.data()), request.partner.data()};
    return cuda::prepareMix(batch, launch);
  }
  const cuda::Batch batch{request.layout, source, target, fill.data(), request.noise};
  return cuda::prepareMask(batch, Samples(request.samples.data()), 0, launch);
}

Times measure(cuda::Device& device, const Request& request) {
  const cuda::Driver& driver = device.driver;
  const cuda::Current current(device);
  const size_t bytes = request.layout.bytes();

  // The memory goes last: it is freed on a stream that has no other work.
  const cuda::StreamLease lease(device);
  const CUstream own = lease.stream().handle();
  std::vector<std::shared_ptr<cuda::Allocation>> sources, targets;
  for (size_t i = 0; i < request.batches; ++i) {
    sources.push_back(cuda::Allocation::create(device, bytes, own));
    targets.push_back(cuda::Allocation::create(device, bytes, own));
  }
  const std::vector<uint8_t> fill(request.layout.planes * request.layout.pixelBytes);
  std::vector<cuda::Launch> prepared(request.batches);
  for (size_t i = 0; i < request.batches; ++i) {
    uint8_t* const target = (request.inPlace ? sources : targets)[i]->data();
    if (prepare(request, sources[i]->data(), target, fill, prepared[i]) != cuda::Prepared::kReady) {
      return {};
    }
  }
  const size_t constantBytes = prepared[0].constants.size();
  const auto constants = cuda::Allocation::create(device, std::max<size_t>(constantBytes, 1), own);
  const Pinned pinned(driver, std::max(bytes, constantBytes));
  const Pinned other(driver, bytes);
  CUDA_CALL(driver, cuStreamSynchronize, own);
  // After them, so that its stream is destroyed, and with it all work done, before they go.
  Watch watch(driver);
  Watch beside(driver);
  const CUstream stream = watch.stream();
  if (constantBytes != 0) {
    std::memcpy(pinned.data(), prepared[0].constants.data(), constantBytes);
    CUDA_CALL(driver, cuMemcpyHtoDAsync, constants->pointer(), pinned.data(), constantBytes,
              stream);
    CUDA_CALL(driver, cuStreamSynchronize, stream);
    for (auto& launch : prepared) launch.params.constants = constants->data();
  }
  const auto function = device.function(prepared[0].kernel);
  const auto launch = [&](size_t i) {
    cuda::Launch& one = prepared[i % request.batches];
    void* arguments[] = {&one.params};
    CUDA_CALL(driver, cuLaunchKernel, function, one.gridX, one.gridY, one.gridZ, one.blockX,
              one.blockY, 1, 0, stream, arguments, nullptr);
  };
  const auto repeat = [&](const auto& work) {
    return [&request, work] {
      for (size_t i = 0; i < request.launches; ++i) work(i);
    };
  };
  Repeated kernels(watch, repeat(launch));
  Repeated copies(watch, repeat([&](size_t i) {
                    CUDA_CALL(watch.calls(), cuMemcpyDtoDAsync,
                              targets[i % request.batches]->pointer(),
                              sources[i % request.batches]->pointer(), bytes, stream);
                  }));
  Repeated fills(watch, repeat([&](size_t i) {
                   CUDA_CALL(watch.calls(), cuMemsetD8Async,
                             targets[i % request.batches]->pointer(), 0, bytes, stream);
                 }));
  const auto synchronize = [&] { CUDA_CALL(driver, cuStreamSynchronize, stream); };
  const auto upload = [&] {
    CUDA_CALL(driver, cuMemcpyHtoDAsync, sources[0]->pointer(), pinned.data(), bytes, stream);
  };

  Times times;
  const auto each = static_cast<double>(request.launches);
  kernels.time();  // the first of its kind
  copies.time();
  fills.time();
  for (size_t round = 0; round < request.rounds; ++round) {
    times.copy.push_back(copies.time() / each);
    times.fill.push_back(fills.time() / each);
    times.kernel.push_back(kernels.time() / each);
    times.upload.push_back(hostTime([&] {
      upload();
      synchronize();
    }));
    times.bothWays.push_back(hostTime([&] {
      upload();
      CUDA_CALL(driver, cuMemcpyDtoHAsync, other.data(), targets[0]->pointer(), bytes,
                beside.stream());
      synchronize();
      CUDA_CALL(driver, cuStreamSynchronize, beside.stream());
    }));
  }
  // By themselves, as a program that makes many calls sees them: after other work of the driver
  // they take several times as long.
  for (size_t i = 0; i < request.calls; ++i) {
    times.launch.push_back(hostTime([&] { launch(i); }));
    synchronize();
    times.wait.push_back(hostTime([&] {
      launch(i);
      synchronize();
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
  const auto count = static_cast<int32_t>(request.samples.size());
  const auto valueBytes = number("valueBytes");
  request.layout = {request.samples.size(),
                    number("planes"),
                    static_cast<int32_t>(number("height")),
                    static_cast<int32_t>(number("width")),
                    number("pixelBytes"),
                    valueBytes};
  if (given.Get("mixes").ToBoolean()) {
    for (int32_t i = 0; i < count; ++i) request.partner.push_back((i + 1) % count);
  }
  for (size_t i = 0; i < request.layout.channels(); ++i) {
    request.channels.insert(request.channels.end(), {0, 1});
  }
  request.noise = {static_cast<NoiseKind>(number("noise")),
                   valueBytes == 4   ? NoiseType::kFloat32
                   : valueBytes == 2 ? NoiseType::kFloat16
                                     : NoiseType::kUint8,
                   true, request.channels.data()};
  request.inPlace = given.Get("inPlace").ToBoolean();
  request.decoded = given.Get("decoded").ToBoolean();
  request.crops = given.Get("crops").ToBoolean();
  request.batches = number("batches");
  request.launches = number("launches");
  request.rounds = number("rounds");
  request.calls = number("calls");

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
    result["fill"] = listOf(env, times.fill);
    result["launch"] = listOf(env, times.launch);
    result["wait"] = listOf(env, times.wait);
    result["upload"] = listOf(env, times.upload);
    result["bothWays"] = listOf(env, times.bothWays);
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
