// SPDX-License-Identifier: MIT
//
// For each tile of each sample, the mask is computed once as bits, which then select vectors from
// two images in every plane. Pixels of sizes that no vector fits are copied by runs. mix_walks.h
// has the order of the samples. Tiles are independent of each other, so threads share them.

#include "cpu/mix.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "cpu/caches.h"
#include "cpu/kept_fractions.h"
#include "cpu/mask_bits.h"
#include "cpu/mix_tiling.h"
#include "cpu/mix_walks.h"
#include "cpu/row_context.h"
#include "cpu/short_copy.h"
#include "cpu/streaming_stores.h"

namespace gridmask::cpu {
namespace {

// What a thread works with.
struct Memory {
  Memory(uint8_t* scratch, const MixBatch& batch, const MixTiling& tiling, const Kernels& kernels)
      : carver(scratch),
        runs(carver.take<Run>(MaskBits::mostRuns(static_cast<uint32_t>(batch.width)))),
        saved(carver.take<uint8_t>(batch.inPlace() ? tiling.bytes() : 0)),
        bits(kernels, static_cast<uint32_t>(batch.width), runs, carver) {}

  Carver carver;
  Run* const runs;
  uint8_t* const saved;
  MaskBits bits;
};

class MixJob final : public Job {
 public:
  MixJob(const MixBatch& batch, Walks walks, const MixTiling& tiling, unsigned threads,
         const Kernels& kernels, Strategy strategy)
      : Job({walks.count() * tiling.count(), grainOf(walks, tiling), threads,
             Memory(nullptr, batch, tiling, kernels).carver.bytes()}),
        batch_(batch),
        walks_(std::move(walks)),
        tiling_(tiling),
        kernels_(kernels),
        rows_(batch),
        byBits_(hasBitKernel(batch.pixelBytes) && strategy != Strategy::kRuns),
        choosesRuns_(strategy == Strategy::kAuto),
        beyondCaches_(batch.bytes() >= cachedBytes()),
        kept_(batch.lambda, batch.count, batch.pixels(), tiling.bands()),
        masks_((batch.count + kBlockSamples - 1) / kBlockSamples) {
    // All at once, since a sample may have several tiles, and samples come in no order of blocks.
    for (size_t i = 0; i < batch.count; i += kBlockSamples) (void)maskOf(i);
  }

  void work(size_t begin, size_t end, uint8_t* scratch) noexcept override {
    Memory memory(scratch, batch_, tiling_, kernels_);
    for (size_t item = begin; item < end; ++item) {
      const MixTile tile = tiling_.at(item / walks_.count());
      const Walk& walk = walks_[item % walks_.count()];
      if (rows_.inPlace) {
        mixInPlace(walk, tile, memory);
      } else {
        for (const int32_t* i = walk.begin; i != walk.end; ++i) {
          mixApart(static_cast<size_t>(*i), tile, memory);
        }
      }
    }
  }

 private:
  // How many items make a share, on average.
  static size_t grainOf(const Walks& walks, const MixTiling& tiling) {
    return std::max<size_t>(
        1, tiling.samplesOfShare() * walks.count() / std::max<size_t>(1, walks.samples()));
  }

