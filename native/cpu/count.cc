// SPDX-License-Identifier: MIT

#include "cpu/count.h"

#include "cpu/mask_bits.h"
#include "cpu/pool.h"
#include "lattice/runs.h"

namespace gridmask::cpu {
namespace {

// What a thread works with.
struct Memory {
  Memory(uint8_t* scratch, int32_t width, const Kernels& kernels)
      : carver(scratch),
        // First, since scratch begins with zeros.
        ahead(carver.take<MaskReader::State>(1)),
        bits(kernels, static_cast<uint32_t>(width),
             carver.take<Run>(MaskBits::mostRuns(static_cast<uint32_t>(width))), carver) {}

  Carver carver;
  MaskReader::State* const ahead;
  MaskBits bits;
};

// The same for boxes, where there may be rectangles and never are bits.
struct BoxMemory {
  BoxMemory(uint8_t* scratch, int32_t width, const Rectangles* rectangles)
      : carver(scratch),
        runs(carver.take<Run>(RunScanner::maxRunsInRow(static_cast<uint32_t>(width)))),
        active(carver.take<RectangleScanner::Active>(rectangles != nullptr ? rectangles->mostOf(1)
                                                                           : 0)) {}

  Carver carver;
  Run* const runs;
  RectangleScanner::Active* const active;
};

// A few microseconds for 64 rows: enough for waking a thread to be worth its while.
size_t grainOf(int32_t height) { return 1 + 1024 / (static_cast<size_t>(height) + 1); }

class CountJob final : public Job {
 public:
  CountJob(const Samples& samples, size_t count, int32_t height, int32_t width, double* counts,
           unsigned threads, const Kernels& kernels)
      : Job({count, grainOf(height), threads, Memory(nullptr, width, kernels).carver.bytes()}),
        samples_(samples),
        count_(count),
        counts_(counts),
        kernels_(kernels),
        height_(height),
        width_(width),
        canvas_(canvasOf(height, width)) {}

  void work(size_t begin, size_t end, uint8_t* scratch) noexcept override {
    Memory memory(scratch, width_, kernels_);
    MaskReader reader(samples_, count_, canvas_, *memory.ahead);
    for (size_t i = begin; i < end; ++i) {
      reader.goTo(i);
      counts_[i] = static_cast<double>(keptBy(reader, memory));
    }
  }

 private:
  uint64_t keptBy(const MaskReader& mask, Memory& memory) const {
    const auto width = static_cast<uint32_t>(width_);
    const uint64_t pixels = uint64_t{width} * static_cast<uint32_t>(height_);
    if (pixels == 0 || mask.dropsNothing()) return pixels;
    uint64_t dropped = 0;
    memory.bits.forEachBlock(mask, 0, height_, kBitsOfRuns,
                             [&](int32_t, uint32_t rows, const uint64_t* bits) {
                               dropped += kernels_.countBits(bits, rows * width);
                             });
    return pixels - dropped;
  }

  const Samples samples_;
  const size_t count_;
  double* const counts_;
  const Kernels& kernels_;
  const int32_t height_;
  const int32_t width_;
  const Canvas canvas_;
};

template <typename ScannerAt>
void countBoxes(const Box* boxes, size_t count, double* counts, Run* runs,
                const ScannerAt& scannerAt) {
  for (size_t i = 0; i < count; ++i) {
    const Box& box = boxes[i];
    const auto width = static_cast<uint32_t>(box.x1 - box.x0);
    auto scanner = scannerAt(box, width);
    counts[i] = static_cast<double>(countRows(scanner, width, box.y1 - box.y0, runs));
  }
}

}  // namespace

void countKept(const Samples& samples, size_t count, int32_t height, int32_t width, double* counts,
               unsigned threads, const Kernels& kernels) {
  CountJob job(samples, count, height, width, counts, threads, kernels);
  run(job);
}

void countKept(const Masks& masks, int32_t height, int32_t width, const Box* boxes, size_t count,
               double* counts) {
  const auto* rectangles = std::get_if<Rectangles>(&masks);
  const Scratch scratch(BoxMemory(nullptr, width, rectangles).carver.bytes());
  const BoxMemory memory(scratch.data(), width, rectangles);
  if (rectangles != nullptr) {
    const RectangleSample sample = (*rectangles)[0];
    countBoxes(boxes, count, counts, memory.runs, [&](const Box& box, uint32_t across) {
      return RectangleScanner(sample, box.x0, box.y0, across, memory.active);
    });
  } else {
    const Lattice lattice = latticeOf((*std::get_if<Samples>(&masks))[0], height, width);
    countBoxes(boxes, count, counts, memory.runs, [&](const Box& box, uint32_t across) {
      return RunScanner(lattice, box.x0, box.y0, across);
    });
  }
}

}  // namespace gridmask::cpu
