// SPDX-License-Identifier: MIT
//
// What the native tests need: a check that says where it failed, and seeded numbers.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <random>

#define CHECK(condition)                                                                 \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::exit(1);                                                                      \
    }                                                                                    \
  } while (false)

// Whether this is built with ThreadSanitizer.
#ifdef __SANITIZE_THREAD__
constexpr bool kLooksForRaces = true;
#else
constexpr bool kLooksForRaces = false;
#endif

// Of `all` rounds of random cases those to run. ThreadSanitizer, under which they take ten times as
// long, sees a race whichever thread comes first, so it needs fewer.
constexpr int rounds(int all) { return kLooksForRaces ? all / 5 : all; }

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}

  // A whole number in [low, high].
  int between(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
  bool chance(double p) { return uniform() < p; }
  double uniform() { return std::uniform_real_distribution<double>(0, 1)(engine_); }
  unsigned word() { return static_cast<unsigned>(engine_()); }

 private:
  std::mt19937 engine_;
};
