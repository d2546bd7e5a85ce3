// SPDX-License-Identifier: MIT
#pragma once

#include <napi.h>

#include "addon/status.h"

namespace gridmask::addon {

using Function = Napi::Value (*)(const Napi::CallbackInfo&);

inline Napi::Value statusValue(const Napi::CallbackInfo& info, Status status) {
  return Napi::Number::New(info.Env(), status);
}

// A function as Node calls it, from C, so exceptions stop here. They are only thrown if memory, or
// another limited resource of the system, is used up. (N-API's own wrapper allocates for more than
// six arguments, before it calls anything.)
template <Function function>
napi_value guarded(napi_env env, napi_callback_info info) noexcept {
  try {
    return function(Napi::CallbackInfo(env, info));
  } catch (...) {
    return Napi::Number::New(env, kOutOfMemory);
  }
}

template <Function function>
void addFunction(Napi::Object to, const char* name) {
  napi_value made = nullptr;
  napi_create_function(to.Env(), name, NAPI_AUTO_LENGTH, guarded<function>, nullptr, &made);
  to.Set(name, made);
}

}  // namespace gridmask::addon
