// SPDX-License-Identifier: MIT
//
// GridMix in place (cuda/mix_in_place_kernel.h) for pixels whose size is known when it is compiled,
// in whole vectors.
#pragma once

#include <cstdint>

#include "cuda/mix_in_place_kernel.h"

namespace gridmask::cuda {

constexpr uint32_t kMostMixSamples = 256;

// A sample, in the memory that a block's threads share.
struct alignas(16) MixSample {
  uint64_t originX, acrossX, downX;
  uint64_t originY, acrossY;
  uint32_t own;    // where it begins, from the batch's first byte
  uint32_t other;  // and its partner
  uint32_t stepX;
  uint32_t stepY;
  uint32_t gap;
  uint32_t reversed;  // all bits if it is, else none

  GRIDMASK_HD uint64_t downY() const { return acrossX; }  // of a rotation

  // With steps that have been rounded before.
  GRIDMASK_HD Phases<uint32_t> coarsePhasesAt(uint32_t column, uint32_t row) const {
    const Phases<uint64_t> phases =
        phasesAt(*this, static_cast<int32_t>(column), static_cast<int32_t>(row));
    return {coarse(phases.x), coarse(phases.y), stepX, stepY, gap};
  }
};

// The same number. A compiler cannot see that, and so does not keep all that follows from it in
// registers from one plane to the next.
GRIDMASK_HD inline uint32_t again(uint32_t number) {
#ifdef __CUDA_ARCH__
  asm volatile("" : "+r"(number));
#endif
  return number;
}
GRIDMASK_HD inline const uint8_t* again(const uint8_t* address) {
#ifdef __CUDA_ARCH__
  asm volatile("" : "+l"(address));
#endif
  return address;
}

// A pixel is one value of 1, 2 or 4 bytes, or three of 1 or 4. Measured on an H200.
template <int valueBytes_, int valuesPerPixel_>
struct MixShape {
  static constexpr int valueBytes = valueBytes_;
  static constexpr int valuesPerPixel = valuesPerPixel_;
  static constexpr bool isWord = valueBytes == 4 && valuesPerPixel == 1;
  // Whether sectors of 32 bytes are written whole, by a thread that also reads what its own samples
  // keep there. It alone writes these vectors. Else values are written one by one.
  static constexpr bool blends = !isWord;
  // Whether later planes are prefetched.
  static constexpr bool prefetches = valueBytes < 4 || isWord;
  // Whether a thread's vectors are decided next to each other, not one after another.
  static constexpr bool unrolls = isWord;
};

// Samples are neither random nor fine, at most kMostMixSamples, in batches of at most 4 GiB. A
// thread has up to `kSamples` vectors, each of another sample or, if it has few samples, of another
// plane that is read at the same time. All are decided without branches, and the bits of all
// packed.
template <class Shape>
class MixPixels : public MixThread<true> {
 public:
  static constexpr bool kBlends = Shape::blends;
  static constexpr bool kPrefetches = Shape::prefetches;
  static constexpr uint32_t kSamples = Shape::valueBytes < 4 ? 4 : 8;
  static constexpr uint32_t kThreads = 256;
  static constexpr uint32_t kMinBlocks = 3;
  static constexpr bool kPrepares = true;
  static constexpr bool kTakesTurns = false;
  using Shared = MixSample[kMostMixSamples];

 private:
  static constexpr uint32_t kPerPixel = Shape::valuesPerPixel;
  static constexpr uint32_t kValues = kValuesOf<Shape::valueBytes>;
  static constexpr uint32_t kAll = kAllOf<Shape::valueBytes>;
  // As in MaskTile.
  static constexpr bool kStraddles = kPerPixel == 3;
  static constexpr uint32_t kPixels =
      (kValues + (kStraddles ? kPerPixel - 1 : 0) + kPerPixel - 1) / kPerPixel;
  static constexpr bool kBlendsWords = kBlends && Shape::valueBytes == 4;
  static constexpr bool kBlendsVectors = kBlends && !kBlendsWords;

 public:
  // Of the partners; and behind these, of the own ones if whole vectors are blended.
  static constexpr uint32_t kVectors = kSamples * (kBlendsVectors ? 2 : 1);

  GRIDMASK_HD MixPixels(const KernelParams& params, uint32_t blockX, uint32_t threadX)
      : MixThread(params, blockX, threadX) {}

