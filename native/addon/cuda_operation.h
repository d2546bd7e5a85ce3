// SPDX-License-Identifier: MIT
//
// What is done with a driver for JavaScript, at once or on another thread, and how it ended: with a
// Status, or with a Failure, an object that says which call of the driver failed and how.
#pragma once

#include <napi.h>

#include <memory>
#include <new>
#include <string>
#include <utility>

#include "addon/async_call.h"
#include "addon/status.h"
#include "cuda/backend.h"
#include "cuda/context.h"

namespace gridmask::addon {

// What is to be done, at once or on another thread: of one type, since the code around it is not to
// be compiled for each. Sets `wrote` when it begins to write to its target.
class Operation {
 public:
  virtual ~Operation() = default;
  virtual void run(bool& wrote) const = 0;
};

template <typename Function>
class OperationOf final : public Operation {
 public:
  explicit OperationOf(Function function) : function_(std::move(function)) {}
  void run(bool& wrote) const override { function_(wrote); }

 private:
  Function function_;
};

// How an operation ended: with kDone, or why not.
struct Outcome {
  Status status = kDone;
  bool wrote = false;
  int code = 0;
  std::string call, name, text;

  // Runs the operation. Nothing is thrown any further.
  static Outcome of(const cuda::Driver& driver, const Operation& operation) {
    Outcome outcome;
    try {
      operation.run(outcome.wrote);
    } catch (const cuda::Error& error) {
      outcome.status = kCudaFailed;
      outcome.code = error.code;
      outcome.call = error.call;
      outcome.name = driver.nameOf(error.code);
      outcome.text = driver.textOf(error.code);
    } catch (const cuda::TooLarge&) {
      outcome.status = kTooLarge;
    } catch (const std::bad_alloc&) {
      outcome.status = kOutOfMemory;
    }
    return outcome;
  }

  Napi::Value value(Napi::Env env) const {
    if (status != kCudaFailed) return Napi::Number::New(env, status);
    Napi::Object failure = Napi::Object::New(env);
    failure["error"] = Napi::Number::New(env, code);
    failure["call"] = Napi::String::New(env, call);
    failure["name"] = Napi::String::New(env, name);
    failure["text"] = Napi::String::New(env, text);
    failure["wrote"] = Napi::Boolean::New(env, wrote);
    return failure;
  }
};

inline Napi::Value perform(const Napi::CallbackInfo& info, bool async, const cuda::Driver& driver,
                           std::unique_ptr<const Operation> operation) {
  if (!async) return Outcome::of(driver, *operation).value(info.Env());
  return startAsync(info,
                    [&driver, shared = std::shared_ptr<const Operation>(std::move(operation))] {
                      return Outcome::of(driver, *shared);
                    });
}

// Runs an operation at once, or with `async` as a promise.
template <typename Function>
Napi::Value perform(const Napi::CallbackInfo& info, bool async, const cuda::Driver& driver,
                    Function function) {
  return perform(info, async, driver,
                 std::unique_ptr<const Operation>(new OperationOf<Function>(std::move(function))));
}

}  // namespace gridmask::addon
