// SPDX-License-Identifier: MIT

#include "cuda/process_end.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace gridmask::cuda {
namespace {

// A piece is moved in milliseconds. But what is on the device's streams may take forever, and that
// must not keep a process from ending.
constexpr std::chrono::milliseconds kMostWait{1000};

std::atomic<bool> ends{false};
std::atomic<int> users{0};

void waitForUsers() {
  ends = true;
  const auto until = std::chrono::steady_clock::now() + kMostWait;
  while (users != 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

void finishBeforeProcessEnds() {
#ifndef _WIN32
  // Windows has ended all other threads by the time that a library's functions of this kind run.
  static const int registered = std::atexit(waitForUsers);
  (void)registered;
#endif
}

bool processEnds() { return ends; }

DriverUse::DriverUse() {
  ++users;
  refused_ = ends;
}

DriverUse::~DriverUse() { --users; }

}  // namespace gridmask::cuda
