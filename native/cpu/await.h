// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace gridmask::cpu {

// condition_variable::wait() asks for a C++ library as new as the compiler, newer than that of many
// a system on which Node runs. A wait with an end is inline and asks for nothing.
template <typename Ready>
void await(std::condition_variable& condition, std::unique_lock<std::mutex>& lock, Ready ready) {
  constexpr std::chrono::hours kLong{1};
  while (!ready()) condition.wait_until(lock, std::chrono::system_clock::now() + kLong);
}

}  // namespace gridmask::cpu
