// SPDX-License-Identifier: MIT
//
// What is put on streams.
#pragma once

#include <functional>

#include "calls.h"

namespace testdriver {

// The stream that a handle stands for: of that context, and alive.
Result streamOf(Context* context, Stream* handle, Stream*& stream);

// Ends a call unless there are a current context and a stream.
#define TRY_STREAM(context, handle, stream) \
  Context* context;                         \
  Stream* stream;                           \
  TRY(current(context));                    \
  TRY(streamOf(context, handle, stream))

// Allocations and frees, which World::pending does not count.
constexpr const char* kMemory = "memory";

// The legacy stream and blocking streams wait for each other.
void orderWithLegacy(Stream* stream);

// Work of a kind that can be told to fail, "kernel", "copy" or kMemory; then the context is lost.
void enqueue(Stream* stream, const char* kind, std::function<Result()> work);

// Freeing waits for the device, as the real one does.
void waitForAll(Context* context);

}  // namespace testdriver
