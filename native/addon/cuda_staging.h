// SPDX-License-Identifier: MIT
//
// How to move host memory to and from a device, from arguments or a header.
#pragma once

#include <napi.h>

#include <optional>

#include "addon/batch_header.h"
#include "addon/bytes.h"
#include "cpu/pool.h"
#include "cuda/staging.h"

namespace gridmask::addon {

inline void onThreads(unsigned threads, void (*work)(void*), void* context) {
  cpu::parallelFor(threads, 1, threads, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) work(context);
  });
}

inline std::optional<cuda::Staging> stagingOf(std::optional<size_t> pieceBytes,
                                              std::optional<size_t> threads) {
  if (!pieceBytes || *pieceBytes == 0 || !threads || *threads == 0) return std::nullopt;
  return cuda::Staging{*pieceBytes, static_cast<unsigned>(*threads), onThreads};
}

constexpr size_t kMaxPiece = size_t{1} << 40;

// From two arguments of a function that moves host memory.
inline std::optional<cuda::Staging> stagingOf(const Napi::Value& pieceBytes,
                                              const Napi::Value& threads) {
  return stagingOf(wholeNumber(pieceBytes, kMaxPiece), wholeNumber(threads, cpu::kMaxThreads));
}

inline std::optional<cuda::Staging> stagingOf(const BatchHeader& header) {
  return stagingOf(wholeNumber(header.pieceBytes, kMaxPiece),
                   wholeNumber(header.threads, cpu::kMaxThreads));
}

}  // namespace gridmask::addon
