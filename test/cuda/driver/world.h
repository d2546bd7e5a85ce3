// SPDX-License-Identifier: MIT
//
// A CUDA driver for tests: devices whose memory is the host's, under addresses that only this
// driver can translate. It counts what is live, fails calls on demand, and is strict: what a real
// driver leaves undefined is an error here, reported by World::violations.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "stream.h"

namespace testdriver {

using Result = int;

enum : Result {
  kSuccess = 0,
  kInvalidValue = 1,
  kOutOfMemory = 2,
  kNotInitialized = 3,
  kNoDevice = 100,
  kInvalidDevice = 101,
  kInvalidImage = 200,
  kInvalidContext = 201,
  kInvalidHandle = 400,
  kNotFound = 500,
  kNotReady = 600,
  kIllegalAddress = 700,
  kMisalignedAddress = 716,
};

// What the driver pretends to be. Set before its first use.
struct Settings {
  int version = 13000;
  int devices = 1;
  int major = 9;
  int minor = 0;
  size_t memory = size_t{1} << 30;  // of each device, bytes
  unsigned delay = 50;              // microseconds before each piece of a stream's work
  int pools = 1;                    // whether memory can be allocated in the order of a stream
};

struct Context {
  int ordinal;
  int retained = 0;
  Result lost = kSuccess;  // the sticky error
  Stream legacy{this};     // the stream of handle 0
};

struct Pool;

struct Block {
  Context* context;
  uint64_t begin;
  size_t bytes;
  std::unique_ptr<uint8_t[]> host;  // null for pinned memory, whose address is its own
  Pool* pool = nullptr;
  bool ready = true;        // false until the stream of its allocation has come to that
  bool registered = false;  // the caller's, pinned by cuMemHostRegister()
};

// Memory that is allocated and freed in the order of streams. Keeps what was freed, when somebody
// synchronises no more than its threshold.
struct Pool {
  Context* context;
  uint64_t threshold = 0;
  size_t live = 0;      // of blocks whose stream has not yet come to their free
  size_t reserved = 0;  // of the device's memory
};

struct Module {
  Context* context;
};

struct Event {
  Context* context;
  std::shared_ptr<Fence> fence;
  std::shared_ptr<std::chrono::steady_clock::time_point> reached;  // known once the fence is
};

// Fails the `nth` call from now on of a function, or with "*" of any, and those that follow it,
// `times` in all. "kernel" and "copy" fail in the stream, after the call has returned; that, and
// `sticky`, loses the context.
struct Failure {
  std::string call;
  int nth;
  int times;
  Result error;
  bool sticky;
};

class World {
 public:
  // Never destroyed: the streams' threads end with the process.
  static World& get();

  // Every call begins with this: it is logged, and may be told to fail.
  Result enter(const char* call);
  // For work in a stream: what it is told to fail with.
  Result failureOf(const char* work);
  void violate(const std::string& what);

  // Of a device's memory, what is in use.
  size_t used(const Context* context);
  // Pools keep no more than this, and what is in use.
  void trimPools(const Context* context);
  static void trim(Pool& pool, uint64_t keep);

  // Device memory by its address. Null: no live allocation holds all of it, or its allocation has
  // not happened yet; which is no matter for a call, whose work comes `later`.
  uint8_t* translate(uint64_t address, size_t bytes, bool later = false);
  bool isPinned(const void* from, size_t bytes);

  // The calling thread's current contexts, the last one on top.
  static std::vector<Context*>& stack();

  // Guards all below; not held while a stream works.
  std::recursive_mutex mutex;
  Settings settings;
  bool initialized = false;
  std::vector<std::unique_ptr<Context>> contexts;
  std::map<uint64_t, Block> device;  // by address
  std::map<uint64_t, Block> pinned;
  std::set<Pool*> pools;
  std::set<Module*> modules;
  std::set<Event*> events;
  std::set<Stream*> streams;
  int pushed = 0;
  std::atomic<int> pending{0};  // copies and kernels that are on streams
  std::vector<Failure> failures;
  std::vector<std::string> log;
  std::vector<std::string> violations;
  std::vector<std::string> ranges;  // of a profiler: what was pushed, empty where one was popped
  uint64_t nextAddress = uint64_t{1} << 58;  // no address of the host's

 private:
  Result due(const char* name);
};

}  // namespace testdriver
