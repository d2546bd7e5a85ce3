// SPDX-License-Identifier: MIT
//
// Makes rows of the result out of images of bytes, in blocks of pixels. A plane's rows lie one
// behind the other, so the rows of a tile are one run of pixels, whatever their width: blocks cross
// the ends of rows. Images are brought to that form where they are not in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cpu/convert.h"
#include "cpu/mask_bits.h"
#include "cpu/scratch.h"
#include "cpu/tiling.h"
#include "lattice/preprocess.h"

namespace gridmask::cpu {

class BandMaker {
 public:
  // `converter` may be null. `streams`: past the caches, where that can be.
  BandMaker(const PreprocessBatch& batch, const Converter* converter, bool streams);

  // Whether it can make an image: all of a batch's need not be alike.
  bool makes(const SourceImage& image) const;

  // What a thread works with.
  class Memory {
   public:
    Memory(const BandMaker& bands, Carver& carver);

   private:
    friend class BandMaker;

    uint8_t* const staged_;  // pixels of an image, with what is read around them
    uint8_t* const made_;    // what is not a whole block, or line, of the result
    uint64_t* const bits_;   // of a band and of the pixels before it
    size_t* const done_;     // pixels of a tile that a plane has
    MaskBits mask_;
  };

  // `mask` is null where nothing is dropped.
  void makeTile(const Tile& tile, const MaskReader* mask, Memory& memory) const;

  // Follows the last tile that a thread has made, before another one looks at it.
  void finish() const;

 private:
  // Planes of the result that are made together, of one plane of the image.
  struct Group {
    PickedBlock block;
    size_t plane;
    size_t planes;
    size_t sourcePlane;
  };
  struct Kind {
    std::vector<Picking> pickings;
    std::vector<Group> groups;
  };

  // Some rows of a tile, as pixels of its run.
  struct Band {
    const Tile& tile;
    size_t begin;
    size_t end;
    bool isLast;
    const uint64_t* bits;  // of the pixels from `begin` - kWordBits on, or null
  };
  // Where a band's pixels are read.
  struct Source;

  size_t kindOf(const SourceImage& image) const;
  Kind pick(const SourceImage& image) const;
  size_t sourcePixelBytes(const SourceImage& image) const;
  const uint8_t* planeOf(const SourceImage& image, size_t plane) const;
  size_t pixelsUntilLine(const uint8_t* target) const;
  void makeBand(const Band& band, Memory& memory) const;
  void makeGroup(const Band& band, const Group& group, const Source& source, size_t& done,
                 Memory& memory) const;
  void makePart(const Band& band, const Group& group, const Source& source, uint8_t* target,
                size_t first, size_t count, Memory& memory) const;
  const uint8_t* endOfReadable(size_t sample) const;
  Source sourceOf(const Band& band, size_t plane, size_t first, Memory& memory) const;
  void stage(const Band& band, size_t plane, size_t first, uint8_t* staged) const;

  const PreprocessBatch& batch_;
  const Converter* const converter_;
  const size_t width_;
  const bool aligns_;  // vectors lie at multiples of their size
  const bool streams_;
  const size_t step_;      // pixels that are made at a time: a block, or what fills whole lines
  size_t mostGroups_ = 0;  // of a kind
  Kind kinds_[2 * kMostPicked];
};

}  // namespace gridmask::cpu
