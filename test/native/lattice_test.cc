// SPDX-License-Identifier: MIT
//
// The fast ways to say which pixels are dropped, against the definition, keepsPixel().

#include <algorithm>
#include <vector>

#include "check.h"
#include "lattice/phase32.h"
#include "lattice/philox.h"
#include "lattice/rectangles.h"
#include "lattice/runs.h"
#include "samples.h"

using namespace gridmask;

// Random123's published known answers for philox4x32, ten rounds.
static void philoxGivesTheKnownAnswers() {
  const auto check = [](Philox4 counter, uint32_t key0, uint32_t key1, Philox4 expected) {
    const Philox4 actual = philox4x32(counter, key0, key1);
    CHECK(std::equal(actual.word, actual.word + 4, expected.word));
  };
  check({{0, 0, 0, 0}}, 0, 0, {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}});
  check({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u, {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}});
  check({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0,
        {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}});
}

static void rightAnglesAreExact() {
  const double cosines[] = {1, 0, -1, 0};
  const double sines[] = {0, -1, 0, 1};
  for (int quarter = -8; quarter <= 8; ++quarter) {
    const Rotation rotation = rotationOf(90.0 * quarter);
    CHECK(rotation.cos == cosines[quarter & 3]);
    CHECK(rotation.sin == sines[quarter & 3]);
  }
}

static void rotationsAgreeWithTheCLibrary() {
  Random random(1);
  for (int i = 0; i < 100000; ++i) {
    const double angle = random.uniform() * 360;
    const Rotation rotation = rotationOf(angle);
    const double radians = -angle * 3.141592653589793 / 180;
    CHECK(std::fabs(rotation.cos - std::cos(radians)) < 1e-15);
    CHECK(std::fabs(rotation.sin - std::sin(radians)) < 1e-15);
    CHECK(rotationOf(angle - 360).cos == rotationOf(std::fmod(angle - 360, 360) + 360).cos);
  }
}

static void runsAreTheDroppedPixels() {
  Random random(2);
  for (int i = 0; i < 4000; ++i) {
    const bool large = i % 100 == 0;
    const int height = random.between(1, large ? 300 : 60);
    const int width = random.between(1, large ? 700 : 60);
    const Lattice lattice = latticeOf(randomSample(random), height, width);
    const int x0 = random.between(0, width - 1), x1 = random.between(x0 + 1, width);
    const int y0 = random.between(0, height - 1), y1 = random.between(y0 + 1, height);
    const auto across = static_cast<uint32_t>(x1 - x0);

    RunScanner scanner(lattice, x0, y0, across);
    std::vector<Run> runs(RunScanner::maxRunsInRow(across) * static_cast<size_t>(y1 - y0));
    Run* end = runs.data();
    uint32_t first = 0;
    for (int y = y0; y < y1; ++y, first += across) {
      end = scanner.appendRow(runs.data(), end, first);
    }

    std::vector<bool> kept(first, true);
    uint32_t previous = 0;
    for (const Run* run = runs.data(); run != end; ++run) {
      CHECK(run->begin < run->end);
      CHECK(run == runs.data() || previous < run->begin);  // in order, and joined where they touch
      previous = run->end;
      std::fill(kept.begin() + run->begin, kept.begin() + run->end, false);
    }
    uint64_t count = 0;
    for (int y = y0; y < y1; ++y) {
      for (int x = x0; x < x1; ++x) {
        const auto pixel = static_cast<size_t>(y - y0) * across + static_cast<size_t>(x - x0);
        CHECK(kept[pixel] == keepsPixel(lattice, x, y));
        count += kept[pixel];
      }
    }
    RunScanner again(lattice, x0, y0, across);
    std::vector<Run> row(RunScanner::maxRunsInRow(across));
    CHECK(countRows(again, across, y1 - y0, row.data()) == count);
  }
}

