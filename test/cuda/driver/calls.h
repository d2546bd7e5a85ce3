// SPDX-License-Identifier: MIT
//
// What the driver's functions share.
#pragma once

#include <mutex>

#include "world.h"

#if defined(_WIN32)
#define EXPORT extern "C" __declspec(dllexport)
#else
#define EXPORT extern "C" __attribute__((visibility("default")))
#endif

namespace testdriver {

using Lock = std::lock_guard<std::recursive_mutex>;

inline World& world() { return World::get(); }

// Ends a call that fails, or was told to.
#define TRY(result)                      \
  do {                                   \
    const Result tried = (result);       \
    if (tried != kSuccess) return tried; \
  } while (false)

// The context that a call works on: current, and not lost.
inline Result current(Context*& context) {
  if (World::stack().empty()) {
    world().violate("no current context");
    return kInvalidContext;
  }
  context = World::stack().back();
  return context->lost;
}

}  // namespace testdriver
