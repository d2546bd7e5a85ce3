// SPDX-License-Identifier: MIT

#include "addon/async_call.h"

#include <condition_variable>
#include <mutex>

#include "addon/environment.h"

namespace gridmask::addon {

// The pending calls of one environment. Everything but settle() runs on the JavaScript thread.
class PendingCalls {
 public:
  // Null: the environment is about to end. Throws std::bad_alloc.
  static std::shared_ptr<PendingCalls> of(Napi::Env env);

  void add(AsyncCall* call);
  void settle(AsyncCall* call) noexcept;

 private:
  using Self = std::shared_ptr<PendingCalls>;

  bool listen(const Self& self);
  void takeSettled();
  void remove(AsyncCall* call);
  void end();

  napi_env env_ = nullptr;
  napi_threadsafe_function function_ = nullptr;
  AsyncCall* first_ = nullptr;  // of all calls that are unfinished, or not yet removed from here

  std::mutex mutex_;
  std::condition_variable allSettled_;
  // Guarded.
  size_t unsettled_ = 0;
  AsyncCall* firstSettled_ = nullptr;
  AsyncCall** lastSettled_ = &firstSettled_;
  bool ended_ = false;
};

std::shared_ptr<PendingCalls> PendingCalls::of(Napi::Env env) {
  Self& known = Environment::of(env).calls;
  if (known == nullptr) {
    auto calls = std::make_shared<PendingCalls>();
    calls->env_ = env;
    if (!calls->listen(calls)) return nullptr;
    known = std::move(calls);
  }
  return known->ended_ ? nullptr : known;
}

// When an environment ends, cleanup runs in reverse order of registration. The hook is added after
// the function, so nobody uses the function any more when Node ends it.
bool PendingCalls::listen(const Self& self) {
  const auto settled = [](napi_env env, napi_value, void* context, void*) {
    if (env != nullptr) (*static_cast<Self*>(context))->takeSettled();
  };
  const auto letGo = [](napi_env, void* data, void*) { delete static_cast<Self*>(data); };
  const auto ending = [](void* data) {
    const std::unique_ptr<Self> calls(static_cast<Self*>(data));
    (*calls)->end();
  };
  auto forFunction = std::make_unique<Self>(self);
  auto forHook = std::make_unique<Self>(self);
  const Napi::String name = Napi::String::New(env_, "gridmask");
  if (napi_create_threadsafe_function(env_, nullptr, nullptr, name, 0, 1, forFunction.get(), letGo,
                                      forFunction.get(), settled, &function_) != napi_ok) {
    return false;
  }
  forFunction.release();
  // It keeps the process alive only while there are calls.
  napi_unref_threadsafe_function(env_, function_);
  if (napi_add_env_cleanup_hook(env_, ending, forHook.get()) != napi_ok) return false;
  forHook.release();
  return true;
}

void PendingCalls::add(AsyncCall* call) {
  if (first_ == nullptr) {
    napi_ref_threadsafe_function(env_, function_);
  } else {
    first_->before_ = call;
  }
  call->after_ = first_;
  first_ = call;
  const std::lock_guard<std::mutex> lock(mutex_);
  ++unsettled_;
}

void PendingCalls::remove(AsyncCall* call) {
  (call->before_ != nullptr ? call->before_->after_ : first_) = call->after_;
  if (call->after_ != nullptr) call->after_->before_ = call->before_;
  if (first_ == nullptr) napi_unref_threadsafe_function(env_, function_);
  delete call;
}

void PendingCalls::settle(AsyncCall* call) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  // One call of takeSettled() takes all that are settled by then.
  if (firstSettled_ == nullptr && !ended_) {
    napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking);
  }
  *lastSettled_ = call;
  lastSettled_ = &call->nextSettled_;
  if (--unsettled_ == 0) allSettled_.notify_all();
}

void PendingCalls::takeSettled() {
  AsyncCall* settled;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    settled = firstSettled_;
    firstSettled_ = nullptr;
    lastSettled_ = &firstSettled_;
  }
  while (settled != nullptr) {
    AsyncCall* const next = settled->nextSettled_;
    const Napi::HandleScope scope(env_);
    // If JavaScript is about to end, there is no value, and nobody to receive it.
    const Napi::Value value = settled->result_(env_);
    if (!value.IsEmpty()) napi_resolve_deferred(env_, settled->deferred_, value);
    remove(settled);
    settled = next;
  }
}

void PendingCalls::end() {
  for (AsyncCall* call = first_; call != nullptr; call = call->after_) {
    if (call->job_) cpu::cancel(*call->job_);
  }
  {
    std::unique_lock<std::mutex> lock(mutex_);
    allSettled_.wait(lock, [&] { return unsettled_ == 0; });
    ended_ = true;
    // takeSettled() may be called once more.
    firstSettled_ = nullptr;
    lastSettled_ = &firstSettled_;
  }
  while (first_ != nullptr) remove(first_);
  napi_release_threadsafe_function(function_, napi_tsfn_release);
}

AsyncCall::AsyncCall(const Napi::CallbackInfo& info, Result result,
                     std::shared_ptr<PendingCalls> calls)
    : calls_(std::move(calls)), result_(std::move(result)) {
  napi_create_promise(info.Env(), &deferred_, &promise_);
  const auto count = static_cast<uint32_t>(info.Length());
  const Napi::Array arguments = Napi::Array::New(info.Env(), count);
  for (uint32_t i = 0; i < count; ++i) arguments.Set(i, info[i]);
  arguments_ = Napi::Persistent(arguments.As<Napi::Object>());
}

AsyncCall* AsyncCall::open(const Napi::CallbackInfo& info, Result result) {
  std::shared_ptr<PendingCalls> calls = PendingCalls::of(info.Env());
  if (calls == nullptr) return nullptr;
  auto* call = new AsyncCall(info, std::move(result), std::move(calls));
  call->calls_->add(call);
  return call;
}

void AsyncCall::settle() noexcept {
  // The call may be gone before settle() has returned.
  const std::shared_ptr<PendingCalls> calls = calls_;
  calls->settle(this);
}

void AsyncCall::start(std::unique_ptr<cpu::Job> job, unsigned poolThreads, bool waits) {
  job_ = std::move(job);
  const auto done = [](void* call) noexcept { static_cast<AsyncCall*>(call)->settle(); };
  cpu::start(*job_, {poolThreads, waits, done, this});
}

Napi::Value startAsync(const Napi::CallbackInfo& info, std::unique_ptr<cpu::Job> job,
                       unsigned poolThreads) {
  const auto done = [](Napi::Env env) -> Napi::Value { return Napi::Number::New(env, kDone); };
  AsyncCall* call = AsyncCall::open(info, done);
  if (call == nullptr) return Napi::Number::New(info.Env(), kOutOfMemory);
  const Napi::Value promise = call->promise();
  call->start(std::move(job), poolThreads, false);
  return promise;
}

}  // namespace gridmask::addon
