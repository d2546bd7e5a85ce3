// SPDX-License-Identifier: MIT
//
// What this processor and its operating system can do, and which of it is used.
#pragma once

#include <string_view>

namespace gridmask {

// Each has what the ones before it have. The baseline is what the compiler may assume: SSE2 on
// x86-64, NEON on arm64. AVX2 comes with BMI2 and F16C, AVX-512 is F and BW.
enum class InstructionSet { kBaseline, kAvx2, kAvx512 };
constexpr std::string_view kInstructionSets[] = {"baseline", "avx2", "avx512"};

// The best one of those that there are loops for and that run here.
InstructionSet bestInstructions();

// The one that loops are chosen for: the best one, unless another was asked for.
InstructionSet instructionsInUse();

// Asks for the one of that name, in the whole process, from the next call on. False where it does
// not run here.
bool useInstructions(std::string_view name);

inline bool hasAvx2() { return instructionsInUse() >= InstructionSet::kAvx2; }
inline bool hasAvx512() { return instructionsInUse() >= InstructionSet::kAvx512; }

}  // namespace gridmask