static void rectanglesAreDroppedAsTheyLie() {
  Random random(6);
  for (int i = 0; i < 3000; ++i) {
    const int side = random.chance(0.1) ? 300 : 30;
    std::vector<Rectangle> rectangles(static_cast<size_t>(random.between(0, 12)));
    for (auto& [x0, y0, x1, y1] : rectangles) {
      const auto edges = [&](uint32_t& low, uint32_t& high) {
        low = static_cast<uint32_t>(random.between(0, side + 5));
        high = low + static_cast<uint32_t>(random.between(0, random.chance(0.5) ? 6 : side));
      };
      edges(x0, x1);
      edges(y0, y1);
    }
    std::sort(rectangles.begin(), rectangles.end(),
              [](const Rectangle& a, const Rectangle& b) { return a.y0 < b.y0; });
    const RectangleSample sample{rectangles.data(), rectangles.data() + rectangles.size(), {}};
    const int left = random.between(0, side - 1), top = random.between(0, side - 1);
    const int right = random.between(left + 1, side), bottom = random.between(top + 1, side);
    const auto width = static_cast<uint32_t>(right - left);

    std::vector<RectangleScanner::Active> active(rectangles.size());
    RectangleScanner scanner(sample, left, top, width, active.data());
    std::vector<Run> runs(RunScanner::maxRunsInRow(width) * static_cast<size_t>(bottom - top));
    Run* end = runs.data();
    uint32_t pixels = 0;
    for (int y = top; y < bottom; ++y, pixels += width) {
      end = scanner.appendRow(runs.data(), end, pixels);
    }
    std::vector<bool> dropped(pixels, false);
    for (const Run* run = runs.data(); run != end; ++run) {
      CHECK(run->begin < run->end);
      CHECK(run == runs.data() || run[-1].end < run->begin);
      std::fill(dropped.begin() + run->begin, dropped.begin() + run->end, true);
    }
    uint64_t kept = 0;
    for (uint32_t pixel = 0; pixel < pixels; ++pixel) {
      const auto x = static_cast<uint32_t>(left) + pixel % width;
      const auto y = static_cast<uint32_t>(top) + pixel / width;
      const bool covered =
          std::any_of(rectangles.begin(), rectangles.end(), [&](const Rectangle& rectangle) {
            return rectangle.x0 <= x && x < rectangle.x1 && rectangle.y0 <= y && y < rectangle.y1;
          });
      CHECK(dropped[pixel] == covered);
      kept += !covered;
    }
    RectangleScanner again(sample, left, top, width, active.data());
    CHECK(countRows(again, width, bottom - top, runs.data()) == kept);
  }
}

static void phasesOf32BitsDecideAsExactArithmetic() {
  Random random(3);
  int tried = 0;
  for (int i = 0; i < 6000; ++i) {
    // Blocks as large as exactness allows, where the rounding comes nearest to an edge.
    PackedSample sample = randomSample(random);
    sample.flags |= PackedSample::kMasked;
    sample.unitProbability = 1;
    const int most = 65535 / sample.d - 3;
    if (most < 1 || sample.l == sample.d) continue;
    const int width = std::min(most, kMaxSide);
    const int height = std::min(random.between(1, 4), most - width + 1);
    const Lattice lattice = latticeOf(sample, std::max(height, 1), width);
    const auto columns = static_cast<uint32_t>(width);
    const auto rows = static_cast<uint32_t>(height);
    if (!phase32IsExact(static_cast<uint32_t>(sample.d), columns, rows)) continue;
    ++tried;
    const Phases phases = phasesFrom(sample, canvasOf(std::max(height, 1), width));
    const Phase32 x = phases.x(0), y = phases.y(0);
    const uint32_t gap = phases.gap;
    for (uint32_t row = 0; row < rows; ++row) {
      for (uint32_t column = 0; column < columns; ++column) {
        const bool square = x.start + row * x.stepY + column * x.stepX < gap &&
                            y.start + row * y.stepY + column * y.stepX < gap;
        CHECK((square == lattice.reverse) ==
              keepsPixel(lattice, static_cast<int32_t>(column), static_cast<int32_t>(row)));
      }
    }
  }
  CHECK(tried > 1000);
}

int main() {
  philoxGivesTheKnownAnswers();
  rightAnglesAreExact();
  rotationsAgreeWithTheCLibrary();
  runsAreTheDroppedPixels();
  rectanglesAreDroppedAsTheyLie();
  phasesOf32BitsDecideAsExactArithmetic();
}
