// SPDX-License-Identifier: MIT
//
// A stream: a thread that does one thing after another, later than its caller would like.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace testdriver {

struct Context;

// Something that will have happened.
class Fence {
 public:
  void reach();
  void wait();
  bool reached();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

class Stream {
 public:
  explicit Stream(Context* context, bool blocking = true);
  ~Stream();  // waits for all its work
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Work is not told to fail; it does so by losing its context.
  void enqueue(std::function<void()> work);
  std::shared_ptr<Fence> mark();  // reached when all is done that is on the stream now
  void waitFor(std::shared_ptr<Fence> fence);
  bool isIdle();

  Context* const context;
  const bool blocking;  // ordered with the legacy stream

 private:
  struct Item {
    std::function<void()> work;
    bool isFence;
  };
  void enqueue(Item item);
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> queue_;
  bool ending_ = false;
  bool working_ = false;
  std::thread thread_;
};

}  // namespace testdriver
