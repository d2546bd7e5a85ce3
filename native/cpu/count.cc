// SPDX-License-Identifier: MIT

#include "cpu/count.h"

#include "lattice/runs.h"

namespace gridmask::cpu {

// Of runs nothing but their ends is read, and of words nothing but the words: there are no planes.
KeptCounter::KeptCounter(int32_t height, int32_t width, const Kernels& kernels, Way way)
    : height_(height),
      width_(width),
      canvas_(canvasOf(height, width)),
      way_(way),
      costs_(costsOfRow(0, static_cast<uint32_t>(width), sizeof(uint32_t), 0, 0)),
      words_(kernels, sizeof(uint32_t)) {}

uint64_t KeptCounter::count(const PackedSample& sample) {
  const Lattice lattice = latticeOf(sample, canvas_);
  const auto width = static_cast<uint32_t>(width_);
  const uint64_t pixels = uint64_t{width} * static_cast<uint32_t>(height_);
  if (pixels == 0 || !lattice.masked) return pixels;
  return takesWords(way_, lattice, width, costs_) ? pixels - countDropped(lattice)
                                                  : countKept(lattice, 0, 0, width_, height_);
}

uint64_t KeptCounter::countDropped(const Lattice& lattice) {
  uint64_t dropped = 0;
  forEachBlock(static_cast<uint32_t>(width_), 0, height_,
               [&](int32_t row, uint32_t rows, uint32_t column, uint32_t columns) {
                 const uint32_t* words = words_.words(lattice, static_cast<int32_t>(column), row,
                                                      columns, rows, nullptr);
                 // All ones are -1.
                 uint32_t sum = 0;
                 for (uint32_t k = 0; k < rows * columns; ++k) sum -= words[k];
                 dropped += sum;
               });
  return dropped;
}

}  // namespace gridmask::cpu
