// SPDX-License-Identifier: MIT
//
// The test driver's other side: the same library is an addon, through which a test says what the
// driver should do and sees what it did.

#include <napi.h>

#include <chrono>
#include <thread>

#include "world.h"

namespace testdriver {
namespace {

World& world() { return World::get(); }

// configure({ version, devices, major, minor, memory, delay, pools })
void configure(const Napi::CallbackInfo& info) {
  const auto given = info[0].As<Napi::Object>();
  Settings& settings = world().settings;
  const auto number = [&](const char* name, auto& value) {
    if (!given.Has(name)) return;
    const Napi::Value property = given.Get(name);
    value = static_cast<std::decay_t<decltype(value)>>(property.As<Napi::Number>().Int64Value());
  };
  number("version", settings.version);
  number("devices", settings.devices);
  number("major", settings.major);
  number("minor", settings.minor);
  number("memory", settings.memory);
  number("delay", settings.delay);
  number("pools", settings.pools);
}

// fail(call, nth, error, times, sticky)
void fail(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::recursive_mutex> lock(world().mutex);
  world().failures.push_back(
      {info[0].As<Napi::String>().Utf8Value(), info[1].As<Napi::Number>().Int32Value(),
       info[3].As<Napi::Number>().Int32Value(), info[2].As<Napi::Number>().Int32Value(),
       info[4].As<Napi::Boolean>().Value()});
}

// Forgets failures that are still to come, the log, and lost contexts.
void reset(const Napi::CallbackInfo&) {
  const std::lock_guard<std::recursive_mutex> lock(world().mutex);
  world().failures.clear();
  world().log.clear();
  world().violations.clear();
  for (const auto& context : world().contexts) context->lost = 0;
}

// stall(stream, milliseconds): what is put on that stream of device 0 from now on has to wait.
void stall(const Napi::CallbackInfo& info) {
  bool lossless = false;
  const uint64_t handle = info[0].As<Napi::BigInt>().Uint64Value(&lossless);
  const std::chrono::milliseconds time(info[1].As<Napi::Number>().Int64Value());
  const std::lock_guard<std::recursive_mutex> lock(world().mutex);
  Stream* stream = handle <= 1 ? &world().contexts.at(0)->legacy
                               : reinterpret_cast<Stream*>(static_cast<uintptr_t>(handle));
  stream->enqueue([time] { std::this_thread::sleep_for(time); });
}

// Returns when all is done that is on the streams now.
void settle(const Napi::CallbackInfo&) {
  std::vector<std::shared_ptr<Fence>> fences;
  {
    const std::lock_guard<std::recursive_mutex> lock(world().mutex);
    for (const auto& context : world().contexts) fences.push_back(context->legacy.mark());
    for (Stream* stream : world().streams) fences.push_back(stream->mark());
  }
  for (const auto& fence : fences) fence->wait();
}

Napi::Array listOf(Napi::Env env, const std::vector<std::string>& strings) {
  const Napi::Array list = Napi::Array::New(env, strings.size());
  for (uint32_t i = 0; i < strings.size(); ++i) list.Set(i, strings[i]);
  return list;
}

// The calls since the last reset.
Napi::Value log(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::recursive_mutex> lock(world().mutex);
  return listOf(info.Env(), world().log);
}

// What a real driver need not forgive.
Napi::Value violations(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::recursive_mutex> lock(world().mutex);
  return listOf(info.Env(), world().violations);
}

// What a profiler has seen.
Napi::Value ranges(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::recursive_mutex> lock(world().mutex);
  return listOf(info.Env(), world().ranges);
}

Napi::Value live(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::recursive_mutex> lock(world().mutex);
  int contexts = 0;
  for (const auto& context : world().contexts) contexts += context->retained;
  size_t bytes = 0;
  for (const auto& [address, block] : world().device) bytes += block.bytes;
  const Napi::Object counts = Napi::Object::New(info.Env());
  const auto set = [&](const char* name, size_t count) {
    counts.Set(name, static_cast<double>(count));
  };
  set("contexts", static_cast<size_t>(contexts));
  set("pushed", static_cast<size_t>(world().pushed));
  set("pending", static_cast<size_t>(world().pending));
  set("modules", world().modules.size());
  set("allocations", world().device.size());
  set("bytes", bytes);
  size_t reserved = 0;
  for (const Pool* pool : world().pools) reserved += pool->reserved;
  set("reserved", reserved);
  set("pinned", world().pinned.size());
  set("streams", world().streams.size());
  set("events", world().events.size());
  return counts;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports["configure"] = Napi::Function::New(env, configure);
  exports["fail"] = Napi::Function::New(env, fail);
  exports["reset"] = Napi::Function::New(env, reset);
  exports["stall"] = Napi::Function::New(env, stall);
  exports["settle"] = Napi::Function::New(env, settle);
  exports["log"] = Napi::Function::New(env, log);
  exports["ranges"] = Napi::Function::New(env, ranges);
  exports["violations"] = Napi::Function::New(env, violations);
  exports["live"] = Napi::Function::New(env, live);
  return exports;
}

NODE_API_MODULE(cuda_test_driver, init)

}  // namespace
}  // namespace testdriver
