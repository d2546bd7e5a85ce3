// SPDX-License-Identifier: MIT
#pragma once

namespace gridmask::cpu {

// For tests and benchmarks: which of the two ways to mask or mix, by bits or by runs; both give the
// same result. Left alone, each job takes the cheaper one.
enum class Strategy { kAuto, kRuns, kBits };

}  // namespace gridmask::cpu
