// SPDX-License-Identifier: MIT
//
// A batch is cut into pieces: the same rows of some planes, in every sample. A piece's mask is
// worked out once for all of its planes: as runs, which are copied from the partner, or where those
// are short as words, by which each byte is selected. Out of place, samples do not depend on each
// other. In place a cycle of the permutation is walked from partner to partner, so that each sample
// is read before it is written; only what the last one takes from the first is put aside. Pieces
// never meet, so they are shared among the threads.

#include "cpu/mix.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "cpu/pool.h"
#include "lattice/runs.h"

namespace gridmask::cpu {
namespace {

// Bytes of a piece, of all its planes: few enough to stay in the second-level cache.
constexpr size_t kPieceBytes = 256 * 1024;
static_assert(kMaxWidth * kMaxSide <= kPieceBytes, "a piece of words is whole rows");

// Runs of a piece, unless one row may have more.
constexpr size_t kRunsOfPiece = 4 * 1024;

// Bytes that make waking another thread worth while.
constexpr size_t kShareBytes = 64 * 1024;
constexpr size_t kSharesPerThread = 8;

// Some planes' rows, or a part of one row that is too long: `bytes` bytes from `byte` of row `row`.
struct Piece {
  size_t plane;
  size_t planes;
  int32_t row;
  int32_t rows;
  size_t byte;
  size_t bytes;
};

class Pieces {
 public:
  // For `walks` walks that together go through all samples.
  Pieces(const MixBatch& batch, size_t walks, unsigned threads)
      : planes_(batch.planes),
        height_(static_cast<size_t>(batch.height)),
        rowBytes_(batch.rowBytes()) {
    bytesAtOnce_ = std::min(rowBytes_, kPieceBytes);
    planesAtOnce_ = std::min(planes_, kPieceBytes / bytesAtOnce_);
    const size_t most = kPieceBytes / (planesAtOnce_ * bytesAtOnce_);
    const size_t runs = RunScanner::maxRunsInRow(static_cast<uint32_t>(batch.width));
    const size_t samples = (batch.count + walks - 1) / walks;
    const size_t rowsOfShare = kShareBytes / (samples * planesAtOnce_ * bytesAtOnce_);
    const size_t fair = std::max(walks * height_ / (threads * kSharesPerThread), rowsOfShare);
    rowsAtOnce_ = std::max<size_t>(1, std::min({most, height_, kRunsOfPiece / runs, fair}));
    grain_ = std::max<size_t>(1, rowsOfShare / rowsAtOnce_);
    alongRow_ = (rowBytes_ + bytesAtOnce_ - 1) / bytesAtOnce_;
    alongColumn_ = (height_ + rowsAtOnce_ - 1) / rowsAtOnce_;
    count_ = alongRow_ * alongColumn_ * ((planes_ + planesAtOnce_ - 1) / planesAtOnce_);
  }

  size_t count() const { return count_; }
  size_t planesAtOnce() const { return planesAtOnce_; }
  size_t rowsAtOnce() const { return rowsAtOnce_; }
  size_t largestBytes() const { return planesAtOnce_ * rowsAtOnce_ * bytesAtOnce_; }
  // How many of them are worth waking a thread.
  size_t grain() const { return grain_; }

  Piece at(size_t i) const {
    const size_t byte = i % alongRow_ * bytesAtOnce_;
    const size_t row = i / alongRow_ % alongColumn_ * rowsAtOnce_;
    const size_t plane = i / alongRow_ / alongColumn_ * planesAtOnce_;
    const size_t rows = std::min(rowsAtOnce_, height_ - row);
    // Only pieces of one row are cut within it.
    const size_t bytes =
        alongRow_ == 1 ? rows * rowBytes_ : std::min(bytesAtOnce_, rowBytes_ - byte);
    return {plane,
            std::min(planesAtOnce_, planes_ - plane),
            static_cast<int32_t>(row),
            static_cast<int32_t>(rows),
            byte,
            bytes};
  }

