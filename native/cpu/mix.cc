// SPDX-License-Identifier: MIT
//
// Of each tile of each sample the mask is worked out once for all of its planes: as runs, which are
// copied from the partner, or where those are short as words, by which each byte is selected. Out
// of place, samples do not depend on each other. In place a cycle of the permutation is walked from
// partner to partner, so that each sample is read before it is written; only what the last one
// takes from the first is put aside. Tiles never meet, so they are shared among the threads.

#include "cpu/mix.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "cpu/caches.h"
#include "cpu/mask_words.h"
#include "cpu/mix_tiling.h"
#include "cpu/row_context.h"
#include "cpu/short_copy.h"
#include "cpu/streaming_stores.h"
#include "lattice/runs.h"

namespace gridmask::cpu {
namespace {

static_assert(kMaxWidth * kMaxSide <= MixTiling::kTileBytes, "a tile by words is whole rows");

// The dropped runs of a tile, numbered from its first row's first pixel.
struct RunList {
  Run* const begin;
  const Run* end;
};

// What a thread works with.
struct Memory {
  Memory(uint8_t* scratch, const MixBatch& batch, const MixTiling& tiling, const Kernels& kernels)
      : carver(scratch),
        runs{carver.take<Run>(mostRuns(batch, tiling)), nullptr},
        lastRuns{carver.take<Run>(batch.inPlace() ? mostRuns(batch, tiling) : 0), nullptr},
        saved(carver.take<uint8_t>(batch.inPlace() ? tiling.bytes() : 0)),
        words(kernels, batch.pixelBytes, carver) {}

  Carver carver;
  RunList runs;
  RunList lastRuns;
  uint8_t* const saved;
  MaskWords words;

 private:
  static size_t mostRuns(const MixBatch& batch, const MixTiling& tiling) {
    return tiling.rows() * RunScanner::maxRunsInRow(static_cast<uint32_t>(batch.width));
  }
};

// The ways through a batch that do not depend on each other: in place one for each cycle, else one
// for each sample.
struct Walks {
  explicit Walks(const MixBatch& batch)
      : cycles(batch.inPlace() ? cyclesOf(batch.partner, batch.count) : std::vector<int32_t>()),
        count(batch.inPlace() ? cycles.size() : batch.count) {}

  std::vector<int32_t> cycles;
  size_t count;
};

class MixJob final : public Job {
 public:
  MixJob(const MixBatch& batch, Walks walks, const MixTiling& tiling, unsigned threads,
         const Kernels& kernels, Strategy strategy)
      : Job({walks.count * tiling.count(), tiling.grain(), threads,
             Memory(nullptr, batch, tiling, kernels).carver.bytes()}),
        batch_(batch),
        walks_(std::move(walks)),
        tiling_(tiling),
        kernels_(kernels),
        rows_(batch),
        streams_(batch.bytes() >= cachedBytes()),
        costs_(tiling.planes(), rows_.width, batch.pixelBytes,
               rows_.inPlace ? kMixedInPlace : kMixedApart, strategy) {}

  void work(size_t begin, size_t end, uint8_t* scratch) noexcept override {
    Memory memory(scratch, batch_, tiling_, kernels_);
    for (size_t item = begin; item < end; ++item) {
      const size_t walk = item / tiling_.count();
      const MixTile tile = tiling_.at(item % tiling_.count());
      if (rows_.inPlace) {
        mixCycle(static_cast<size_t>(walks_.cycles[walk]), tile, memory);
      } else {
        mixApart(walk, tile, memory);
      }
    }
  }

