// SPDX-License-Identifier: MIT
//
// Copying past the caches. An ordinary store to a line that is not in a cache reads the line first;
// a streaming store of a whole line does not, which saves a third of the traffic of a copy that is
// larger than the caches. This pays only for whole lines, so a line in which runs meet is assembled
// in a buffer first.
#pragma once

#include "cpu/kernels.h"
#include "cpu/short_copy.h"

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define GRIDMASK_STREAMING 1
#endif

namespace gridmask::cpu {

#ifdef GRIDMASK_STREAMING

class LineWriter {
 public:
  explicit LineWriter(uint8_t* target) : target_(target) {}

  void copy(const uint8_t* source, size_t bytes) {
    append(
        bytes, [&](uint8_t* line, size_t done, size_t n) { copyShort(line, source + done, n); },
        [&](__m128i* line, size_t done) {
          const auto* from = reinterpret_cast<const __m128i*>(source + done);
          for (int k = 0; k < 4; ++k) _mm_stream_si128(line + k, _mm_loadu_si128(from + k));
        });
  }

  // `splat` is kSplatBytes of a repeated value, so it fits wherever a run begins.
  void fill(const uint8_t* splat, size_t bytes) {
    const auto* from = reinterpret_cast<const __m128i*>(splat);
    append(
        bytes, [&](uint8_t* line, size_t, size_t n) { copyShort(line, splat, n); },
        [&](__m128i* line, size_t) {
          for (int k = 0; k < 4; ++k) _mm_stream_si128(line + k, _mm_loadu_si128(from + k));
        });
  }

  ~LineWriter() {
    copyShort(target_, line_, held_);
    _mm_sfence();
  }

 private:
  static constexpr size_t kLine = 64;
  static_assert(kLine == kSplatBytes, "a splat pattern fills a line");

  template <typename Part, typename Line>
  void append(size_t bytes, const Part& part, const Line& line) {
    size_t done = 0;
    // Up to the start of the next line. Only the very first line is entered in its middle.
    const size_t used = reinterpret_cast<uintptr_t>(target_) % kLine + held_;
    if (used % kLine != 0) {
      const size_t room = kLine - used % kLine;
      done = bytes < room ? bytes : room;
      part(line_ + held_, 0, done);
      held_ += done;
      if (done < room) return;
      if (held_ == kLine) {
        const auto* from = reinterpret_cast<const __m128i*>(line_);
        auto* to = reinterpret_cast<__m128i*>(target_);
        for (int k = 0; k < 4; ++k) _mm_stream_si128(to + k, _mm_load_si128(from + k));
      } else {
        copyShort(target_, line_, held_);
      }
      target_ += held_;
      held_ = 0;
    }
    for (; done + kLine <= bytes; done += kLine, target_ += kLine) {
      line(reinterpret_cast<__m128i*>(target_), done);
    }
    part(line_, done, bytes - done);
    held_ = bytes - done;
  }

  uint8_t* target_;
  size_t held_ = 0;
  alignas(kLine) uint8_t line_[kLine];
};

// Kernels::streamRuns.
inline void streamRuns(uint8_t* target, const uint8_t* source, const Run* runs, const Run* end,
                       size_t pixels, size_t pixelBytes, const Fill& fill) {
  LineWriter writer(target);
  size_t done = 0;
  for (const Run* run = runs; run != end; ++run) {
    const size_t begin = run->begin * pixelBytes;
    const size_t stop = run->end * pixelBytes;
    writer.copy(source + done, begin - done);
    if (fill.splat) {
      writer.fill(fill.pattern, stop - begin);
    } else {
      for (size_t left = stop - begin; left > 0;) {
        const size_t part = left < fill.bytes ? left : fill.bytes;
        writer.copy(fill.pattern, part);
        left -= part;
      }
    }
    done = stop;
  }
  writer.copy(source + done, pixels * pixelBytes - done);
}

#else

// For processors without such stores, or compilers that offer none.
class LineWriter {
 public:
  explicit LineWriter(uint8_t* target) : target_(target) {}

  void copy(const uint8_t* source, size_t bytes) {
    copyBytes(target_, source, bytes);
    target_ += bytes;
  }

 private:
  uint8_t* target_;
};

#endif

}  // namespace gridmask::cpu
