// SPDX-License-Identifier: MIT
//
// A batch is cut into bands, some rows of one sample. Of each band the mask is worked out once, as
// runs or as a row of mask words, and then used for every plane:
//
//   runs   long ones: fill what is dropped, and out of place copy what lies between
//   words  short ones, where a run costs more than its pixels: blend, eight to sixteen pixels at a
//          time, whatever the mask

#include "cpu/backend.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "cpu/kernels.h"
#include "cpu/noise.h"
#include "cpu/pool.h"
#include "cpu/words.h"
#include "lattice/runs.h"
#if defined(__linux__)
#include <unistd.h>
#endif

namespace gridmask::cpu {
namespace {

// Runs gathered before they are used on every plane: few enough to stay in the first-level cache,
// enough to stream through each plane for a while.
constexpr uint32_t kRunsAtOnce = 1024;

// Bytes that make waking another thread worth while.
constexpr size_t kShareBytes = 64 * 1024;
constexpr size_t kLargestShareBytes = 512 * 1024;
constexpr size_t kSharesPerThread = 8;

// Bytes of a batch from which its result cannot stay in the caches anyway.
size_t streamingThreshold() {
  static const size_t bytes = [] {
    long cache = 0;
#ifdef _SC_LEVEL3_CACHE_SIZE
    cache = sysconf(_SC_LEVEL3_CACHE_SIZE);
#endif
    return cache > 0 ? static_cast<size_t>(cache) / 2 : size_t{8} << 20;
  }();
  return bytes;
}

// The fill of every plane, laid out as Fill wants it.
class Fills {
 public:
  explicit Fills(const MaskBatch& batch) {
    const uint8_t* const fillEnd = batch.fill + batch.planes * batch.pixelBytes;
    zero_ = std::all_of(batch.fill, fillEnd, [](uint8_t byte) { return byte == 0; });
    splat_ = true;
    for (size_t i = batch.valueBytes; i < batch.pixelBytes; ++i) {
      splat_ = splat_ && batch.fill[i] == batch.fill[i - batch.valueBytes];
    }
    // A pattern of whole pixels that is not a splat is copied; a few hundred bytes at a time.
    const size_t unit = splat_ ? batch.valueBytes : batch.pixelBytes;
    bytes_ = splat_ ? kSplatBytes : (511 / unit + 1) * unit;
    // Planes that are filled alike, most often all of them, share a pattern: a million planes of
    // one pixel need no more memory for it than three large ones.
    const bool alike = std::memcmp(batch.fill, batch.fill + batch.pixelBytes,
                                   (batch.planes - 1) * batch.pixelBytes) == 0;
    const size_t count = alike ? 1 : batch.planes;
    stride_ = alike ? 0 : bytes_;
    patterns_.reset(new uint8_t[bytes_ * count]);
    for (size_t plane = 0; plane < count; ++plane) {
      uint8_t* pattern = patterns_.get() + plane * bytes_;
      for (size_t i = 0; i < bytes_; i += unit) {
        std::memcpy(pattern + i, batch.fill + plane * batch.pixelBytes, unit);
      }
    }
  }

  bool splat() const { return splat_; }

  Fill of(size_t plane) const { return {patterns_.get() + plane * stride_, bytes_, splat_, zero_}; }

 private:
  std::unique_ptr<uint8_t[]> patterns_;
  size_t bytes_;
  size_t stride_;
  bool splat_;
  bool zero_;
};

class Work {
 public:
  Work(const MaskBatch& batch, const Fills& fills, const Kernels& kernels)
      : batch_(batch),
        fills_(fills),
        kernels_(kernels),
        canvas_(canvasOf(batch.height, batch.width)),
        width_(static_cast<uint32_t>(batch.width)),
        rowBytes_(batch.rowBytes()),
        planeBytes_(batch.planeBytes()),
        inPlace_(batch.inPlace()),
        streams_(batch.bytes() >= streamingThreshold()),
        costs_(costsOfRow(batch.planes, width_, batch.pixelBytes, inPlace_ ? 0 : 0.04,
                          inPlace_   ? 0.033
                          : streams_ ? 0.06
                                     : 0.045)),
        maskPlanes_(batch.pixelBytes == 4 ? kernels.maskPlanes : nullptr),
        runs_(new Run[kRunsAtOnce + RunScanner::maxRunsInRow(width_)]),
        words_(kernels, batch.pixelBytes) {}

  void maskBand(size_t sample, int32_t rowBegin, int32_t rowEnd) {
    const size_t offset = sample * batch_.planes * planeBytes_;
    if (const auto* all = std::get_if<Regions>(&batch_.masks)) {
      const RegionSample regions = (*all)[sample];
      maskByRuns(RegionScanner(regions, 0, rowBegin, width_), offset, rowBegin, rowEnd);
      return;
    }
    const Lattice lattice = latticeOf((*std::get_if<Samples>(&batch_.masks))[sample], canvas_);
    if (!lattice.masked || (lattice.gap() == 0 && !lattice.reverse)) {
      if (!inPlace_) copyBand(offset, rowBegin, rowEnd);
      return;
    }
    if (prefersWords(lattice)) {
      maskByWords(lattice, offset, rowBegin, rowEnd);
    } else {
      maskByRuns(RunScanner(lattice, 0, rowBegin, width_), offset, rowBegin, rowEnd);
    }
  }

