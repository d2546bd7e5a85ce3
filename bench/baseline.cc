// SPDX-License-Identifier: MIT
//
// The baselines of the benchmarks: memcpy and memset of a whole batch, by the C library, on as many
// threads as mask it, one piece per thread. Between wake() and rest() the threads spin, so that a
// copy's time does not include waking them; at rest they take no core from the case that is
// measured in turn.

#include <napi.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "cpu/spin.h"

namespace {

// The arrays are made by the benchmarks themselves: nothing is checked.
struct Bytes {
  uint8_t* data;
  size_t length;
};

Bytes bytesOf(const Napi::Value& value) {
  auto array = value.As<Napi::Uint8Array>();
  return Bytes{array.Data(), array.ByteLength()};
}

// Spins, but yields the core if another thread needs it.
class Wait {
 public:
  void once() {
    if (++times_ % 512 != 0) {
      gridmask::cpu::spinOnce();
    } else {
      std::this_thread::yield();
    }
  }

 private:
  unsigned times_ = 0;
};

class Team {
 public:
  // `threads` includes the caller. Returns when all of them spin.
  void wake(unsigned threads) {
    threads_ = threads;
    for (; started_ < threads; ++started_) {
      std::thread([this, number = started_] { live(number); }).detach();
    }
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      awake_ = true;
    }
    wakes_.notify_all();
    Wait wait;
    while (spinning_ + 1 < started_) wait.once();
  }

  void rest() {
    awake_ = false;
    Wait wait;
    while (spinning_ != 0) wait.once();
  }

  void copy(Bytes target, const uint8_t* source) {
    target_ = target;
    source_ = source;
    working_ = threads_ - 1;
    ++round_;
    doPiece(0);
    Wait wait;
    while (working_ != 0) wait.once();
  }

 private:
  void live(unsigned number) {
    for (;;) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        wakes_.wait(lock, [this] { return awake_.load(); });
      }
      unsigned seen = round_;
      ++spinning_;
      Wait wait;
      while (awake_) {
        if (round_ == seen) {
          wait.once();
          continue;
        }
        wait = {};
        seen = round_;
        if (number >= threads_) continue;
        doPiece(number);
        --working_;
      }
      --spinning_;
    }
  }

  // Fills if there is no source.
  void doPiece(unsigned number) const {
    const size_t share = (target_.length / threads_ + 63) / 64 * 64;
    const size_t from = std::min(number * share, target_.length);
    const size_t bytes = std::min(from + share, target_.length) - from;
    if (source_ == nullptr) {
      std::memset(target_.data + from, 0, bytes);
    } else {
      std::memcpy(target_.data + from, source_ + from, bytes);
    }
  }

  std::mutex mutex_;
  std::condition_variable wakes_;
  unsigned started_ = 1;
  unsigned threads_ = 1;
  Bytes target_{};
  const uint8_t* source_ = nullptr;
  std::atomic<bool> awake_{false};
  std::atomic<unsigned> spinning_{0};
  std::atomic<unsigned> working_{0};
  std::atomic<unsigned> round_{0};
};

// Never destroyed: its threads outlive main().
Team& team() {
  static Team* instance = new Team;
  return *instance;
}

// wake(threads)
void wake(const Napi::CallbackInfo& info) { team().wake(info[0].As<Napi::Number>().Uint32Value()); }

// rest()
void rest(const Napi::CallbackInfo&) { team().rest(); }

// copy(target, source), both Uint8Array of the same length
void copy(const Napi::CallbackInfo& info) { team().copy(bytesOf(info[0]), bytesOf(info[1]).data); }

// fill(target)
void fill(const Napi::CallbackInfo& info) { team().copy(bytesOf(info[0]), nullptr); }

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports["wake"] = Napi::Function::New(env, wake);
  exports["rest"] = Napi::Function::New(env, rest);
  exports["copy"] = Napi::Function::New(env, copy);
  exports["fill"] = Napi::Function::New(env, fill);
  return exports;
}

NODE_API_MODULE(bench_baseline, init)

}  // namespace
