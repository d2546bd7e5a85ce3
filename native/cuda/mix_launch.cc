// SPDX-License-Identifier: MIT

#include <algorithm>

#include "cuda/launch_parts.h"
#include "cuda/mix_in_place_kernel.h"
#include "cuda/mix_pixels_kernel.h"

namespace gridmask::cuda {
namespace {

constexpr uint32_t kMultiprocessors = 132;  // of a large GPU, an H100

uint32_t vectorBytesOf(const MixBatch& batch, uint64_t rowBytes) {
  const uint64_t all = reinterpret_cast<uintptr_t>(batch.source) |
                       reinterpret_cast<uintptr_t>(batch.target) | rowBytes;
  return all % 16 == 0 ? 16 : all % 4 == 0 ? 4 : all % 2 == 0 ? 2 : 1;
}

// The order in which samples take turns: each comes before its partner, and those of a cycle one
// after another.
class Order {
 public:
  // Of the samples in these constants, all of which have others for partners.
  Order(const SampleConstants& constants, const MixBatch& batch)
      : partner_(batch.partner), waiting_(batch.count, kNone), isRead_(batch.count) {
    for (uint32_t entry = 0; entry < constants.count(); ++entry) {
      const uint32_t n = constants.numberAt(entry);
      waiting_[n] = entry;
      isRead_[partnerOf(n)] = true;
    }
    const auto count = static_cast<uint32_t>(batch.count);
    for (uint32_t n = 0; n < count; ++n) {
      if (!isRead_[n]) append(n);
    }
    // Whole cycles remain.
    for (uint32_t n = 0; n < count; ++n) append(n);
  }

  struct Entry {
    uint32_t entry;  // in the constants
    uint32_t partner;
    uint32_t cycleBegin;  // of a whole cycle's last sample: its first one's place in the order;
                          // else its own
  };
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  uint32_t partnerOf(uint32_t n) const { return static_cast<uint32_t>(partner_[n]); }

  void append(uint32_t first) {
    const auto begin = static_cast<uint32_t>(entries_.size());
    uint32_t n = first;
    for (; waiting_[n] != kNone; n = partnerOf(n)) {
      entries_.push_back({waiting_[n], partnerOf(n), static_cast<uint32_t>(entries_.size())});
      waiting_[n] = kNone;
    }
    if (entries_.size() != begin && n == first) entries_.back().cycleBegin = begin;
  }

