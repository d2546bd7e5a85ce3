// SPDX-License-Identifier: MIT
//
// What is kept for an environment: a JavaScript thread, the main one or a worker.
#pragma once

#include <napi.h>

#include <memory>
#include <utility>
#include <vector>

#include "cuda/context.h"
#include "cuda/stream.h"

namespace gridmask::addon {

class PendingCalls;

struct Environment {
  std::shared_ptr<PendingCalls> calls;                 // none: none was ever made
  std::vector<std::unique_ptr<cuda::Stream>> streams;  // of a device each

  // A stream that is still at work is only put away: the next thread's work comes after that.
  ~Environment() {
    for (auto& stream : streams) {
      cuda::Device& device = stream->device();
      device.giveStream(std::move(stream));
    }
  }

  static Environment& of(Napi::Env env) {
    auto* known = env.GetInstanceData<Environment>();
    if (known != nullptr) return *known;
    auto* made = new Environment;
    env.SetInstanceData(made);
    return *made;
  }
};

}  // namespace gridmask::addon
