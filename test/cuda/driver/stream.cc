// SPDX-License-Identifier: MIT

#include "stream.h"

#include <chrono>
#include <utility>

#include "world.h"

namespace testdriver {

void Fence::reach() {
  const std::lock_guard<std::mutex> lock(mutex_);
  done_ = true;
  changed_.notify_all();
}

void Fence::wait() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return done_; });
}

bool Fence::reached() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return done_;
}

Stream::Stream(Context* of, bool ordered) : context(of), blocking(ordered) {}

Stream::~Stream() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Stream::enqueue(std::function<void()> work) { enqueue({std::move(work), false}); }

void Stream::enqueue(Item item) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // Not before: a stream that nobody uses needs no thread.
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  queue_.push_back(std::move(item));
  changed_.notify_all();
}

std::shared_ptr<Fence> Stream::mark() {
  auto fence = std::make_shared<Fence>();
  enqueue({[fence] { fence->reach(); }, true});
  return fence;
}

void Stream::waitFor(std::shared_ptr<Fence> fence) {
  enqueue([fence] { fence->wait(); });
}

bool Stream::isIdle() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return queue_.empty() && !working_;
}

void Stream::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const Item item = std::move(queue_.front());
    queue_.pop_front();
    // Who has waited for a fence finds the stream idle, even at once.
    working_ = !item.isFence;
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::microseconds(World::get().settings.delay));
    item.work();
    lock.lock();
    working_ = false;
  }
}

}  // namespace testdriver
