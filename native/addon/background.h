// SPDX-License-Identifier: MIT
//
// Threads for what waits for a device: Node's own four are for files and names.
#pragma once

#include <functional>

namespace gridmask::addon {

// Runs `work`, which must not throw, on a thread of its own: what has one `line` in the order of
// the calls, what has another at the same time. Where no thread can be started, it is run at once.
void runInBackground(const void* line, std::function<void()> work);

}  // namespace gridmask::addon
