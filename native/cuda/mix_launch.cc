// SPDX-License-Identifier: MIT

#include <algorithm>

#include "cuda/launch_parts.h"
#include "cuda/mix_kernel.h"

namespace gridmask::cuda {
namespace {

// The least number of blocks for a GPU.
constexpr uint32_t kFewBlocks = 64;

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

// How many vectors of how many samples a block has. As many adjacent vectors as possible, up to a
// warp's, such that all samples fit at once; but at least 64 bytes or a warp. If that makes too few
// blocks, fewer vectors, down to a sector. False if there are too many vectors.
bool setBlocks(Launch& launch, uint64_t positions, uint32_t entries, uint32_t mostSamples) {
  KernelParams& params = launch.params;
  const uint32_t sector = params.vectorBytes == 16 ? 1 : params.vectorBytes == 4 ? 3 : 5;
  const uint32_t least = std::min(sector + 1, 5u);
  params.tileShift = 5;
  while (params.tileShift > least && (kMaxMixThreads >> params.tileShift) * mostSamples < entries) {
    --params.tileShift;
  }
  while (params.tileShift > sector && positions >> params.tileShift < kFewBlocks) {
    --params.tileShift;
  }
  if (!setGrid(launch, positions, 1)) return false;
  params.slots = std::min(kMaxMixThreads >> params.tileShift, entries);
  params.threadsPerBlock = launch.blockX = params.slots << params.tileShift;
  params.samplesPerThread = std::min((entries + params.slots - 1) / params.slots, mostSamples);
  params.samplesAtOnce = params.slots * params.samplesPerThread;
  params.turns = (entries + params.samplesAtOnce - 1) / params.samplesAtOnce;
  const uint32_t width = 1u << params.tileShift;
  launch.gridX = (params.threadsPerSample + width - 1) / width;
  // Whole groups of planes, no more than the grid may have.
  const uint32_t groups = (params.planes + kMixPlanes - 1) / kMixPlanes;
  const uint32_t atLeast = (groups + UINT16_MAX - 1) / UINT16_MAX;
  params.planesPerBlock = kMixPlanes * (launch.gridX < kFewBlocks ? atLeast : groups);
  launch.gridY = (params.planes + params.planesPerBlock - 1) / params.planesPerBlock;
  return true;
}

// A kernel that has all samples at once, if there is one; the kernel for several planes does not
// support turns.
bool setInPlace(Launch& launch, uint64_t positions, uint32_t entries) {
  const bool whole = launch.params.vectorBytes == kVectorBytes;
  using Several = MixShape<true, true>;
  using One = MixShape<true, false>;
  if (whole && launch.params.planes > 1) {
    launch.kernel = Kernel::gridmask_mix_planes_in_place;
    if (!setBlocks(launch, positions, entries, Several::samples)) return false;
    if (launch.params.turns == 1) return true;
  }
  launch.kernel = whole ? Kernel::gridmask_mix_in_place : Kernel::gridmask_mix_narrow_in_place;
  return setBlocks(launch, positions, entries, One::samples);
}

// Puts the constants of samples that take turns in order. Says where the pixels of each come from,
// and which samples are kept for later turns.
void takeTurns(const MixBatch& batch, const KernelParams& params, SampleConstants& constants,
               std::vector<MixPartner>& partners, std::vector<MixKept>& kept) {
  const Order order(constants, batch);
  std::vector<uint32_t> entries;
  kept.assign(params.turns, {0, MixKept::kNobody});
  uint32_t place = 0;
  for (const auto& [entry, partner, cycleBegin] : order.entries()) {
    const uint32_t writtenAt = cycleBegin / params.samplesAtOnce;
    const bool isLate = writtenAt != place / params.samplesAtOnce;
    if (isLate) kept[writtenAt] = {partner, place % params.samplesAtOnce % params.slots};
    partners.push_back({partner | (isLate ? MixPartner::kWasKept : 0)});
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
    if (!setInPlace(launch, vectors, entries)) return Prepared::kUnsupported;
  } else {
    const bool whole = params.vectorBytes == kVectorBytes;
    launch.kernel = whole ? Kernel::gridmask_mix_new : Kernel::gridmask_mix_narrow_new;
    if (!setGrid(launch, vectors, entries)) return Prepared::kUnsupported;
  }
  std::vector<MixPartner> partners;
  partners.reserve(entries);
  std::vector<MixKept> kept;
  if (params.turns > 1) {
    takeTurns(batch, params, constants, partners, kept);
  } else {
    for (uint32_t entry = 0; entry < entries; ++entry) {
      partners.push_back({static_cast<uint32_t>(batch.partner[constants.numberAt(entry)])});
    }
  }
  constants.end();
  params.partnersAt = addConstants(launch, partners.data(), partners.size() * sizeof(MixPartner));
  if (params.turns > 1) {
    params.keptAt = addConstants(launch, kept.data(), kept.size() * sizeof(MixKept));
  }
  end(launch);
  return Prepared::kReady;
}

}  // namespace gridmask::cuda
