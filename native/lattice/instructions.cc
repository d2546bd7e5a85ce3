// SPDX-License-Identifier: MIT
//
// The processor itself is asked: the compilers' own question needs a library that not all of them
// bring.

#include "lattice/instructions.h"

#include <atomic>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#endif

namespace gridmask {
namespace {

#if defined(__x86_64__) && defined(__GNUC__)

constexpr unsigned kOsxsave = 1u << 27, kAvx = 1u << 28, kF16c = 1u << 29;  // of leaf 1, ecx
constexpr unsigned kAvx2 = 1u << 5, kBmi2 = 1u << 8;                        // of leaf 7, ebx
constexpr unsigned kAvx512f = 1u << 16, kAvx512bw = 1u << 30;
// Registers that the operating system saves: xmm and ymm; and zmm, with the masks.
constexpr uint32_t kSavesYmm = 6, kSavesZmm = 0xE6;

InstructionSet askProcessor() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kWanted = kOsxsave | kAvx | kF16c;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kWanted) != kWanted) {
    return InstructionSet::kBaseline;
  }
  uint32_t saved = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return InstructionSet::kBaseline;
  const auto has = [&](unsigned features, uint32_t registers) {
    return (b & features) == features && (saved & registers) == registers;
  };
  if (!has(kAvx2 | kBmi2, kSavesYmm)) return InstructionSet::kBaseline;
  return has(kAvx512f | kAvx512bw, kSavesZmm) ? InstructionSet::kAvx512 : InstructionSet::kAvx2;
}

#else

InstructionSet askProcessor() { return InstructionSet::kBaseline; }

#endif

std::atomic<InstructionSet>& inUse() {
  static std::atomic<InstructionSet> set{bestInstructions()};
  return set;
}

}  // namespace

InstructionSet bestInstructions() {
  static const InstructionSet best = askProcessor();
  return best;
}

InstructionSet instructionsInUse() { return inUse().load(std::memory_order_relaxed); }

bool useInstructions(std::string_view name) {
  for (size_t set = 0; set <= static_cast<size_t>(bestInstructions()); ++set) {
    if (kInstructionSets[set] != name) continue;
    inUse().store(static_cast<InstructionSet>(set), std::memory_order_relaxed);
    return true;
  }
  return false;
}

}  // namespace gridmask
