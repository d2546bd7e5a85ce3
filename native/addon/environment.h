// SPDX-License-Identifier: MIT
//
// What is kept for an environment, that is for a JavaScript thread: the main one or a worker.
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
  std::shared_ptr<PendingCalls> calls;                 // null until the first is made
  std::vector<std::unique_ptr<cuda::Stream>> streams;  // one per device

  // A stream that still has work is only put aside: the next thread's work comes after that.
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