  void mixApart(size_t i, const MixTile& tile, Memory& memory) {
    const size_t partner = partnerOf(i);
    const MaskReader mask = maskOf(i);
    const size_t at = offsetOf(i, tile);
    if (partner == i || mask.dropsNothing()) {
      for (size_t p = 0; p < tile.planes; ++p) {
        const size_t plane = at + p * rows_.planeBytes;
        std::memcpy(batch_.target + plane, batch_.source + plane, tile.bytes);
      }
      return;
    }
    const uint8_t* const other = batch_.source + offsetOf(partner, tile);
    const bool byBits = byBits_ && !(choosesRuns_ && prefersRuns(mask));
    forEachBlock(i, mask, tile, memory, [&](size_t first, const uint64_t* bits, uint32_t pixels) {
      if (byBits) {
        for (size_t p = 0; p < tile.planes; ++p) {
          const size_t plane = first + p * rows_.planeBytes;
          kernels_.selectBits(batch_.target + at + plane, batch_.source + at + plane, other + plane,
                              bits, pixels, rows_.pixelBytes, beyondCaches_);
        }
        return;
      }
      const Run* const end = kernels_.listRuns(memory.runs, bits, pixels);
      const size_t bytes = std::min(pixels * rows_.pixelBytes, tile.bytes);
      for (size_t p = 0; p < tile.planes; ++p) {
        const size_t plane = first + p * rows_.planeBytes;
        mixRuns({memory.runs, end}, tile.byte, bytes, batch_.target + at + plane,
                batch_.source + at + plane, other + plane);
      }
    });
  }

  // All samples of a walk.
  void mixInPlace(const Walk& walk, const MixTile& tile, Memory& memory) {
    // What the last sample takes has been overwritten by then.
    ConstPlanes after{walk.after == nullptr ? memory.saved : walk.after + offsetOf(0, tile),
                      walk.after == nullptr ? tile.bytes : rows_.planeBytes};
    if (walk.after == nullptr) {
      const uint8_t* const first = batch_.source + offsetOf(static_cast<size_t>(*walk.begin), tile);
      for (size_t p = 0; p < tile.planes; ++p) {
        std::memcpy(memory.saved + p * tile.bytes, first + p * rows_.planeBytes, tile.bytes);
      }
    }
    for (const int32_t* i = walk.begin; i != walk.end; ++i) {
      const auto sample = static_cast<size_t>(*i);
      const MaskReader mask = maskOf(sample);
      if (mask.dropsNothing()) continue;
      const ConstPlanes partner{batch_.source + offsetOf(partnerOf(sample), tile),
                                rows_.planeBytes};
      const ConstPlanes& other = i + 1 == walk.end ? after : partner;
      uint8_t* const target = batch_.target + offsetOf(sample, tile);
      const bool byBits = byBits_ && !(choosesRuns_ && prefersRuns(mask));
      forEachBlock(sample, mask, tile, memory,
                   [&](size_t first, const uint64_t* bits, uint32_t pixels) {
                     const Planes of{target + first, rows_.planeBytes};
                     const ConstPlanes from{other.first + first, other.stride};
                     if (byBits) {
                       kernels_.replaceBits(of, from, tile.planes, bits, pixels, rows_.pixelBytes,
                                            beyondCaches_);
                       return;
                     }
                     const RunList runs{memory.runs, kernels_.listRuns(memory.runs, bits, pixels)};
                     for (size_t p = 0; p < tile.planes; ++p) {
                       forEachDropped(runs, tile.byte, tile.bytes, [&](size_t begin, size_t end) {
                         copyBytes(of.at(p) + begin, from.at(p) + begin, end - begin);
                       });
                     }
                   });
    }
  }

  // Long runs are better copied, in place from two vectors on. `npm run bench -- --calibrate` shows
  // what a wrong choice costs.
  bool prefersRuns(const MaskReader& mask) const {
    const size_t vectorBytes = kernels_.vectorBytes;
    const bool isUpright = mask.phases().isUpright(), isNarrow = vectorBytes < 32;
    if (!rows_.inPlace) {
      return isNarrow && !beyondCaches_ && mask.gap() >= (isUpright ? 32 : 64);
    }
    return mask.gap() * rows_.pixelBytes >= vectorBytes * (isUpright && isNarrow ? 1 : 2);
  }