 private:
  const size_t planes_, height_, rowBytes_;
  size_t bytesAtOnce_, planesAtOnce_, rowsAtOnce_;
  size_t grain_, alongRow_, alongColumn_, count_;
};

// A call of memcpy() takes longer than to copy a short run.
inline void copyBytes(uint8_t* to, const uint8_t* from, size_t bytes) {
  // The first and the last bytes of a run, which may be the same ones.
  const auto ends = [&](auto part) {
    auto last = part;
    std::memcpy(&part, from, sizeof part);
    std::memcpy(&last, from + bytes - sizeof last, sizeof last);
    std::memcpy(to, &part, sizeof part);
    std::memcpy(to + bytes - sizeof last, &last, sizeof last);
  };
  struct Sixteen {
    uint64_t half[2];
  };
  if (bytes > 32) {
    std::memcpy(to, from, bytes);
  } else if (bytes >= 16) {
    ends(Sixteen{});
  } else if (bytes >= 8) {
    ends(uint64_t{});
  } else if (bytes >= 4) {
    ends(uint32_t{});
  } else {
    for (size_t k = 0; k < bytes; ++k) to[k] = from[k];
  }
}

// The dropped runs of a piece, numbered from its first row's first pixel.
struct RunList {
  std::unique_ptr<Run[]> list;
  const Run* end;
};

class Work {
 public:
  Work(const MixBatch& batch, const Pieces& pieces, const Kernels& kernels, Way way)
      : batch_(batch),
        kernels_(kernels),
        canvas_(canvasOf(batch.height, batch.width)),
        width_(static_cast<uint32_t>(batch.width)),
        rowBytes_(batch.rowBytes()),
        planeBytes_(batch.planeBytes()),
        way_(batch.pixelBytes <= kMaxWidth ? way : Way::kRuns),
        costs_(costsOfRow(pieces.planesAtOnce(), width_, batch.pixelBytes,
                          batch.inPlace() ? 0 : 0.04, 0.06)),
        words_(kernels, batch.pixelBytes) {
    for (RunList* runs : {&runs_, &lastRuns_}) {
      runs->list.reset(new Run[pieces.rowsAtOnce() * RunScanner::maxRunsInRow(width_)]);
    }
    if (batch.inPlace()) saved_.reset(new uint8_t[pieces.largestBytes()]);
  }

  void mixSample(size_t i, const Piece& piece) {
    const size_t partner = partnerOf(i);
    const Lattice lattice = latticeOf(batch_.samples[i], canvas_);
    if (partner != i && prefersWords(lattice)) {
      selectByWords(lattice, piece, i, batch_.source + offsetOf(partner, piece, 0), planeBytes_);
      return;
    }
    runs_.end = runs_.list.get();
    if (partner != i) scan(lattice, piece, runs_);
    for (size_t p = 0; p < piece.planes; ++p) {
      uint8_t* target = batch_.target + offsetOf(i, piece, p);
      const uint8_t* own = batch_.source + offsetOf(i, piece, p);
      const uint8_t* other = batch_.source + offsetOf(partner, piece, p);
      size_t done = 0;
      forEachDropped(runs_, piece, [&](size_t begin, size_t end) {
        copyBytes(target + done, own + done, begin - done);
        copyBytes(target + begin, other + begin, end - begin);
        done = end;
      });
      copyBytes(target + done, own + done, piece.bytes - done);
    }
  }

  // In place. `last` is the sample after which its partner, written first, is no longer there.
  void mixCycle(size_t last, const Piece& piece) {
    const size_t first = partnerOf(last);
    const Lattice lattice = latticeOf(batch_.samples[last], canvas_);
    const bool byWords = prefersWords(lattice);
    uint8_t* saved = saved_.get();
    if (byWords) {
      for (size_t p = 0; p < piece.planes; ++p, saved += piece.bytes) {
        std::memcpy(saved, batch_.source + offsetOf(first, piece, p), piece.bytes);
      }
    } else {
      scan(lattice, piece, lastRuns_);
      forEachDroppedOfPlanes(lastRuns_, piece, [&](size_t at, size_t bytes) {
        copyBytes(saved, at + batch_.source + first * sampleBytes(), bytes);
        saved += bytes;
      });
    }
    for (size_t i = first; i != last; i = partnerOf(i)) mixInPlace(i, piece);
    saved = saved_.get();
    if (byWords) {
      selectByWords(lattice, piece, last, saved, piece.bytes);
    } else {
      forEachDroppedOfPlanes(lastRuns_, piece, [&](size_t at, size_t bytes) {
        copyBytes(at + batch_.target + last * sampleBytes(), saved, bytes);
        saved += bytes;
      });
    }
  }

 private:
  size_t sampleBytes() const { return batch_.planes * planeBytes_; }
  size_t partnerOf(size_t i) const { return static_cast<size_t>(batch_.partner[i]); }

  bool prefersWords(const Lattice& lattice) const {
    return lattice.masked && takesWords(way_, lattice, width_, costs_);
  }

  // Where plane `p` of a piece begins in the batch.
  size_t offsetOf(size_t sample, const Piece& piece, size_t p) const {
    return sample * sampleBytes() + (piece.plane + p) * planeBytes_ +
           static_cast<size_t>(piece.row) * rowBytes_ + piece.byte;
  }

