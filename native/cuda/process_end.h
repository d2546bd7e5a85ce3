// SPDX-License-Identifier: MIT
//
// When a process ends, its threads go on for a moment, while the driver's library takes itself
// down. Whoever calls the driver on a thread of the pool says so, and is waited for before that.
#pragma once

namespace gridmask::cuda {

// From now on. To be called when the driver has been initialized: what is registered later is done
// earlier.
void finishBeforeProcessEnds();

// Whether the process is about to end: then nothing new is begun.
bool processEnds();

// While it lives, the driver may be called, unless isRefused().
class DriverUse {
 public:
  DriverUse();
  ~DriverUse();
  DriverUse(const DriverUse&) = delete;
  DriverUse& operator=(const DriverUse&) = delete;

  bool isRefused() const { return refused_; }

 private:
  bool refused_;
};

}  // namespace gridmask::cuda
