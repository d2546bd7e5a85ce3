// SPDX-License-Identifier: MIT
//
// Makes rows of the result from images of bytes, in blocks of pixels. The rows of a plane are
// contiguous, so a tile is one run of pixels whatever its width, and blocks cross the ends of rows.
// Where the image's own pixels are not contiguous, they are staged first.
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
  // `converter` may be null. `streams`: to write past the caches where possible.
  BandMaker(const PreprocessBatch& batch, const Converter* converter, bool streams);

  // Whether it can make this image; the images of a batch may differ.
  bool makes(const SourceImage& image) const;

  // What a thread works with.
  class Memory {
   public:
    Memory(const BandMaker& bands, Carver& carver);

   private:
    friend class BandMaker;

    uint8_t* const staged_;  // pixels of an image, with room for what is read around them
    uint8_t* const made_;    // results that are less than a block or a line
    uint64_t* const bits_;   // of a band and the pixels before it
    size_t* const done_;     // pixels of the tile that each group has made
    MaskBits mask_;
  };

  // `mask` is null where nothing is dropped.
  void makeTile(const Tile& tile, const MaskReader* mask, Memory& memory) const;

  // To be called after a thread's last tile, before other threads read the result.
  void finish() const;

 private:
  // Planes of the result that are made together from one plane of the image.
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

  // Some rows of a tile, as a range of its pixels.
  struct Band {
    const Tile& tile;
    size_t begin;
    size_t end;
    bool isLast;
    const uint64_t* bits;  // from the pixel `begin` - kWordBits on, or null
  };
  // Where a band's pixels are read from.
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
  const bool aligns_;  // vectors start at multiples of their size
  const bool streams_;
  const size_t step_;      // pixels made at a time: a block, or what fills whole lines
  size_t mostGroups_ = 0;  // of any kind
  Kind kinds_[2 * kMostPicked];
};

}  // namespace gridmask::cpu