  void mixInPlace(size_t i, const Piece& piece) {
    const size_t partner = partnerOf(i);
    const Lattice lattice = latticeOf(batch_.samples[i], canvas_);
    if (prefersWords(lattice)) {
      selectByWords(lattice, piece, i, batch_.source + offsetOf(partner, piece, 0), planeBytes_);
      return;
    }
    scan(lattice, piece, runs_);
    uint8_t* target = batch_.target + i * sampleBytes();
    const uint8_t* other = batch_.source + partner * sampleBytes();
    forEachDroppedOfPlanes(
        runs_, piece, [&](size_t at, size_t bytes) { copyBytes(target + at, other + at, bytes); });
  }

  // `other`: the partner's piece, with its planes `otherBytes` apart.
  void selectByWords(const Lattice& lattice, const Piece& piece, size_t i, const uint8_t* other,
                     size_t otherBytes) {
    const size_t piecesFirst = offsetOf(i, piece, 0);
    forEachBlock(width_, piece.row, piece.row + piece.rows,
                 [&](int32_t row, uint32_t rows, uint32_t column, uint32_t columns) {
                   const size_t first = static_cast<size_t>(row - piece.row) * rowBytes_ +
                                        column * batch_.pixelBytes;
                   const size_t bytes = size_t{rows} * columns * batch_.pixelBytes;
                   const uint8_t* mask =
                       words_.bytes(lattice, static_cast<int32_t>(column), row, columns, rows,
                                    batch_.source + piecesFirst + first);
                   for (size_t p = 0; p < piece.planes; ++p) {
                     const size_t at = piecesFirst + first + p * planeBytes_;
                     kernels_.select(batch_.target + at, batch_.source + at,
                                     other + first + p * otherBytes, mask, bytes);
                   }
                 });
  }

  void scan(const Lattice& lattice, const Piece& piece, RunList& runs) const {
    Run* const list = runs.list.get();
    Run* end = list;
    if (lattice.masked) {
      RunScanner scanner(lattice, 0, piece.row, width_);
      for (int32_t row = 0; row < piece.rows; ++row) {
        end = scanner.appendRow(list, end, static_cast<uint32_t>(row) * width_);
      }
    }
    runs.end = end;
  }

  // The dropped bytes of each plane of a piece, from the piece's first.
  template <typename Use>
  void forEachDropped(const RunList& runs, const Piece& piece, const Use& use) const {
    for (const Run* run = runs.list.get(); run != runs.end; ++run) {
      const size_t begin = std::max(run->begin * batch_.pixelBytes, piece.byte);
      const size_t end = std::min(run->end * batch_.pixelBytes, piece.byte + piece.bytes);
      if (begin < end) use(begin - piece.byte, end - piece.byte);
    }
  }

  // Those of all its planes, from the sample's first.
  template <typename Use>
  void forEachDroppedOfPlanes(const RunList& runs, const Piece& piece, const Use& use) const {
    for (size_t p = 0; p < piece.planes; ++p) {
      const size_t at = offsetOf(0, piece, p);
      forEachDropped(runs, piece, [&](size_t begin, size_t end) { use(at + begin, end - begin); });
    }
  }

  const MixBatch& batch_;
  const Kernels& kernels_;
  const Canvas canvas_;
  const uint32_t width_;
  const size_t rowBytes_;
  const size_t planeBytes_;
  const Way way_;
  const RowCosts costs_;
  MaskWords words_;
  RunList runs_;
  RunList lastRuns_;
  std::unique_ptr<uint8_t[]> saved_;
};

}  // namespace

void mix(const MixBatch& batch, unsigned threads, const Kernels& kernels, Way way) {
  if (batch.isEmpty()) return;
  const bool inPlace = batch.inPlace();
  const std::vector<int32_t> cycles =
      inPlace ? cyclesOf(batch.partner, batch.count) : std::vector<int32_t>();
  const size_t walks = inPlace ? cycles.size() : batch.count;
  if (walks == 0) return;
  const Pieces pieces(batch, walks, threads);
  parallelFor(walks * pieces.count(), pieces.grain(), threads, [&](size_t begin, size_t end) {
    Work work(batch, pieces, kernels, way);
    for (size_t item = begin; item < end; ++item) {
      const size_t walk = item / pieces.count();
      const Piece piece = pieces.at(item % pieces.count());
      if (inPlace) {
        work.mixCycle(static_cast<size_t>(cycles[walk]), piece);
      } else {
        work.mixSample(walk, piece);
      }
    }
  });
}

}  // namespace gridmask::cpu