  // Every thread needs the constants of some samples, and the block those of all.
  GRIDMASK_HD static void prepare(const KernelParams& params, uint32_t threadX, Shared& shared) {
    GRIDMASK_NO_UNROLL
    for (uint32_t entry = threadX; entry < params.entries; entry += params.threadsPerBlock) {
      const KernelSample sample = sampleAt(params, entry);
      shared[entry] = {sample.originX,
                       sample.acrossX,
                       sample.downX,
                       sample.originY,
                       sample.acrossY,
                       sample.number() * static_cast<uint32_t>(params.sampleBytes),
                       partnerOf(params, entry) * static_cast<uint32_t>(params.sampleBytes),
                       coarseStep(sample.acrossX),
                       coarseStep(sample.acrossY),
                       sample.gap,
                       sample.is(KernelSample::kReverse) ? 0xFFFFFFFFu : 0};
    }
  }

  GRIDMASK_HD void decide(const KernelParams& params, uint32_t, const Shared& shared) {
    const uint32_t row = quotient(vector_, params.rowReciprocal);
    const uint32_t value = (vector_ - row * params.vectorsPerRow) * kValues;
    const uint32_t pixel = value / kPerPixel;
    const uint32_t lead = value % kPerPixel;  // its values that lie before the vector
    uint32_t entry = slot_;
    uint32_t plane = 0;
    uint32_t bits = 0;
    const auto decideNext = [&] {
      if (entry >= params.entries) {
        bits = 0;
      } else if (plane == 0) {
        bits = droppedOf(shared[entry], pixel, row, lead);
      }
      append(bits);
      next(params, entry, plane);
    };
    if (Shape::unrolls) {
      GRIDMASK_UNROLL
      for (uint32_t k = 0; k < kSamples; ++k) decideNext();
    } else {
      GRIDMASK_NO_UNROLL
      for (uint32_t k = 0; k < kSamples; ++k) decideNext();
    }
    findState();
    // Only now: next to the others, they would take more registers.
    entry = slot_;
    plane = 0;
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kSamples; ++k) {
      if (entry >= params.entries) break;
      const uint32_t at = vector_ * kVectorBytes + plane * static_cast<uint32_t>(params.planeBytes);
      own_[k] = shared[entry].own + at;
      other_[k] = shared[entry].other + at;
      next(params, entry, plane);
    }
  }

  // Bit 4·k: whether vector k drops something.
  GRIDMASK_HD uint32_t any() const { return any_; }

