// SPDX-License-Identifier: MIT
//
// The loops that take a mask as bits, each against a loop over pixels, by every instruction set
// that this processor has.

#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

#include "check.h"
#include "cpu/fills.h"
#include "cpu/kernels.h"
#include "cpu/mask_bits.h"
#include "lattice/phase32.h"
#include "samples.h"

using namespace gridmask;

namespace {

constexpr size_t kGuard = 128;  // bytes on either side of an array that must stay as they are

template <typename Use>
void forEachTable(const Use& use) {
  for (auto* kernels = cpu::availableKernels(); *kernels != nullptr; ++kernels) use(**kernels);
}

bool bitOf(const std::vector<uint64_t>& words, size_t bit) {
  return (words[bit / cpu::kWordBits] >> bit % cpu::kWordBits & 1) != 0;
}

std::vector<uint64_t> randomWords(Random& random, size_t count) {
  std::vector<uint64_t> words(count);
  for (uint64_t& word : words) word = uint64_t{random.word()} << 32 | random.word();
  return words;
}

// Bits in runs of up to `longest`; those behind the last pixel are anything.
std::vector<uint64_t> randomRuns(Random& random, size_t pixels, int longest) {
  std::vector<uint64_t> words = randomWords(random, cpu::wordsOfBits(pixels));
  bool dropped = random.chance(0.5);
  for (size_t pixel = 0; pixel < pixels; dropped = !dropped) {
    const auto length = static_cast<size_t>(random.between(1, longest));
    for (const size_t end = std::min(pixels, pixel + length); pixel < end; ++pixel) {
      const uint64_t bit = uint64_t{1} << pixel % cpu::kWordBits;
      uint64_t& word = words[pixel / cpu::kWordBits];
      word = dropped ? word | bit : word & ~bit;
    }
  }
  return words;
}

void bitsAreThoseOfTheDefinition() {
  Random random(11);
  std::set<int> mostEdges;  // so that each loop over edges is tried
  for (int i = 0; i < 4000; ++i) {
    const bool wide = i % 100 == 0;
    const auto columns = static_cast<uint32_t>(wide                 ? random.between(1000, kMaxSide)
                                               : random.chance(0.3) ? 32 * random.between(1, 4)
                                                                    : random.between(1, 150));
    const auto rows = static_cast<uint32_t>(random.between(1, wide ? 2 : 12));
    const uint32_t first = random.chance(0.3) ? 32u * static_cast<uint32_t>(random.between(0, 5))
                                              : static_cast<uint32_t>(random.between(0, 200));
    PackedSample sample = randomSample(random);
    sample.flags |= PackedSample::kMasked;
    sample.unitProbability = 1;
    Canvas canvas = canvasOf(random.between(1, 300), random.between(1, 300));
    const Lattice lattice = latticeOf(sample, canvas);
    if (!phase32IsExact(static_cast<uint32_t>(sample.d), columns, rows)) continue;
    const int32_t x = random.between(0, 500), y = random.between(0, 500);
    canvas.left += x;
    const Phases phases = phasesFrom(sample, canvas);
    const size_t bits = first + size_t{columns} * rows;
    const std::vector<uint64_t> before = randomWords(random, cpu::wordsOfBits(bits));
    forEachTable([&](const cpu::Kernels& kernels) {
      std::vector<uint64_t> words = before;
      cpu::MaskPhases mask{};
      mask.x = phases.x(y);
      mask.y = phases.y(y);
      mask.gap = phases.gap;
      mask.reverse = lattice.reverse;
      if (kernels.usesEdges) {
        mask.findEdges();
        mostEdges.insert(mask.mostEdges);
      }
      kernels.maskBits(words.data(), first, columns, rows, mask);
      for (size_t bit = 0; bit < first; ++bit) CHECK(bitOf(words, bit) == bitOf(before, bit));
      for (uint32_t row = 0, bit = first; row < rows; ++row) {
        for (uint32_t column = 0; column < columns; ++column, ++bit) {
          const bool kept =
              keepsPixel(lattice, x + static_cast<int32_t>(column), y + static_cast<int32_t>(row));
          CHECK(bitOf(words, bit) == !kept);
        }
      }
      CHECK(words.back() == before.back());
    });
  }
  CHECK(!cpu::bestKernels().usesEdges || mostEdges == std::set<int>({0, 2, 4, 5}));
}

// Of the memory of a MaskBits, whose runs are made.
size_t bytesOfBits(const cpu::Kernels& kernels, uint32_t width, std::vector<Run>& runs) {
  runs.resize(cpu::MaskBits::mostRuns(width));
  cpu::Carver carver(nullptr);
  cpu::MaskBits(kernels, width, runs.data(), carver);
  return carver.bytes();
}

// Masks of a plan's samples, in any order, from any row on.
void readersTellOfMasks() {
  Random random(14);
  for (int i = 0; i < 300; ++i) {
    const auto width = static_cast<uint32_t>(random.chance(0.3) ? 32 : random.between(1, 150));
    const int32_t height = random.chance(0.3) ? 32 : random.between(1, 150);
    std::vector<PackedSample> plan(static_cast<size_t>(random.between(1, 20)));
    for (PackedSample& sample : plan) sample = randomSample(random);
    const Samples samples(plan.data());
    cpu::MaskReader::State ahead{};
    cpu::MaskReader reader(samples, plan.size(), canvasOf(height, static_cast<int32_t>(width)),
                           ahead);
    forEachTable([&](const cpu::Kernels& kernels) {
      std::vector<Run> runs;
      const cpu::Scratch memory(bytesOfBits(kernels, width, runs));
      cpu::Carver carver(memory.data());
      cpu::MaskBits mask(kernels, width, runs.data(), carver);
      for (int turn = 0; turn < 5; ++turn) {
        const size_t k = random.word() % plan.size();
        const Lattice lattice = latticeOf(plan[k], height, static_cast<int32_t>(width));
        reader.goTo(k);
        const bool dropsNothing = !lattice.masked || (lattice.gap() == 0 && !lattice.reverse);
        CHECK(reader.dropsNothing() == dropsNothing);
        if (dropsNothing) continue;
        const int32_t begin = random.between(0, height - 1);
        mask.start(reader, begin);
        const int32_t rows =
            std::min(cpu::MaskBits::rowsOf(cpu::kBitsOfRuns, width), height - begin);
        const uint64_t* const words = mask.append(0, rows);
        for (int32_t row = 0; row < rows; ++row) {
          for (uint32_t column = 0; column < width; ++column) {
            const size_t bit = static_cast<size_t>(row) * width + column;
            const bool dropped = (words[bit / cpu::kWordBits] >> bit % cpu::kWordBits & 1) != 0;
            CHECK(dropped == !keepsPixel(lattice, static_cast<int32_t>(column), begin + row));
          }
        }
      }
    });
  }
}

// Rows that are asked for a few at a time, of images so high that phases have to begin anew.
void rowsFollowOneAnother() {
  Random random(13);
  for (int i = 0; i < 400; ++i) {
    const bool high = random.chance(0.5);
    const auto width = static_cast<uint32_t>(random.between(1, high ? 40 : 200));
    const int32_t height = random.between(1, high ? 1500 : 200);
    PackedSample sample = randomSample(random);
    sample.flags |= PackedSample::kMasked;
    if (high) {
      sample.d = random.between(200, 1200);
      sample.l = random.between(1, sample.d - 1);
      sample.angle = 90 * random.between(0, 3);
    }
    const Canvas canvas = canvasOf(height, static_cast<int32_t>(width));
    Lattice lattice = latticeOf(sample, canvas);
    const Samples samples(&sample);
    cpu::MaskReader::State ahead{};
    cpu::MaskReader reader(samples, 1, canvas, ahead);
    reader.goTo(0);
    // Half a pixel on, pixels of an upright mask begin exactly where squares do: the least error
    // would show.
    const auto d = static_cast<uint32_t>(sample.d);
    const bool shifts = sample.unitProbability == 1 && cpu::MaskBits::areExact(d, width);
    Phases phases = reader.phases();
    if (shifts) {
      lattice.x.origin += 1 << (kFractionBits - 1);
      lattice.y.origin += 1 << (kFractionBits - 1);
      phases.startX += (uint64_t{1} << 63) / d;
      phases.startY += (uint64_t{1} << 63) / d;
    }
    const int32_t begin = random.between(0, height - 1);
    forEachTable([&](const cpu::Kernels& kernels) {
      std::vector<Run> runs;
      const cpu::Scratch memory(bytesOfBits(kernels, width, runs));
      cpu::Carver carver(memory.data());
      cpu::MaskBits mask(kernels, width, runs.data(), carver);
      if (shifts) {
        mask.start(phases, d, lattice.reverse, begin);
      } else {
        mask.start(reader, begin);
      }
      for (int32_t row = begin, before = 0, some; row < height; row += some) {
        some =
            std::min(cpu::MaskBits::rowsOf(static_cast<uint32_t>(random.between(1, 3000)), width),
                     height - row);
        const uint64_t* const words = mask.append(before, some);
        for (int32_t k = 0; k < some; ++k) {
          for (uint32_t column = 0; column < width; ++column) {
            const size_t bit = static_cast<size_t>(before + k) * width + column;
            const bool dropped = (words[bit / cpu::kWordBits] >> bit % cpu::kWordBits & 1) != 0;
            CHECK(dropped == !keepsPixel(lattice, static_cast<int32_t>(column), row + k));
          }
        }
        // Behind those, or in their place.
        const bool follows = mask.canFollow() && (before + some) * width < 8000;
        before = follows ? before + some : 0;
      }
    });
  }
}

void runsAreThoseOfTheBits() {
  Random random(12);
  for (int i = 0; i < 5000; ++i) {
    const auto pixels = static_cast<size_t>(random.between(0, 700));
    const auto words = randomRuns(random, pixels, 1 << random.between(0, 9));
    std::vector<Run> expected;
    for (size_t pixel = 0; pixel < pixels; ++pixel) {
      if (!bitOf(words, pixel)) continue;
      const auto begin = static_cast<uint32_t>(pixel);
      if (expected.empty() || expected.back().end != begin) expected.push_back({begin, begin});
      ++expected.back().end;
    }
    forEachTable([&](const cpu::Kernels& kernels) {
      std::vector<Run> runs(expected.size() + 3, {77, 77});
      const Run* const end =
          kernels.listRuns(runs.data(), words.data(), static_cast<uint32_t>(pixels));
      CHECK(static_cast<size_t>(end - runs.data()) == expected.size());
      CHECK(std::equal(expected.begin(), expected.end(), runs.begin(),
                       [](Run a, Run b) { return a.begin == b.begin && a.end == b.end; }));
      CHECK(runs.back().begin == 77 && runs.back().end == 77);
    });
  }
}

// The fill of two planes: zero, one value in each, or any bytes.
std::vector<uint8_t> randomFill(Random& random, size_t pixelBytes, size_t valueBytes) {
  std::vector<uint8_t> fill(2 * pixelBytes);
  const int kind = random.between(0, 2);
  for (size_t k = 0; k < fill.size() && kind != 0; ++k) {
    const bool repeats = kind == 1 && k % pixelBytes >= valueBytes;
    fill[k] = repeats ? fill[k - valueBytes] : static_cast<uint8_t>(random.word());
  }
  return fill;
}

void blendedPixelsAreThoseOfTheBits(size_t pixelBytes) {
  Random random(static_cast<unsigned>(pixelBytes));
  for (int i = 0; i < 400; ++i) {
    const size_t valueBytes = pixelBytes % 4 == 0 ? 4 : pixelBytes % 2 == 0 ? 2 : 1;
    const auto pixels = static_cast<size_t>(random.between(1, random.chance(0.3) ? 70 : 500));
    const size_t bytes = pixels * pixelBytes;
    const auto words = randomRuns(random, pixels, 1 << random.between(0, 8));
    const std::vector<uint8_t> fill = randomFill(random, pixelBytes, valueBytes);
    MaskBatch batch{};
    static_cast<BatchLayout&>(batch) = {1, 2, 1, 1, pixelBytes, valueBytes};
    batch.fill = fill.data();
    const cpu::Fills fills(batch);
    // Of values at multiples of their size mostly, but not always.
    const auto shift = static_cast<size_t>(random.between(0, 63));
    const size_t begin = kGuard + (random.chance(0.8) ? shift / valueBytes * valueBytes : shift);
    std::vector<uint8_t> source(begin + bytes + kGuard), before(source.size());
    for (auto& byte : source) byte = static_cast<uint8_t>(random.word());
    for (auto& byte : before) byte = static_cast<uint8_t>(random.word());
    const auto plane = static_cast<size_t>(random.between(0, 1));
    const auto blended = [&](std::vector<uint8_t> array) {
      for (size_t pixel = 0; pixel < pixels; ++pixel) {
        const size_t at = begin + pixel * pixelBytes;
        std::memcpy(&array[at], bitOf(words, pixel) ? &fill[plane * pixelBytes] : &source[at],
                    pixelBytes);
      }
      return array;
    };
    std::vector<size_t> parts;
    for (size_t part = 0; random.chance(0.5);) {
      part += static_cast<size_t>(random.between(1, 200));
      if (part < pixels) parts.push_back(part);
    }
    const std::vector<uint8_t> apart = blended(before), inPlace = blended(source);
    forEachTable([&](const cpu::Kernels& kernels) {
      for (const auto reach : {cpu::Reach::kNear, cpu::Reach::kFar, cpu::Reach::kPastCaches}) {
        const auto blendBits = kernels.blendBits(pixelBytes, fills.zero(), reach);
        // In some calls, one after another.
        const auto blend = [&](uint8_t* to, const uint8_t* from) {
          size_t done = 0;
          for (const size_t part : parts) {
            done = blendBits(to, from, words.data(), done, part, false, fills.of(plane));
            CHECK(done <= part || done <= cpu::kSplatBytes);
          }
          CHECK(blendBits(to, from, words.data(), done, pixels, true, fills.of(plane)) == pixels);
        };
        std::vector<uint8_t> target = before;
        blend(target.data() + begin, source.data() + begin);
        CHECK(target == apart);
        target = source;
        blend(target.data() + begin, target.data() + begin);
        CHECK(target == inPlace);
      }
    });
  }
}

void countsAreThoseOfTheBits() {
  Random random(13);
  for (int i = 0; i < 2000; ++i) {
    const auto pixels = static_cast<size_t>(random.between(0, 700));
    const auto words = randomRuns(random, pixels, 1 << random.between(0, 9));
    uint32_t expected = 0;
    for (size_t pixel = 0; pixel < pixels; ++pixel) expected += bitOf(words, pixel);
    forEachTable([&](const cpu::Kernels& kernels) {
      CHECK(kernels.countBits(words.data(), static_cast<uint32_t>(pixels)) == expected);
    });
  }
}

void selectedPixelsAreThoseOfTheBits(size_t pixelBytes) {
  Random random(static_cast<unsigned>(pixelBytes));
  for (int i = 0; i < 400; ++i) {
    const bool many = random.chance(0.05);
    const auto pixels = static_cast<size_t>(random.between(1, random.chance(0.3) ? 70
                                                              : many             ? 5000
                                                                                 : 500));
    const auto planes = static_cast<size_t>(random.between(1, 3));
    const size_t bytes = pixels * pixelBytes;
    const auto words = randomRuns(random, pixels, 1 << random.between(0, many ? 12 : 8));
    // Planes that begin anywhere, with others between them.
    const auto room = [&] { return bytes + static_cast<size_t>(random.between(0, 70)); };
    const size_t stride = room(), otherStride = room();
    const auto array = [&](size_t size) {
      std::vector<uint8_t> made(size + 2 * kGuard);
      for (auto& byte : made) byte = static_cast<uint8_t>(random.word());
      return made;
    };
    const auto shift = [&] { return kGuard / 2 + static_cast<size_t>(random.between(0, 63)); };
    const size_t begin = random.chance(0.5) ? kGuard : shift(), otherBegin = shift();
    const std::vector<uint8_t> own = array(planes * stride), before = array(planes * stride);
    const std::vector<uint8_t> other = array(planes * otherStride);
    std::vector<uint8_t> apart = before, inPlace = own;
    for (size_t plane = 0; plane < planes; ++plane) {
      for (size_t pixel = 0; pixel < pixels; ++pixel) {
        const size_t at = begin + plane * stride + pixel * pixelBytes;
        const size_t from = otherBegin + plane * otherStride + pixel * pixelBytes;
        const uint8_t* const value = bitOf(words, pixel) ? &other[from] : &own[at];
        std::memcpy(&apart[at], value, pixelBytes);
        std::memcpy(&inPlace[at], value, pixelBytes);
      }
    }
    forEachTable([&](const cpu::Kernels& kernels) {
      for (const bool beyondCaches : {false, true}) {
        std::vector<uint8_t> target = before;
        for (size_t plane = 0; plane < planes; ++plane) {
          const size_t at = begin + plane * stride;
          kernels.selectBits(target.data() + at, own.data() + at,
                             other.data() + otherBegin + plane * otherStride, words.data(), pixels,
                             pixelBytes, beyondCaches);
        }
        CHECK(target == apart);
        target = own;
        kernels.replaceBits({target.data() + begin, stride},
                            {other.data() + otherBegin, otherStride}, planes, words.data(), pixels,
                            pixelBytes, beyondCaches);
        CHECK(target == inPlace);
      }
    });
  }
}

}  // namespace

int main() {
  bitsAreThoseOfTheDefinition();
  readersTellOfMasks();
  rowsFollowOneAnother();
  runsAreThoseOfTheBits();
  countsAreThoseOfTheBits();
  for (size_t pixelBytes = 1; pixelBytes <= 16; ++pixelBytes) {
    if (!cpu::hasBitKernel(pixelBytes)) continue;
    blendedPixelsAreThoseOfTheBits(pixelBytes);
    selectedPixelsAreThoseOfTheBits(pixelBytes);
  }
}