 private:
  void copyBand(size_t offset, int32_t rowBegin, int32_t rowEnd) {
    for (size_t plane = 0; plane < batch_.planes; ++plane) {
      const size_t begin = offset + plane * planeBytes_ + static_cast<size_t>(rowBegin) * rowBytes_;
      std::memcpy(batch_.target + begin, batch_.source + begin,
                  static_cast<size_t>(rowEnd - rowBegin) * rowBytes_);
    }
  }

  bool prefersWords(const Lattice& lattice) const {
    return fills_.splat() && batch_.pixelBytes <= kMaxWidth &&
           takesWords(Way::kCheaper, lattice, width_, costs_);
  }

  template <typename Scanner>
  void maskByRuns(Scanner scanner, size_t offset, int32_t rowBegin, int32_t rowEnd) {
    Run* const runs = runs_.get();
    for (int32_t row = rowBegin; row < rowEnd;) {
      const size_t first = offset + static_cast<size_t>(row) * rowBytes_;
      Run* end = runs;
      uint32_t pixels = 0;
      for (; row < rowEnd && end - runs < kRunsAtOnce; ++row, pixels += width_) {
        end = scanner.appendRow(runs, end, pixels);
      }
      for (size_t plane = 0; plane < batch_.planes; ++plane) {
        uint8_t* target = batch_.target + first + plane * planeBytes_;
        const uint8_t* source = batch_.source + first + plane * planeBytes_;
        const Fill fill = fills_.of(plane);
        if (inPlace_) {
          kernels_.fillRuns(target, runs, end, batch_.pixelBytes, fill);
        } else {
          const auto copy = streams_ ? kernels_.streamRuns : kernels_.copyRuns;
          copy(target, source, runs, end, pixels, batch_.pixelBytes, fill);
        }
      }
    }
  }

  void maskByWords(const Lattice& lattice, size_t offset, int32_t rowBegin, int32_t rowEnd) {
    forEachBlock(
        width_, rowBegin, rowEnd,
        [&](int32_t row, uint32_t rows, uint32_t column, uint32_t columns) {
          const auto x = static_cast<int32_t>(column);
          size_t begin = offset + static_cast<size_t>(row) * rowBytes_ + column * batch_.pixelBytes;
          if (maskPlanes_ != nullptr && columns % kWholeColumns == 0) {
            const Turns turnsX = turnsOf(lattice.x, lattice, x, row);
            const Turns turnsY = turnsOf(lattice.y, lattice, x, row);
            for (size_t plane = 0; plane < batch_.planes; plane += kPlanesAtOnce) {
              const size_t planes = std::min(kPlanesAtOnce, batch_.planes - plane);
              Fill fills[kPlanesAtOnce];
              for (size_t k = 0; k < planes; ++k) fills[k] = fills_.of(plane + k);
              const size_t at = begin + plane * planeBytes_;
              maskPlanes_(batch_.target + at, batch_.source + at, planeBytes_, planes, columns,
                          rows, turnsX, turnsY, gapTurns(lattice), lattice.reverse, fills);
            }
            return;
          }
          const uint8_t* mask = words_.bytes(lattice, x, row, columns, rows, batch_.source + begin);
          const size_t bytes = size_t{rows} * columns * batch_.pixelBytes;
          for (size_t plane = 0; plane < batch_.planes; ++plane, begin += planeBytes_) {
            kernels_.blend(batch_.target + begin, batch_.source + begin, mask, bytes,
                           fills_.of(plane));
          }
        });
  }

  const MaskBatch& batch_;
  const Fills& fills_;
  const Kernels& kernels_;
  const Canvas canvas_;
  const uint32_t width_;
  const size_t rowBytes_;
  const size_t planeBytes_;
  const bool inPlace_;
  const bool streams_;
  const RowCosts costs_;
  const decltype(Kernels::maskPlanes) maskPlanes_;
  std::unique_ptr<Run[]> runs_;
  MaskWords words_;
};

}  // namespace

void apply(const MaskBatch& batch, unsigned threads, const Kernels& kernels) {
  if (batch.isEmpty()) return;
  if (batch.noise.kind != NoiseKind::kNone) return applyNoise(batch, threads, kernels);
  const size_t rowBytes = batch.planes * batch.rowBytes();
  const auto height = static_cast<size_t>(batch.height);
  const size_t totalRows = batch.count * height;
  // A share is worth waking a thread for, stays within the caches, and is small enough that no
  // thread waits long for another at the end.
  const size_t rows = std::max<size_t>(
      {1, kShareBytes / rowBytes,
       std::min(totalRows / (threads * kSharesPerThread), kLargestShareBytes / rowBytes)});
  const size_t bandRows = std::min(rows, height);
  const size_t bands = (height + bandRows - 1) / bandRows;
  const size_t grain = std::max<size_t>(1, rows / height);

  const Fills fills(batch);
  parallelFor(batch.count * bands, grain, threads, [&](size_t begin, size_t end) {
    Work work(batch, fills, kernels);
    for (size_t item = begin; item < end; ++item) {
      const size_t row = item % bands * bandRows;
      work.maskBand(item / bands, static_cast<int32_t>(row),
                    static_cast<int32_t>(std::min(row + bandRows, height)));
    }
  });
}

}  // namespace gridmask::cpu