  // Calls `use(first, bits, pixels)` for blocks of a tile's rows; a block starts `first` bytes
  // after the tile. Counts what the blocks drop.
  template <typename Use>
  void forEachBlock(size_t sample, const MaskReader& mask, const MixTile& tile, Memory& memory,
                    const Use& use) {
    const bool counts = tile.counts() && kept_.areWanted();
    uint64_t dropped = 0;
    memory.bits.forEachBlock(
        mask, tile.row, tile.row + tile.rows, beyondCaches_ ? kBitsOfRuns : kBitsOfBlock,
        [&](int32_t row, uint32_t rows, const uint64_t* bits) {
          const uint32_t pixels = rows * rows_.width;
          if (counts) dropped += kernels_.countBits(bits, pixels);
          use(static_cast<size_t>(row - tile.row) * rows_.rowBytes, bits, pixels);
        });
    if (counts) kept_.add(sample, dropped);
  }

  struct RunList {
    const Run* begin;
    const Run* end;
  };

  // Calls `use(begin, end)` for the dropped bytes of one plane of a block, cut to the `bytes` bytes
  // from `byte` on, and counted from there.
  template <typename Use>
  void forEachDropped(const RunList& runs, size_t byte, size_t bytes, const Use& use) const {
    for (const Run* run = runs.begin; run != runs.end; ++run) {
      const size_t begin = std::max(run->begin * rows_.pixelBytes, byte);
      const size_t end = std::min(run->end * rows_.pixelBytes, byte + bytes);
      if (begin < end) use(begin - byte, end - byte);
    }
  }

  void mixRuns(const RunList& runs, size_t byte, size_t bytes, uint8_t* target, const uint8_t* own,
               const uint8_t* other) const {
    if (beyondCaches_) {
      LineWriter writer(target);
      mixPieces(runs, byte, bytes, own, other,
                [&](size_t, const uint8_t* from, size_t count) { writer.copy(from, count); });
    } else {
      mixPieces(runs, byte, bytes, own, other, [&](size_t at, const uint8_t* from, size_t count) {
        copyBytes(target + at, from, count);
      });
    }
  }

  // Calls `copy(at, from, bytes)` for the pieces of a plane in their order.
  template <typename Copy>
  void mixPieces(const RunList& runs, size_t byte, size_t bytes, const uint8_t* own,
                 const uint8_t* other, const Copy& copy) const {
    size_t done = 0;
    forEachDropped(runs, byte, bytes, [&](size_t begin, size_t end) {
      copy(done, own + done, begin - done);
      copy(begin, other + begin, end - begin);
      done = end;
    });
    copy(done, own + done, bytes - done);
  }

  size_t partnerOf(size_t i) const { return static_cast<size_t>(batch_.partner[i]); }

  MaskReader maskOf(size_t i) {
    MaskReader reader(batch_.samples, batch_.count, rows_.canvas, masks_[i / kBlockSamples]);
    reader.goTo(i);
    return reader;
  }

  // Where a tile begins in the batch.
  size_t offsetOf(size_t sample, const MixTile& tile) const {
    return rows_.offsetOf(sample, tile.plane, tile.row) + tile.byte;
  }

  const MixBatch batch_;
  const Walks walks_;
  const MixTiling tiling_;
  const Kernels& kernels_;
  const RowContext rows_;
  const bool byBits_;
  const bool choosesRuns_;
  const bool beyondCaches_;
  KeptFractions kept_;
  std::vector<MaskReader::State> masks_;  // for each block of samples
};

}  // namespace

std::unique_ptr<Job> mixJob(const MixBatch& batch, unsigned threads, const Kernels& kernels,
                            Strategy strategy) {
  if (batch.isEmpty()) return noJob();
  const MixTiling tiling(batch, threads);
  Walks walks(batch, tiling.samplesOfShare(), tiling.cutsCycles());
  if (walks.count() == 0) return noJob();
  return std::make_unique<MixJob>(batch, std::move(walks), tiling, threads, kernels, strategy);
}

void mix(const MixBatch& batch, unsigned threads, const Kernels& kernels, Strategy strategy) {
  run(*mixJob(batch, threads, kernels, strategy));
}

}  // namespace gridmask::cpu
