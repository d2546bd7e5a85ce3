// SPDX-License-Identifier: MIT
#pragma once

#include <napi.h>

#include "addon/status.h"

namespace gridmask::addon {

using Function = Napi::Value (*)(const Napi::CallbackInfo&);

// What is thrown goes no further: Node is in C. Nothing is but where memory, or what else a system
// has a limited number of, is used up.
template <Function function>
Napi::Value guarded(const Napi::CallbackInfo& info) {
  try {
    return function(info);
  } catch (...) {
    return Napi::Number::New(info.Env(), kOutOfMemory);
  }
}

inline Napi::Value statusValue(const Napi::CallbackInfo& info, Status status) {
  return Napi::Number::New(info.Env(), status);
}

template <Function function>
void addFunction(Napi::Object to, const char* name) {
  to[name] = Napi::Function::New(to.Env(), guarded<function>, name);
}

}  // namespace gridmask::addon
