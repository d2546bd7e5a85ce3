// SPDX-License-Identifier: MIT
#pragma once

#include <napi.h>

#include "addon/status.h"

namespace gridmask::addon {

using Function = Napi::Value (*)(const Napi::CallbackInfo&);

// What JavaScript calls. What is thrown goes no further: Node is in C. Nothing is but where memory,
// or what else a system has a limited number of, is used up; that of more than six arguments is
// asked for by their CallbackInfo.
template <Function function>
napi_value entry(napi_env env, napi_callback_info raw) noexcept {
  try {
    const Napi::CallbackInfo info(env, raw);
    return function(info);
  } catch (...) {
    napi_value status = nullptr;
    napi_create_int32(env, kOutOfMemory, &status);
    return status;
  }
}

inline Napi::Value statusValue(const Napi::CallbackInfo& info, Status status) {
  return Napi::Number::New(info.Env(), status);
}

template <Function function>
void addFunction(Napi::Object to, const char* name) {
  napi_value value = nullptr;
  napi_create_function(to.Env(), name, NAPI_AUTO_LENGTH, entry<function>, nullptr, &value);
  to[name] = Napi::Value(to.Env(), value);
}

}  // namespace gridmask::addon
