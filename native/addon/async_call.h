// SPDX-License-Identifier: MIT
//
// Calls that go on when their function has returned. They take none of Node's own threads: the pool
// does the work, or CUDA's driver, and whatever thread knows that it is done says so by way of a
// thread-safe function, on which the JavaScript thread settles the promise.
//
// A call's arrays must not go while it is under way, also where its environment ends: a worker that
// is terminated waits here until native code has let go of them. A process that exits does not: it
// takes its threads with it before it gives back the memory.
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
  // What the promise resolves with; asked for on the JavaScript thread once settle() was called.
  using Result = std::function<Napi::Value(Napi::Env)>;

  // Holds the arguments, and so the arrays among them, until it is settled. JavaScript has made
  // sure that nobody else can detach or resize them. Throws std::bad_alloc. Null: the environment
  // is about to end.
  static AsyncCall* open(const Napi::CallbackInfo& info, Result result);

  // For the function that opened the call to return.
  Napi::Value promise() const { return Napi::Value(arguments_.Env(), promise_); }

  // What happens to the call is known. From any thread, once; then it is gone.
  void settle() noexcept;

  // A job that is to be cancelled if the environment ends. The call has it, and settles when it is
  // done.
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
  // Neighbours among the calls that are pending: the JavaScript thread's. The next one that is
  // settled: guarded.
  AsyncCall* before_ = nullptr;
  AsyncCall* after_ = nullptr;
  AsyncCall* nextSettled_ = nullptr;
};

// What is done without anything to tell.
struct Done {
  Napi::Value value(Napi::Env env) const { return Napi::Number::New(env, kDone); }
};

// Starts a job on the pool and answers with a promise for kDone.
Napi::Value startAsync(const Napi::CallbackInfo& info, std::unique_ptr<cpu::Job> job,
                       unsigned poolThreads);

// Runs `function()` on a thread of the pool, which it does not mind to keep waiting, and answers
// with a promise for the `value(env)` of what it answers. `function` must not throw; what it holds
// is let go of on that thread.
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
