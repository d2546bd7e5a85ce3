// SPDX-License-Identifier: MIT
//
// Calls that continue after their function has returned. They use none of Node's own threads: the
// pool or CUDA's driver does the work. The thread that knows it is done calls a thread-safe
// function, through which the JavaScript thread settles the promise.
//
// A call's arrays must not disappear while it is pending, even if its environment ends: a worker
// that is terminated waits here until native code has released them. A process that exits does not:
// its threads end before it frees the memory.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <utility>

#include "addon/status.h"
#include "cpu/pool.h"

namespace gridmask::addon {

class PendingCalls;

class AsyncCall {
 public:
  // What the promise resolves with; called on the JavaScript thread after settle().
  using Result = std::function<Napi::Value(Napi::Env)>;

  // Holds the arguments, and so the arrays among them, until it is settled. JavaScript has made
  // sure that nobody else can detach or resize them. Throws std::bad_alloc. Null: the environment
  // is about to end.
  static AsyncCall* open(const Napi::CallbackInfo& info, Result result);

  // What the function that opened the call returns.
  Napi::Value promise() const { return Napi::Value(arguments_.Env(), promise_); }

  // The call's outcome is known. From any thread, once; then the call is gone.
  void settle() noexcept;

  // Starts a job, which is cancelled if the environment ends. The call owns it, and settles when it
  // is done.
  void start(std::unique_ptr<cpu::Job> job, unsigned poolThreads, bool waits);

 private:
  friend class PendingCalls;
  AsyncCall(const Napi::CallbackInfo& info, Result result, std::shared_ptr<PendingCalls> calls);

  const std::shared_ptr<PendingCalls> calls_;
  const Result result_;
  Napi::ObjectReference arguments_;
  napi_deferred deferred_ = nullptr;
  napi_value promise_ = nullptr;
  std::unique_ptr<cpu::Job> job_;
  // Neighbours among the pending calls, for the JavaScript thread alone; then the next settled
  // call, guarded by the mutex.
  AsyncCall* before_ = nullptr;
  AsyncCall* after_ = nullptr;
  AsyncCall* nextSettled_ = nullptr;
};

// Work without a result.
struct Done {
  Napi::Value value(Napi::Env env) const { return Napi::Number::New(env, kDone); }
};

// Starts a job on the pool and returns a promise for kDone.
Napi::Value startAsync(const Napi::CallbackInfo& info, std::unique_ptr<cpu::Job> job,
                       unsigned poolThreads);

// Runs `function()`, which may block, on a thread of the pool, and returns a promise for the
// `value(env)` of its result. `function` must not throw; what it holds is released on that thread.
template <typename Function>
Napi::Value startAsync(const Napi::CallbackInfo& info, Function function) {
  using Outcome = decltype(function());
  class Run final : public cpu::Job {
   public:
    Run(Function use, std::shared_ptr<Outcome> outcome)
        : Job({1, 1, 1, 0}),
          function_(new Function(std::move(use))),
          outcome_(std::move(outcome)) {}
    void work(size_t, size_t, uint8_t*) noexcept override {
      const std::unique_ptr<Function> use = std::move(function_);
      *outcome_ = (*use)();
    }

   private:
    std::unique_ptr<Function> function_;
    const std::shared_ptr<Outcome> outcome_;
  };
  auto outcome = std::make_shared<Outcome>();
  auto job = std::make_unique<Run>(std::move(function), outcome);
  AsyncCall* call = AsyncCall::open(info, [outcome](Napi::Env env) { return outcome->value(env); });
  if (call == nullptr) return Napi::Number::New(info.Env(), kOutOfMemory);
  const Napi::Value promise = call->promise();
  call->start(std::move(job), 1, true);
  return promise;
}

}  // namespace gridmask::addon
