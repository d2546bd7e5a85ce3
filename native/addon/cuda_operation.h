// SPDX-License-Identifier: MIT
//
// Operations of a driver for JavaScript, at once or on another thread, and how they ended: with a
// Status, or with a Failure, an object that says which driver call failed, and how.
#pragma once

#include <napi.h>

#include <exception>
#include <string>
#include <utility>

#include "addon/async_call.h"
#include "addon/status.h"
#include "cuda/backend.h"

namespace gridmask::addon {

// How an operation ended: with kDone, or why not.
struct Outcome {
  Status status = kDone;
  bool wrote = false;
  int code = 0;
  std::string call, name, text;

  // Runs `operation(wrote)`, which sets `wrote` when it begins to write to its target. Throws
  // nothing.
  template <typename Operation>
  static Outcome of(const cuda::Driver& driver, const Operation& operation) {
    cuda::Wrote wrote{false};
    try {
      operation(wrote);
      return {};
    } catch (...) {
      return ofException(driver, wrote);
    }
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

 private:
  // Text needs memory: if there is none, that is the outcome.
  void describe(const cuda::Driver& driver, const cuda::Error& error) {
    try {
      call = error.call;
      name = driver.nameOf(error.code);
      text = driver.textOf(error.code);
      code = error.code;
      status = kCudaFailed;
    } catch (const std::exception&) {
      status = kOutOfMemory;
    }
  }

  // The outcome of the exception that is being handled.
  static Outcome ofException(const cuda::Driver& driver, bool wrote) {
    Outcome outcome;
    outcome.wrote = wrote;
    try {
      throw;
    } catch (const cuda::Error& error) {
      outcome.describe(driver, error);
    } catch (const cuda::TooLarge&) {
      outcome.status = kTooLarge;
    } catch (const std::exception&) {  // std::bad_alloc
      outcome.status = kOutOfMemory;
    }
    return outcome;
  }
};

// Runs an operation on another thread, as a promise. What it holds is released there.
template <typename Operation>
Napi::Value performAsync(const Napi::CallbackInfo& info, const cuda::Driver& driver,
                         Operation operation) {
  return startAsync(
      info, [&driver, operation = std::move(operation)] { return Outcome::of(driver, operation); });
}

// Runs an operation at once, or with `async` as a promise.
template <typename Operation>
Napi::Value perform(const Napi::CallbackInfo& info, bool async, const cuda::Driver& driver,
                    Operation operation) {
  if (async) return performAsync(info, driver, std::move(operation));
  return Outcome::of(driver, operation).value(info.Env());
}

}  // namespace gridmask::addon
