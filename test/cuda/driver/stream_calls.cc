// SPDX-License-Identifier: MIT
//
// The driver's functions for streams and events.

#include <chrono>
#include <memory>

#include "work.h"

using namespace testdriver;

EXPORT Result cuStreamCreate(Stream** stream, unsigned flags) {
  TRY(world().enter("cuStreamCreate"));
  Context* context;
  TRY(current(context));
  const Lock lock(world().mutex);
  *stream = new Stream(context, flags == 0);
  world().streams.insert(*stream);
  return kSuccess;
}

EXPORT Result cuStreamDestroy_v2(Stream* stream) {
  TRY(world().enter("cuStreamDestroy"));
  Context* context;
  TRY(current(context));
  {
    const Lock lock(world().mutex);
    if (world().streams.erase(stream) == 0) {
      world().violate("cuStreamDestroy of what does not exist");
      return kInvalidHandle;
    }
  }
  delete stream;
  return kSuccess;
}

EXPORT Result cuStreamSynchronize(Stream* handle) {
  TRY(world().enter("cuStreamSynchronize"));
  TRY_STREAM(context, handle, stream);
  orderWithLegacy(stream);
  stream->mark()->wait();
  world().trimPools(context);
  return context->lost;
}

EXPORT Result cuStreamQuery(Stream* handle) {
  TRY(world().enter("cuStreamQuery"));
  TRY_STREAM(context, handle, stream);
  return stream->isIdle() ? kSuccess : kNotReady;
}

EXPORT Result cuStreamWaitEvent(Stream* handle, Event* event, unsigned) {
  TRY(world().enter("cuStreamWaitEvent"));
  TRY_STREAM(context, handle, stream);
  const Lock lock(world().mutex);
  if (world().events.count(event) == 0) return kInvalidHandle;
  if (event->fence) stream->waitFor(event->fence);
  return kSuccess;
}

EXPORT Result cuEventCreate(Event** event, unsigned) {
  TRY(world().enter("cuEventCreate"));
  Context* context;
  TRY(current(context));
  const Lock lock(world().mutex);
  *event = new Event{context, nullptr, nullptr};
  world().events.insert(*event);
  return kSuccess;
}

EXPORT Result cuEventDestroy_v2(Event* event) {
  TRY(world().enter("cuEventDestroy"));
  Context* context;
  TRY(current(context));
  const Lock lock(world().mutex);
  if (world().events.erase(event) == 0) return kInvalidHandle;
  delete event;
  return kSuccess;
}

EXPORT Result cuEventRecord(Event* event, Stream* handle) {
  TRY(world().enter("cuEventRecord"));
  TRY_STREAM(context, handle, stream);
  orderWithLegacy(stream);
  const Lock lock(world().mutex);
  if (world().events.count(event) == 0 || event->context != context) return kInvalidHandle;
  const auto reached = std::make_shared<std::chrono::steady_clock::time_point>();
  stream->enqueue([reached] { *reached = std::chrono::steady_clock::now(); });
  event->fence = stream->mark();
  event->reached = reached;
  return kSuccess;
}

EXPORT Result cuEventQuery(Event* event) {
  TRY(world().enter("cuEventQuery"));
  Context* context;
  TRY(current(context));
  const Lock lock(world().mutex);
  if (world().events.count(event) == 0) return kInvalidHandle;
  return !event->fence || event->fence->reached() ? kSuccess : kNotReady;
}

EXPORT Result cuEventSynchronize(Event* event) {
  TRY(world().enter("cuEventSynchronize"));
  Context* context;
  TRY(current(context));
  std::shared_ptr<Fence> fence;
  {
    const Lock lock(world().mutex);
    if (world().events.count(event) == 0) return kInvalidHandle;
    fence = event->fence;
  }
  if (fence) fence->wait();
  world().trimPools(context);
  return context->lost;
}

EXPORT Result cuEventElapsedTime(float* milliseconds, Event* begin, Event* end) {
  TRY(world().enter("cuEventElapsedTime"));
  Context* context;
  TRY(current(context));
  const Lock lock(world().mutex);
  for (Event* event : {begin, end}) {
    if (world().events.count(event) == 0 || !event->fence) return kInvalidHandle;
    event->fence->wait();
  }
  const std::chrono::duration<float, std::milli> time = *end->reached - *begin->reached;
  *milliseconds = time.count();
  return kSuccess;
}