  const int32_t* const partner_;
  std::vector<uint32_t> waiting_;  // each sample's entry, until it is in the order
  std::vector<bool> isRead_;
  std::vector<Entry> entries_;
};

uint32_t parts(uint32_t whole, uint32_t most) { return (whole + most - 1) / most; }

// As many samples for each thread, and as few threads, as a block needs for blocks of this width
// that have all samples at once, or as many as they can have.
template <class Thread>
void setSamples(Launch& launch, uint32_t entries) {
  KernelParams& params = launch.params;
  const uint32_t mostSlots = Thread::kThreads >> params.tileShift;
  const uint32_t samplesPerThread = std::min(parts(entries, mostSlots), Thread::kSamples);
  params.slots = std::min(mostSlots, parts(entries, samplesPerThread));
  params.threadsPerBlock = launch.blockX = params.slots << params.tileShift;
  params.samplesAtOnce = params.slots * samplesPerThread;
  params.turns = parts(entries, params.samplesAtOnce);
  launch.gridX = parts(params.threadsPerSample, 1u << params.tileShift);
}

// Divides the planes among groups of blocks, as many that a grid has no more than `mostBlocks`.
void setPlanes(Launch& launch, uint32_t mostBlocks) {
  KernelParams& params = launch.params;
  const uint32_t groups = std::max(1u, mostBlocks / launch.gridX);
  params.planesPerBlock = parts(params.planes, std::min(groups, params.planes));
  launch.gridY = parts(params.planes, params.planesPerBlock);
}

// A block has as many adjacent vectors as possible, up to a warp's, such that all samples fit at
// once; but at least `least`. Logarithms.
template <class Thread>
uint32_t widthFor(uint32_t entries, uint32_t least) {
  uint32_t shift = 5;
  while (shift > least && (Thread::kThreads >> shift) * Thread::kSamples < entries) --shift;
  return shift;
}

// Each of these is false if there are too many vectors.
//
// At least 64 bytes or a warp. If that makes too few blocks, fewer vectors, down to a sector, and
// fewer planes.
template <bool whole>
bool setBytes(Launch& launch, uint64_t positions, uint32_t entries) {
  constexpr uint32_t kFewBlocks = 64;
  KernelParams& params = launch.params;
  using Thread = MixBytes<whole>;
  const uint32_t sector = params.vectorBytes == 16 ? 1 : params.vectorBytes == 4 ? 3 : 5;
  uint32_t& shift = params.tileShift;
  shift = widthFor<Thread>(entries, std::min(sector + 1, 5u));
  while (shift > sector && positions >> shift < kFewBlocks) --shift;
  if (!setGrid(launch, positions, 1)) return false;
  setSamples<Thread>(launch, entries);
  setPlanes(launch, kMultiprocessors);
  return true;
}

// Blocks become narrower until there are two for each multiprocessor, but not narrower than a cache
// line, or until there is about one, but not narrower than a sector. Only if even these are fewer
// do they divide the planes, since each decides for itself. A thread that has few samples reads
// several planes at the same time.
template <class Thread>
bool setPixels(Launch& launch, uint64_t positions, uint32_t entries) {
  constexpr uint32_t kBlocks = 2 * kMultiprocessors, kFewBlocks = 128;
  constexpr uint32_t kLine = 3, kSector = 1;
  KernelParams& params = launch.params;
  uint32_t& shift = params.tileShift;
  shift = widthFor<Thread>(entries, kSector);
  while (shift > kLine && positions >> shift < kBlocks) --shift;
  while (shift > kSector && positions >> shift < kFewBlocks) --shift;
  if (!setGrid(launch, positions, 1)) return false;
  setSamples<Thread>(launch, entries);
  setPlanes(launch, launch.gridX < kFewBlocks ? Thread::kMinBlocks * kMultiprocessors : 1);
  // No group may have a part of so many planes.
  const uint32_t last = params.planes % params.planesPerBlock;
  params.planesAtOnce = Thread::kSamples * params.slots / params.samplesAtOnce;
  while (params.planesPerBlock % params.planesAtOnce != 0 || last % params.planesAtOnce != 0) {
    --params.planesAtOnce;
  }
  return true;
}

// Whether there is a kernel for pixels of this size. False, too, if there are too many vectors.
bool setPixelsOf(Launch& launch, uint64_t positions, uint32_t entries) {
  const uint32_t bytes = launch.params.valuesPerPixel;
#define GRIDMASK_SET(name, valueBytes, valuesPerPixel)                                             \
  if (bytes == (valueBytes) * (valuesPerPixel)) {                                                  \
    launch.kernel = Kernel::name;                                                                  \
    return setPixels<MixPixels<MixShape<valueBytes, valuesPerPixel>>>(launch, positions, entries); \
  }
  GRIDMASK_MIX_PIXELS_KERNELS(GRIDMASK_SET)
#undef GRIDMASK_SET
  return false;
}

bool setInPlace(Launch& launch, uint64_t positions, const SampleConstants& constants,
                uint64_t batchBytes) {
  const auto entries = static_cast<uint32_t>(constants.count());
  if (launch.params.vectorBytes != kVectorBytes) {
    launch.kernel = Kernel::gridmask_mix_narrow_in_place;
    return setBytes<false>(launch, positions, entries);
  }
  if (batchBytes - 1 <= UINT32_MAX && entries <= kMostMixSamples &&
      !constants.anyIs(KernelSample::kRandom | KernelSample::kFine) &&
      setPixelsOf(launch, positions, entries)) {
    return true;
  }
  launch.kernel = Kernel::gridmask_mix_bytes_in_place;
  return setBytes<true>(launch, positions, entries);
}

// Puts the constants of samples that take turns in order. Says whose pixels each takes, and what is
// kept for later turns; who takes that reads his own pixels instead.
void takeTurns(const MixBatch& batch, const KernelParams& params, SampleConstants& constants,
               std::vector<uint32_t>& partners, std::vector<MixTurn>& turns) {
  const Order order(constants, batch);
  std::vector<uint32_t> entries;
  turns.assign(params.turns, {0, MixTurn::kNobody, MixTurn::kNobody, 0});
  uint32_t place = 0;
  for (const auto& [entry, partner, cycleBegin] : order.entries()) {
    const uint32_t writtenAt = cycleBegin / params.samplesAtOnce;
    const uint32_t turn = place / params.samplesAtOnce;
    const bool isLate = writtenAt != turn;
    if (isLate) {
      const uint32_t inTurn = place % params.samplesAtOnce;
      turns[writtenAt].kept = partner;
      turns[writtenAt].keeper = turns[turn].taker = inTurn % params.slots;
      turns[turn].takes = inTurn / params.slots;
    }
    partners.push_back(isLate ? constants.numberAt(entry) : partner);
    entries.push_back(entry);
    ++place;
  }
  constants.reorder(entries);
}

}  // namespace

Prepared prepareMix(const MixBatch& batch, Launch& launch) {
  if (batch.isEmpty()) return Prepared::kNothing;
  const BatchLayout layout{batch.count, batch.planes,     batch.height,
                           batch.width, batch.pixelBytes, 1};
  begin(launch, layout, batch.source, batch.target);
  if (isTooLarge(layout)) return Prepared::kUnsupported;
  KernelParams& params = launch.params;
  params.vectorBytes = vectorBytesOf(batch, params.rowBytes);
  params.valuesPerPixel = static_cast<uint32_t>(batch.pixelBytes);
  params.pixelReciprocal = reciprocalOf(params.valuesPerPixel);
  params.vectorsPerRow = static_cast<uint32_t>(params.rowBytes / params.vectorBytes);
  params.rowReciprocal = reciprocalOf(params.vectorsPerRow);
  const uint64_t vectors = uint64_t{params.height} * params.vectorsPerRow;

  SampleConstants constants(layout, batch.height, 0, launch);
  constants.addAll(batch.samples, 0, batch.inPlace(), batch.partner);
  const auto entries = static_cast<uint32_t>(constants.count());
  if (entries == 0) return Prepared::kNothing;
  if (batch.inPlace()) {
    if (!setInPlace(launch, vectors, constants, layout.bytes())) return Prepared::kUnsupported;
  } else {
    const bool whole = params.vectorBytes == kVectorBytes;
    launch.kernel = whole ? Kernel::gridmask_mix_new : Kernel::gridmask_mix_narrow_new;
    if (!setGrid(launch, vectors, entries)) return Prepared::kUnsupported;
  }
  std::vector<uint32_t> partners;
  partners.reserve(entries);
  std::vector<MixTurn> turns;
  if (params.turns > 1) {
    takeTurns(batch, params, constants, partners, turns);
  } else {
    for (uint32_t entry = 0; entry < entries; ++entry) {
      partners.push_back(static_cast<uint32_t>(batch.partner[constants.numberAt(entry)]));
    }
  }
  constants.end();
  params.partnersAt = addConstants(launch, partners.data(), partners.size() * sizeof(uint32_t));
  if (params.turns > 1) {
    params.turnsAt = addConstants(launch, turns.data(), turns.size() * sizeof(MixTurn));
  }
  end(launch);
  return Prepared::kReady;
}

}  // namespace gridmask::cuda
