// SPDX-License-Identifier: MIT
//
// A file of its own, since no other takes as long to compile.

#include "host_kernel.h"

#include <algorithm>
#include <vector>

#include "cuda/mask_kernel.h"
#include "cuda/mask_rows_kernel.h"
#include "cuda/mix_in_place_kernel.h"
#include "cuda/mix_kernel.h"
#include "cuda/mix_pixels_kernel.h"
#include "cuda/noise_kernel.h"
#include "cuda/preprocess_kernel.h"

namespace gridmask::cuda {
namespace {

// The last thread goes first; nothing may depend on the order.
template <typename Use>
void forEachThread(const KernelParams& params, const Use& use) {
  for (uint32_t thread = params.threadsPerBlock; thread-- > 0;) use(thread);
}

template <class Shape>
void mask(const KernelParams& params, HostBlock block) {
  constexpr int kRows = MaskTile<Shape>::kRows;
  std::vector<MaskTile<Shape>> tiles(params.threadsPerBlock);
  const uint32_t columns = params.threadsPerBlockRow;
  const uint32_t rows = params.threadsPerBlock / columns;
  forEachThread(params, [&](uint32_t thread) {
    tiles[thread].decide(params, block.x * columns + thread % columns,
                         block.y * rows + thread / columns, block.z);
  });
  forEachThread(params, [&](uint32_t thread) {
    uint32_t neighbours[kRows];
    for (int r = 0; r < kRows; ++r) {
      neighbours[r] = Shape::blends ? tiles[thread ^ 1].dropped[r] : 0;
    }
    tiles[thread].move(params, neighbours);
  });
}

template <int bytes, bool interleaved, bool inPlace>
void maskRows(const KernelParams& params, HostBlock block) {
  forEachThread(params, [&](uint32_t thread) {
    maskRowsThread<bytes, interleaved, inPlace>(params, block.x, block.y, block.z, thread);
  });
}

template <bool whole>
void mixNew(const KernelParams& params, HostBlock block) {
  forEachThread(params, [&](uint32_t thread) {
    mixNewThread<whole>(params, block.x, block.y, block.z, thread);
  });
}

template <class Thread>
void mixInPlace(const KernelParams& params, HostBlock block) {
  struct State {
    Thread thread;
    Vector vectors[Thread::kVectors];
  };
  typename Thread::Shared shared;
  forEachThread(params, [&](uint32_t thread) { Thread::prepare(params, thread, shared); });
  std::vector<State> states;
  for (uint32_t thread = 0; thread < params.threadsPerBlock; ++thread) {
    states.push_back({Thread(params, block.x, thread), {}});
  }
  const uint32_t begin = block.y * params.planesPerBlock;
  const uint32_t end = std::min(begin + params.planesPerBlock, params.planes);
  const uint32_t step = Thread::kTakesTurns ? 1 : params.planesAtOnce;
  for (uint32_t plane = begin; plane < end; plane += step) {
    uint8_t* const images = params.target + plane * params.planeBytes;
    for (uint32_t turn = 0; turn < params.turns; ++turn) {
      const auto forEach = [&](const auto& use) {
        forEachThread(params, [&](uint32_t thread) { use(states[thread], thread); });
      };
      if (plane == begin || params.turns > 1) {
        forEach([&](State& state, uint32_t) { state.thread.decide(params, turn, shared); });
        forEach([&](State& state, uint32_t thread) {
          state.thread.join(Thread::kBlends ? states[thread ^ 1].thread.any() : 0);
        });
      }
      forEach(
          [&](State& state, uint32_t) { state.thread.read(params, turn, images, state.vectors); });
      forEach([&](State& state, uint32_t) { state.thread.write(params, images, state.vectors); });
    }
  }
}

template <class Shape>
void noise(const KernelParams& params, HostBlock block) {
  forEachThread(params, [&](uint32_t thread) {
    NoiseTile<Shape>(params).run(block.x, block.y, block.z, thread);
  });
}

template <class Shape>
void preprocess(const KernelParams& params, HostBlock block) {
  std::vector<PreprocessTile<Shape>> tiles(params.threadsPerBlock);
  std::vector<Vector> exchanged(params.threadsPerBlock * kTogether);
  const uint32_t columns = params.threadsPerBlockRow;
  const uint32_t rows = params.threadsPerBlock / columns;
  const auto rowOf = [&](uint32_t thread) { return block.y * rows + thread / columns; };
  forEachThread(params, [&](uint32_t thread) {
    tiles[thread].make(params, block.x * columns + thread % columns, rowOf(thread), block.z);
  });
  if (!Shape::together) return;
  forEachThread(
      params, [&](uint32_t thread) { tiles[thread].give(exchanged.data() + thread * kTogether); });
  forEachThread(params, [&](uint32_t thread) {
    const Vector* const ofRow = exchanged.data() + thread / columns * columns * kTogether;
    tiles[thread].write(params, ofRow, block.x, thread % columns, rowOf(thread), block.z);
  });
}

template <class Pixel>
void preprocessPixels(const KernelParams& params, HostBlock block) {
  forEachThread(params,
                [&](uint32_t thread) { Pixel(params).run(block.x, block.y, block.z, thread); });
}

constexpr HostKernel kHostKernels[] = {
#define GRIDMASK_MASK(name, ...) mask<MaskShape<__VA_ARGS__>>,
#define GRIDMASK_MIX_NEW(name, whole) mixNew<whole>,
#define GRIDMASK_MIX_IN_PLACE(name, Thread) mixInPlace<Thread>,
#define GRIDMASK_MIX_PIXELS(name, ...) mixInPlace<MixPixels<MixShape<__VA_ARGS__>>>,
#define GRIDMASK_ROWS(name, ...) maskRows<__VA_ARGS__>,
#define GRIDMASK_NOISE(name, bytes, inPlace) noise<NoiseShape<bytes, inPlace>>,
#define GRIDMASK_PREPROCESS(name, ...) preprocess<PreprocessShape<__VA_ARGS__>>,
#define GRIDMASK_PIXELS(name, Pixel) preprocessPixels<Pixel>,
    // clang-format off
    GRIDMASK_MASK_KERNELS(GRIDMASK_MASK)
    GRIDMASK_MASK_ROWS_KERNELS(GRIDMASK_ROWS)
    GRIDMASK_MIX_NEW_KERNELS(GRIDMASK_MIX_NEW)
    GRIDMASK_MIX_IN_PLACE_KERNELS(GRIDMASK_MIX_IN_PLACE)
    GRIDMASK_MIX_PIXELS_KERNELS(GRIDMASK_MIX_PIXELS)
    GRIDMASK_RARE_MASK_KERNELS(GRIDMASK_MASK)
    GRIDMASK_NOISE_KERNELS(GRIDMASK_NOISE)
    GRIDMASK_PREPROCESS_KERNELS(GRIDMASK_PREPROCESS)
    GRIDMASK_PREPROCESS_PIXELS_KERNEL(GRIDMASK_PIXELS)
// clang-format on
#undef GRIDMASK_MASK
#undef GRIDMASK_ROWS
#undef GRIDMASK_MIX_NEW
#undef GRIDMASK_MIX_IN_PLACE
#undef GRIDMASK_MIX_PIXELS
#undef GRIDMASK_NOISE
#undef GRIDMASK_PREPROCESS
#undef GRIDMASK_PIXELS
};
static_assert(sizeof kHostKernels / sizeof *kHostKernels == kKernels, "one for each");

}  // namespace

HostKernel hostKernel(Kernel kernel) { return kHostKernels[static_cast<size_t>(kernel)]; }

}  // namespace gridmask::cuda