 private:
  // Out of place: a sample that depends on no other.
  void mixApart(size_t i, const MixTile& tile, Memory& memory) const {
    const size_t partner = partnerOf(i);
    const Lattice lattice = latticeOf(batch_.samples[i], rows_.canvas);
    if (partner != i && prefersWords(lattice)) {
      selectByWords(lattice, tile, i, batch_.source + offsetOf(partner, tile, 0), rows_.planeBytes,
                    memory);
      return;
    }
    RunList& runs = memory.runs;
    runs.end = runs.begin;
    if (partner != i) scan(lattice, tile, runs);
    for (size_t p = 0; p < tile.planes; ++p) {
      uint8_t* target = batch_.target + offsetOf(i, tile, p);
      const uint8_t* own = batch_.source + offsetOf(i, tile, p);
      const uint8_t* other = batch_.source + offsetOf(partner, tile, p);
      if (streams_) {
        LineWriter writer(target);
        mixPlane(runs, tile, own, other,
                 [&](size_t, const uint8_t* from, size_t bytes) { writer.copy(from, bytes); });
      } else {
        mixPlane(runs, tile, own, other, [&](size_t at, const uint8_t* from, size_t bytes) {
          copyBytes(target + at, from, bytes);
        });
      }
    }
  }

  // Calls `copy(at, from, bytes)` for the pieces of a plane, in their order.
  template <typename Copy>
  void mixPlane(const RunList& runs, const MixTile& tile, const uint8_t* own, const uint8_t* other,
                const Copy& copy) const {
    size_t done = 0;
    forEachDropped(runs, tile, [&](size_t begin, size_t end) {
      copy(done, own + done, begin - done);
      copy(begin, other + begin, end - begin);
      done = end;
    });
    copy(done, own + done, tile.bytes - done);
  }

  // In place: all samples of a cycle. `last` is the one after which its partner, written first, is
  // no longer there.
  void mixCycle(size_t last, const MixTile& tile, Memory& memory) const {
    const size_t first = partnerOf(last);
    const Lattice lattice = latticeOf(batch_.samples[last], rows_.canvas);
    const bool byWords = prefersWords(lattice);
    if (byWords) {
      saveWhole(first, tile, memory.saved);
    } else {
      scan(lattice, tile, memory.lastRuns);
      saveDropped(first, tile, memory.lastRuns, memory.saved);
    }
    for (size_t i = first; i != last; i = partnerOf(i)) mixInPlace(i, tile, memory);
    if (byWords) {
      selectByWords(lattice, tile, last, memory.saved, tile.bytes, memory);
    } else {
      fillFromSaved(last, tile, memory.lastRuns, memory.saved);
    }
  }

  void saveWhole(size_t sample, const MixTile& tile, uint8_t* saved) const {
    for (size_t p = 0; p < tile.planes; ++p, saved += tile.bytes) {
      std::memcpy(saved, batch_.source + offsetOf(sample, tile, p), tile.bytes);
    }
  }

  // Of a sample what another's runs will take.
  void saveDropped(size_t sample, const MixTile& tile, const RunList& runs, uint8_t* saved) const {
    forEachDroppedOfPlanes(runs, tile, [&](size_t at, size_t bytes) {
      copyBytes(saved, batch_.source + sample * rows_.sampleBytes + at, bytes);
      saved += bytes;
    });
  }

  void fillFromSaved(size_t sample, const MixTile& tile, const RunList& runs,
                     const uint8_t* saved) const {
    forEachDroppedOfPlanes(runs, tile, [&](size_t at, size_t bytes) {
      copyBytes(batch_.target + sample * rows_.sampleBytes + at, saved, bytes);
      saved += bytes;
    });
  }

  // A sample whose partner has not been written yet.
  void mixInPlace(size_t i, const MixTile& tile, Memory& memory) const {
    const size_t partner = partnerOf(i);
    const Lattice lattice = latticeOf(batch_.samples[i], rows_.canvas);
    if (prefersWords(lattice)) {
      selectByWords(lattice, tile, i, batch_.source + offsetOf(partner, tile, 0), rows_.planeBytes,
                    memory);
      return;
    }
    scan(lattice, tile, memory.runs);
    uint8_t* target = batch_.target + i * rows_.sampleBytes;
    const uint8_t* other = batch_.source + partner * rows_.sampleBytes;
    forEachDroppedOfPlanes(memory.runs, tile, [&](size_t at, size_t bytes) {
      copyBytes(target + at, other + at, bytes);
    });
  }