  // `neighbours`: the same of the lane beside, lane XOR 1.
  GRIDMASK_HD void join(uint32_t neighbours) {
    const uint32_t part = any_ & kept_;
    if (!kBlends) {
      state_ = any_ * kRead | (any_ & ~kept_) * kWritten | part * kInPart;
      return;
    }
    const uint32_t sectors = inside_ ? any_ | neighbours : 0;
    if (kBlendsVectors) {
      state_ = any_ * kRead | sectors * kWritten | (sectors & kept_) * kInPart;
      return;
    }
    state_ = sectors * (kRead | kWritten);
    // A warp reads either by words or by vectors. Otherwise it would wait for the one before it
    // goes on to the other.
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kSamples; ++k) {
      if (inSomeLane((part >> (4 * k) & 1) != 0)) state_ |= kInPart << (4 * k);
      if ((any_ >> (4 * k) & 1) == 0) other_[k] = own_[k];
    }
  }

  GRIDMASK_HD void read(const KernelParams&, uint32_t, const uint8_t* plane,
                        Vector (&vectors)[kVectors]) const {
    const uint32_t bits = kBlendsWords ? again(dropped_[0]) : 0;
    const uint32_t state = again(state_);
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kSamples; ++k) {
      if (kBlendsWords && is(state, k, kInPart)) {
        GRIDMASK_UNROLL
        for (uint32_t w = 0; w < 4; ++w) {
          if (!is(state, k, kRead)) continue;
          const bool drops = (bits >> (4 * k + w) & 1) != 0;
          vectors[k].word[w] = load<uint32_t>(plane + (drops ? other_[k] : own_[k]) + 4 * w);
        }
      } else if (is(state, k, kRead)) {
        vectors[k] = load<Vector>(plane + other_[k]);
      }
      if (kBlendsVectors && is(state, k, kInPart)) {
        vectors[kVectors - kSamples + k] = load<Vector>(plane + own_[k]);
      }
    }
  }

  GRIDMASK_HD void prefetchFrom(const uint8_t* plane) const {
    plane = again(plane);
    const uint32_t state = again(state_);
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kSamples; ++k) {
      if (is(state, k, kRead)) prefetch(plane + other_[k]);
      if (kBlends && is(state, k, kInPart)) prefetch(plane + own_[k]);
    }
  }

  GRIDMASK_HD void write(const KernelParams&, uint8_t* plane,
                         const Vector (&vectors)[kVectors]) const {
    const uint32_t state = again(state_);
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kSamples; ++k) {
      uint8_t* const to = plane + own_[k];
      if (kBlendsVectors) {
        if (!is(state, k, kWritten)) continue;
        const Vector& kept = vectors[kVectors - kSamples + k];
        store<Vector>(to, blend<Shape::valueBytes>(kept, vectors[k], dropped(k)));
        continue;
      }
      if (is(state, k, kWritten)) store<Vector>(to, vectors[k]);
      if (!kBlends && is(state, k, kInPart)) storeWords(to, vectors[k], dropped(k));
    }
  }

 private:
  static constexpr uint32_t kPerWord = 32 / kValues;
  static constexpr uint32_t kWords = kSamples / kPerWord;
  // Of each vector's four bits in `state_`: whether the partner's is read; whether it is written
  // whole; and the third, if not `kBlends`: whether only a part of it is dropped; if words are
  // blended: of that of a lane of the warp; if vectors: whether the own one is read.
  static constexpr uint32_t kRead = 1;
  static constexpr uint32_t kWritten = 2;
  static constexpr uint32_t kInPart = 4;

  // The entry and the plane of the thread's next vector.
  GRIDMASK_HD static void next(const KernelParams& params, uint32_t& entry, uint32_t& plane) {
    if (++plane < params.planesAtOnce) return;
    plane = 0;
    entry += params.slots;
  }

  // As the last of the bits, which move on: so none is addressed by index.
  GRIDMASK_HD void append(uint32_t bits) {
    GRIDMASK_UNROLL
    for (uint32_t w = 0; w < kWords; ++w) {
      const uint32_t next = w + 1 < kWords ? dropped_[w + 1] : bits;
      dropped_[w] = dropped_[w] >> kValues | next << (32 - kValues);
    }
  }

  GRIDMASK_HD uint32_t droppedOf(const MixSample& sample, uint32_t pixel, uint32_t row,
                                 uint32_t lead) const {
    constexpr uint32_t kPixel = (1u << kPerPixel) - 1;
    Phases<uint32_t> phases = sample.coarsePhasesAt(pixel, row);
    uint32_t bits = 0;
    GRIDMASK_UNROLL
    for (uint32_t p = 0; p < kPixels; ++p, phases.next()) {
      if (phases.inSquare()) bits |= kPixel << (p * kPerPixel);
    }
    bits ^= sample.reversed;
    if (kStraddles) bits >>= lead;
    return bits & (inside_ ? kAll : 0);
  }

  // Which vectors drop something, and which keep something, in each four bits the lowest.
  GRIDMASK_HD void findState() {
    if (kValues == 4) {
      any_ = anyOf(dropped_[0]);
      kept_ = anyOf(~dropped_[0]);
      return;
    }
    any_ = kept_ = 0;
    GRIDMASK_UNROLL
    for (uint32_t k = 0; k < kSamples; ++k) {
      if (dropped(k) != 0) any_ |= 1u << (4 * k);
      if (dropped(k) != kAll) kept_ |= 1u << (4 * k);
    }
  }

  // Of each four bits the lowest: whether one of them is set.
  GRIDMASK_HD static uint32_t anyOf(uint32_t bits) {
    bits |= bits >> 1;
    return (bits | bits >> 2) & 0x11111111u;
  }

  // On the host a warp has one lane.
  GRIDMASK_HD static bool inSomeLane(bool condition) {
#ifdef __CUDA_ARCH__
    return __any_sync(0xFFFFFFFFu, condition) != 0;
#else
    return condition;
#endif
  }

  GRIDMASK_HD static void storeWords(uint8_t* to, const Vector& vector, uint32_t bits) {
    static_assert(kBlends || Shape::valueBytes == 4, "");
    GRIDMASK_UNROLL
    for (uint32_t w = 0; w < 4; ++w) {
      if ((bits >> w & 1) != 0) store<uint32_t>(to + 4 * w, vector.word[w]);
    }
  }

  GRIDMASK_HD static bool is(uint32_t state, uint32_t k, uint32_t flag) {
    return (state & flag << (4 * k)) != 0;
  }
  GRIDMASK_HD uint32_t dropped(uint32_t k) const {
    return dropped_[k / kPerWord] >> (k % kPerWord * kValues) & kAll;
  }

  uint32_t dropped_[kWords] = {};  // bits for the values of one vector after another
  uint32_t any_;
  uint32_t kept_;
  uint32_t state_;
  // Of each vector: where it lies, and the partner's, from the batch's first byte.
  uint32_t own_[kSamples];
  uint32_t other_[kSamples];
};

}  // namespace gridmask::cuda
