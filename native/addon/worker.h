// SPDX-License-Identifier: MIT
#pragma once

#include <napi.h>

#include "addon/status.h"

namespace gridmask::addon {

// Runs `run(request)` off the JavaScript thread and settles a promise with its Status. JavaScript
// has made sure that nobody else can detach or resize the arrays among the call's arguments; the
// references keep them, and so their memory, alive. One thread of Node's pool
// coordinates, ours do the work.
template <typename Request>
class RequestWorker : public Napi::AsyncWorker {
 public:
  RequestWorker(const Napi::CallbackInfo& info, const char* name, const Request& request,
                void (*run)(const Request&))
      : Napi::AsyncWorker(info.Env(), name),
        request_(request),
        run_(run),
        deferred_(Napi::Promise::Deferred::New(info.Env())) {
    const auto arguments = static_cast<uint32_t>(info.Length());
    const Napi::Array kept = Napi::Array::New(info.Env(), arguments);
    for (uint32_t i = 0; i < arguments; ++i) kept.Set(i, info[i]);
    arrays_ = Napi::Persistent(kept.As<Napi::Object>());
  }

  // Deletes itself when it is done.
  Napi::Promise start() {
    const Napi::Promise promise = deferred_.Promise();
    Queue();
    return promise;
  }

  void Execute() override { run_(request_); }
  void OnOK() override { deferred_.Resolve(Napi::Number::New(Env(), kDone)); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Request request_;
  void (*run_)(const Request&);
  Napi::ObjectReference arrays_;
  Napi::Promise::Deferred deferred_;
};

}  // namespace gridmask::addon
