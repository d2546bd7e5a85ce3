// SPDX-License-Identifier: MIT
#pragma once

namespace gridmask::cpu {

// For tests and benchmarks: how to mask or mix where there are two ways, of bits and of runs, which
// give the same result. By itself each job takes the cheaper one.
enum class Strategy { kAuto, kRuns, kBits };

}  // namespace gridmask::cpu
