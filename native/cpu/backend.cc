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
#include <cstdlib>
#include <cstring>
#include <memory>

#include "cpu/kernels.h"
#include "cpu/noise.h"
#include "cpu/pool.h"
#include "lattice/runs.h"
#if defined(__linux__)
#include <unistd.h>
#endif

namespace gridmask::cpu {
namespace {

// Runs gathered before they are used on every plane: few enough to stay in the first-level cache,
// enough to stream through each plane for a while.
constexpr uint32_t kRunsAtOnce = 1024;

// Mask words worked out before they are used on every plane, unless a row has more.
constexpr uint32_t kWordsAtOnce = 2048;

// Bytes of a pixel up to which its mask is widened to that size.
constexpr size_t kMaxWidth = 16;

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
  explicit Fills(const Batch& batch) {
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
  Work(const Batch& batch, const Fills& fills, const Kernels& kernels)
      : batch_(batch),
        fills_(fills),
        kernels_(kernels),
        canvas_(canvasOf(batch.height, batch.width)),
        width_(static_cast<uint32_t>(batch.width)),
        rowBytes_(width_ * batch.pixelBytes),
        planeBytes_(rowBytes_ * static_cast<size_t>(batch.height)),
        inPlace_(batch.source == batch.target),
        streams_(planeBytes_ * batch.planes * batch.count >= streamingThreshold()),
        costs_(costsOfRow()),
        maskPlanes_(batch.pixelBytes == 4 ? kernels.maskPlanes : nullptr),
        runs_(new Run[kRunsAtOnce + RunScanner::maxRunsInRow(width_)]) {}

  void maskBand(size_t sample, int32_t rowBegin, int32_t rowEnd) {
    const size_t offset = sample * batch_.planes * planeBytes_;
    if (batch_.regions) {
      const RegionSample regions = batch_.regions[sample];
      maskByRuns(RegionScanner(regions, 0, rowBegin, width_), offset, rowBegin, rowEnd);
      return;
    }
    const Lattice lattice = latticeOf(batch_.samples[sample], canvas_);
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

  // Estimates both ways' time for a row, in nanoseconds of a core of 2021; only the comparison
  // matters. A step is an edge of an interval that the scanner passes; rows of an upright mask that
  // lie within a stripe pass none.
  bool prefersWords(const Lattice& lattice) const {
    if (lattice.random || !fills_.splat() || batch_.pixelBytes > kMaxWidth) return false;
    if (!turnsAreExact(lattice, std::min(width_, kWordsAtOnce),
                       std::max(1u, kWordsAtOnce / width_))) {
      return false;
    }
    const double stepX = std::abs(lattice.x.stepX);
    const double stepY = std::abs(lattice.y.stepX);
    const double crossed = stepX == 0 || stepY == 0 ? lattice.gap() * lattice.perPeriod : 1;
    const double steps = width_ * (stepX + stepY) * lattice.perPeriod * crossed;
    return costs_.words < costs_.runs + steps * costs_.step;
  }

  struct Costs {
    double runs;
    double step;
    double words;
  };

  Costs costsOfRow() const {
    const auto planes = static_cast<double>(batch_.planes);
    const double bytes = planes * static_cast<double>(rowBytes_);
    const auto times = static_cast<double>(batch_.pixelBytes);
    const double widening = batch_.pixelBytes == 4       ? 0.03
                            : batch_.pixelBytes <= 2     ? 0.2
                            : batch_.pixelBytes % 4 == 0 ? 0.1 * times
                                                         : 0.4 * times;
    return {15 + 5 * planes + (inPlace_ ? 0 : 0.04 * bytes), 4 + 3 * planes,
            bytes * (inPlace_   ? 0.033
                     : streams_ ? 0.06
                                : 0.045) +
                width_ * widening};
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
    const uint32_t columns = std::min(width_, kWordsAtOnce);
    const auto rowsAtOnce = static_cast<int32_t>(kWordsAtOnce / columns);
    if (!words_) {
      words_.reset(new uint32_t[kWordsAtOnce + kMaskSlack]);
      if (batch_.pixelBytes != sizeof(uint32_t)) {
        mask_.reset(new uint8_t[kWordsAtOnce * batch_.pixelBytes]);
      }
    }
    const uint32_t gap = gapTurns(lattice);
    for (int32_t row = rowBegin; row < rowEnd; row += rowsAtOnce) {
      const auto rows = static_cast<uint32_t>(std::min(rowsAtOnce, rowEnd - row));
      for (uint32_t column = 0; column < width_; column += columns) {
        const auto x = static_cast<int32_t>(column);
        const uint32_t across = std::min(columns, width_ - column);
        size_t begin = offset + static_cast<size_t>(row) * rowBytes_ + column * batch_.pixelBytes;
        const Turns turnsX = turnsOf(lattice.x, lattice, x, row);
        const Turns turnsY = turnsOf(lattice.y, lattice, x, row);
        if (maskPlanes_ != nullptr && across % kWholeColumns == 0) {
          for (size_t plane = 0; plane < batch_.planes; plane += kPlanesAtOnce) {
            const size_t planes = std::min(kPlanesAtOnce, batch_.planes - plane);
            Fill fills[kPlanesAtOnce];
            for (size_t k = 0; k < planes; ++k) fills[k] = fills_.of(plane + k);
            const size_t at = begin + plane * planeBytes_;
            maskPlanes_(batch_.target + at, batch_.source + at, planeBytes_, planes, across, rows,
                        turnsX, turnsY, gap, lattice.reverse, fills);
          }
          continue;
        }
        kernels_.maskWords(words_.get(), across, rows, turnsX, turnsY, gap, lattice.reverse,
                           batch_.source + begin);
        const auto* mask = reinterpret_cast<const uint8_t*>(words_.get());
        if (mask_) {
          kernels_.widenMask(mask_.get(), words_.get(), size_t{rows} * across, batch_.pixelBytes);
          mask = mask_.get();
        }
        const size_t bytes = size_t{rows} * across * batch_.pixelBytes;
        for (size_t plane = 0; plane < batch_.planes; ++plane, begin += planeBytes_) {
          kernels_.blend(batch_.target + begin, batch_.source + begin, mask, bytes,
                         fills_.of(plane));
        }
      }
    }
  }

  const Batch& batch_;
  const Fills& fills_;
  const Kernels& kernels_;
  const Canvas canvas_;
  const uint32_t width_;
  const size_t rowBytes_;
  const size_t planeBytes_;
  const bool inPlace_;
  const bool streams_;
  const Costs costs_;
  const decltype(Kernels::maskPlanes) maskPlanes_;
  std::unique_ptr<Run[]> runs_;
  std::unique_ptr<uint32_t[]> words_;
  std::unique_ptr<uint8_t[]> mask_;
};

}  // namespace

void apply(const Batch& batch, unsigned threads, const Kernels& kernels) {
  if (batch.count == 0 || batch.planes == 0 || batch.height == 0 || batch.width == 0) return;
  if (batch.noise.kind != NoiseKind::kNone) return applyNoise(batch, threads, kernels);
  const size_t rowBytes = batch.planes * static_cast<size_t>(batch.width) * batch.pixelBytes;
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
