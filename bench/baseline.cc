// SPDX-License-Identifier: MIT
//
// What the benchmarks measure against: memcpy and memset of a whole batch, by the C library, on the
// same threads that mask it, each thread one piece.

#include <napi.h>

#include <algorithm>
#include <cstring>

#include "cpu/pool.h"

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

template <typename Piece>
void inPieces(size_t bytes, unsigned threads, const Piece& piece) {
  const size_t share = (bytes / threads + 63) / 64 * 64;
  gridmask::cpu::parallelFor(threads, 1, threads, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const size_t from = std::min(i * share, bytes);
      piece(from, std::min((i + 1) * share, bytes) - from);
    }
  });
}

// copy(target, source, threads), both Uint8Array of the same length
void copy(const Napi::CallbackInfo& info) {
  const Bytes target = bytesOf(info[0]);
  const Bytes source = bytesOf(info[1]);
  inPieces(target.length, info[2].As<Napi::Number>().Uint32Value(),
           [&](size_t from, size_t n) { std::memcpy(target.data + from, source.data + from, n); });
}

// fill(target, threads)
void fill(const Napi::CallbackInfo& info) {
  const Bytes target = bytesOf(info[0]);
  inPieces(target.length, info[1].As<Napi::Number>().Uint32Value(),
           [&](size_t from, size_t n) { std::memset(target.data + from, 0, n); });
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports["copy"] = Napi::Function::New(env, copy);
  exports["fill"] = Napi::Function::New(env, fill);
  return exports;
}

NODE_API_MODULE(bench_baseline, init)

}  // namespace