  // `other`: the partner's tile, with its planes `otherBytes` apart.
  void selectByWords(const Lattice& lattice, const MixTile& tile, size_t i, const uint8_t* other,
                     size_t otherBytes, Memory& memory) const {
    const size_t tileAt = offsetOf(i, tile, 0);
    forEachBlock(rows_.width, tile.row, tile.row + tile.rows,
                 [&](int32_t row, uint32_t rows, uint32_t column, uint32_t columns) {
                   const size_t first = static_cast<size_t>(row - tile.row) * rows_.rowBytes +
                                        column * rows_.pixelBytes;
                   const size_t bytes = size_t{rows} * columns * rows_.pixelBytes;
                   const uint8_t* mask =
                       memory.words.bytes(lattice, static_cast<int32_t>(column), row, columns, rows,
                                          batch_.source + tileAt + first);
                   for (size_t p = 0; p < tile.planes; ++p) {
                     const size_t at = tileAt + first + p * rows_.planeBytes;
                     kernels_.select(batch_.target + at, batch_.source + at,
                                     other + first + p * otherBytes, mask, bytes);
                   }
                 });
  }

  void scan(const Lattice& lattice, const MixTile& tile, RunList& runs) const {
    Run* end = runs.begin;
    if (lattice.masked) {
      RunScanner scanner(lattice, 0, tile.row, rows_.width);
      for (int32_t row = 0; row < tile.rows; ++row) {
        end = scanner.appendRow(runs.begin, end, static_cast<uint32_t>(row) * rows_.width);
      }
    }
    runs.end = end;
  }

  // The dropped bytes of each plane of a tile, from the tile's first.
  template <typename Use>
  void forEachDropped(const RunList& runs, const MixTile& tile, const Use& use) const {
    for (const Run* run = runs.begin; run != runs.end; ++run) {
      const size_t begin = std::max(run->begin * rows_.pixelBytes, tile.byte);
      const size_t end = std::min(run->end * rows_.pixelBytes, tile.byte + tile.bytes);
      if (begin < end) use(begin - tile.byte, end - tile.byte);
    }
  }

  // Those of all its planes, from the sample's first.
  template <typename Use>
  void forEachDroppedOfPlanes(const RunList& runs, const MixTile& tile, const Use& use) const {
    for (size_t p = 0; p < tile.planes; ++p) {
      const size_t at = offsetOf(0, tile, p);
      forEachDropped(runs, tile, [&](size_t begin, size_t end) { use(at + begin, end - begin); });
    }
  }

  size_t partnerOf(size_t i) const { return static_cast<size_t>(batch_.partner[i]); }

  bool prefersWords(const Lattice& lattice) const {
    return lattice.masked && costs_.prefersWords(lattice);
  }

  // Where plane `p` of a tile begins in the batch.
  size_t offsetOf(size_t sample, const MixTile& tile, size_t p) const {
    return rows_.offsetOf(sample, tile.plane + p, tile.row) + tile.byte;
  }

  const MixBatch batch_;
  const Walks walks_;
  const MixTiling tiling_;
  const Kernels& kernels_;
  const RowContext rows_;
  const bool streams_;  // out of place
  const CostModel costs_;
};

}  // namespace

std::unique_ptr<Job> mixJob(const MixBatch& batch, unsigned threads, const Kernels& kernels,
                            Strategy strategy) {
  if (batch.isEmpty()) return noJob();
  Walks walks(batch);
  if (walks.count == 0) return noJob();
  const MixTiling tiling(batch, walks.count, threads);
  return std::make_unique<MixJob>(batch, std::move(walks), tiling, threads, kernels, strategy);
}

void mix(const MixBatch& batch, unsigned threads, const Kernels& kernels, Strategy strategy) {
  run(*mixJob(batch, threads, kernels, strategy));
}

}  // namespace gridmask::cpu
