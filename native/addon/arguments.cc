// SPDX-License-Identifier: MIT

#include "addon/arguments.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <initializer_list>

#include "cpu/pool.h"

namespace gridmask::addon {
namespace {

std::optional<DrawSettings> parseDrawSettings(const Napi::Value& value) {
  double numbers[11];
  const auto bytes = bytesOf(value);
  if (!bytes || bytes->length != sizeof numbers) return std::nullopt;
  std::memcpy(numbers, bytes->data, sizeof numbers);
  const auto [ratioMin, ratioMax, unitMin, unitMax, rotate, reverse, unitProbability, probability,
              seedLow, seedHigh, epoch] = numbers;
  const auto isWord = [](double number) { return number >= 0 && number < 4294967296.0; };
  const bool sane = ratioMin > 0 && ratioMin <= ratioMax && ratioMax <= 1 && ratioMin < 1 &&
                    unitMin >= 1 && unitMin <= kMaxUnit && unitMax >= unitMin &&
                    unitMax <= kMaxUnit + 1 && rotate >= 0 && rotate <= 360 &&
                    unitProbability >= 0 && unitProbability <= 1 && probability >= 0 &&
                    probability <= 1 && isWord(seedLow) && isWord(seedHigh) && isWord(epoch);
  if (!sane) return std::nullopt;
  const auto word = [](double number) { return static_cast<uint32_t>(number); };
  return DrawSettings{ratioMin,        ratioMax,     word(unitMin),
                      word(unitMax),   word(rotate), reverse != 0,
                      unitProbability, probability,  {word(seedLow), word(seedHigh)},
                      word(epoch)};
}

// What a Float32Array as the fill means: kind, shared and type, then two numbers for each channel.
bool parseNoise(const Bytes& array, size_t channels, size_t valueBytes, uint64_t pixels,
                Noise& noise) {
  constexpr size_t kHead = 3;
  if (channels > SIZE_MAX / 16 || array.length != (kHead + 2 * channels) * sizeof(float)) {
    return false;
  }
  const auto* numbers = reinterpret_cast<const float*>(array.data);
  // A NaN would have other bits on every processor.
  if (!std::all_of(numbers, numbers + kHead + 2 * channels,
                   [](float number) { return std::isfinite(number); })) {
    return false;
  }
  const auto isOneOf = [](float number, std::initializer_list<float> all) {
    return std::find(all.begin(), all.end(), number) != all.end();
  };
  if (!isOneOf(numbers[0], {1, 2}) || !isOneOf(numbers[1], {0, 1}) ||
      !isOneOf(numbers[2], {0, 1, 2, 3})) {
    return false;
  }
  noise = {static_cast<NoiseKind>(numbers[0]), static_cast<NoiseType>(numbers[2]), numbers[1] != 0,
           numbers + kHead};
  if (valueBytesOf(noise.type) != valueBytes) return false;
  // Every block has its own 32-bit number.
  const uint64_t fields = noise.shared ? 1 : channels;
  return fields <= (UINT32_MAX - kFirstNoiseBlock) / std::max(1u, noiseBlocks(pixels));
}

bool parseFill(const Bytes& fill, napi_typedarray_type type, MaskBatch& batch) {
  batch.fill = fill.data;
  if (type != napi_float32_array) {
    // Or with as many bytes again, which say what is filled.
    const size_t bytes = batch.planes * batch.pixelBytes;
    if (fill.length == bytes) return true;
    batch.filled = fill.data + bytes;
    return fill.length / 2 == bytes && fill.length % 2 == 0;
  }
  return parseNoise(fill, batch.channels(), batch.valueBytes, batch.pixels(), batch.noise);
}

// The batch's images: the same memory, or separate.
Status parseImages(const std::optional<Bytes>& source, const std::optional<Bytes>& target,
                   ImageBatch& batch) {
  if (!source || !target || source->length != batch.bytes() || target->length != batch.bytes()) {
    return kBadArguments;
  }
  batch.source = source->data;
  batch.target = target->data;
  return !batch.inPlace() && overlap(*source, *target) ? kOverlap : kDone;
}

bool isAligned(const void* data, size_t bytes) {
  return reinterpret_cast<uintptr_t>(data) % bytes == 0;
}

// The packed samples of a plan. Null if they are not sane.
const PackedSample* parsePlan(const Napi::Value& plan, size_t count) {
  const auto samples = arrayOf<const PackedSample>(plan);
  if (!samples || samples->length != count) return nullptr;
  // Not null if there are none.
  static constexpr PackedSample kNone{};
  const PackedSample* packed = count == 0 ? &kNone : samples->data;
  return std::all_of(packed, packed + count, isSane) ? packed : nullptr;
}

}  // namespace

bool overlapsSamples(const Napi::CallbackInfo& info, const Bytes& bytes, const Samples& samples,
                     size_t at) {
  const bool copied = samples.drawn() != nullptr && !samples.isListed();
  return !copied && overlapsAny(info, bytes, {at, at + 1});
}

bool overlapsAny(const Napi::CallbackInfo& info, const Bytes& bytes,
                 std::initializer_list<size_t> arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [&](size_t i) {
    const auto other = bytesOf(info[i]);
    return other && overlap(bytes, *other);
  });
}

std::optional<BatchLayout> layoutOf(const BatchHeader& header) {
  const auto count = wholeNumber(header.count, kMostExact);
  const auto planes = wholeNumber(header.planes, kMostExact);
  const auto size = sizeOf(header);
  const auto pixelBytes = wholeNumber(header.pixelBytes, kMostExact);
  const auto valueBytes = wholeNumber(header.valueBytes, 4);
  if (!count || !planes || !size || !pixelBytes || !valueBytes) return std::nullopt;
  if (*valueBytes == 0 || *valueBytes == 3 || *pixelBytes == 0 || *pixelBytes % *valueBytes != 0) {
    return std::nullopt;
  }
  const auto height = static_cast<size_t>(size->height);
  const auto width = static_cast<size_t>(size->width);
  if (!product({*count, *planes, height, width, *pixelBytes}) || !product({*planes, *pixelBytes})) {
    return std::nullopt;
  }
  return BatchLayout{*count, *planes, size->height, size->width, *pixelBytes, *valueBytes};
}

std::optional<ImageSize> sizeOf(const BatchHeader& header) {
  const auto height = wholeNumber(header.height, kMaxSide);
  const auto width = wholeNumber(header.width, kMaxSide);
  if (!height || !width) return std::nullopt;
  return ImageSize{static_cast<int32_t>(*height), static_cast<int32_t>(*width)};
}

std::optional<unsigned> threadsOf(const BatchHeader& header) {
  const auto threads = wholeNumber(header.threads, cpu::kMaxThreads);
  if (!threads || *threads == 0) return std::nullopt;
  return static_cast<unsigned>(*threads);
}

unsigned poolThreadsOf(const BatchHeader& header) {
  const auto threads = wholeNumber(header.poolThreads, cpu::kMaxThreads);
  return static_cast<unsigned>(std::max<size_t>(1, threads.value_or(1)));
}

bool isSane(const PackedSample& sample) {
  return sample.d >= 1 && sample.d <= kMaxUnit && sample.l >= 1 && sample.l <= sample.d &&
         sample.deltaX >= 0 && sample.deltaX < sample.d && sample.deltaY >= 0 &&
         sample.deltaY < sample.d && std::isfinite(sample.angle) && sample.unitProbability >= 0 &&
         sample.unitProbability <= 1 && sample.index[1] < 1u << 21;
}

std::optional<Rectangles> parseRectangles(const Napi::Value& value, size_t count) {
  const auto bytes = isArrayOf(napi_uint32_array, value) ? bytesOf(value) : std::nullopt;
  if (!bytes || count == 0 || count > bytes->length / sizeof(RectangleHeader)) return std::nullopt;
  const size_t left = bytes->length - count * sizeof(RectangleHeader);
  if (left % sizeof(Rectangle) != 0) return std::nullopt;
  const auto* headers = reinterpret_cast<const RectangleHeader*>(bytes->data);
  const auto* all = reinterpret_cast<const Rectangle*>(headers + count);
  uint32_t next = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint32_t end = headers[i].end;
    if (end < next || end > left / sizeof(Rectangle) || headers[i].masked > 1 ||
        headers[i].key.index[1] >= 1u << 21) {
      return std::nullopt;
    }
    for (uint32_t y0 = 0; next != end; y0 = all[next++].y0) {
      const Rectangle& rectangle = all[next];
      if (rectangle.x0 > rectangle.x1 || rectangle.x1 > kMaxSide || rectangle.y0 > rectangle.y1 ||
          rectangle.y1 > kMaxSide || rectangle.y0 < y0) {
        return std::nullopt;
      }
    }
  }
  if (next != left / sizeof(Rectangle)) return std::nullopt;
  return Rectangles(headers, count);
}

std::optional<Masks> parseMasks(const BatchHeader& header, const Napi::Value& samples,
                                const Napi::Value& indices, size_t count) {
  const auto kind = wholeNumber(header.sampleKind, UINT32_MAX);
  if (kind != static_cast<size_t>(SampleKind::kRectangles)) {
    return parseSamples(header, samples, indices, count);
  }
  if (!indices.IsUndefined()) return std::nullopt;
  return parseRectangles(samples, count);
}

std::optional<Samples> parseSamples(const BatchHeader& header, const Napi::Value& samples,
                                    const Napi::Value& indices, size_t count) {
  const auto kind = wholeNumber(header.sampleKind, UINT32_MAX);
  if (kind == static_cast<size_t>(SampleKind::kDraws)) {
    return parseDraws(header, samples, indices, count);
  }
  if (kind != static_cast<size_t>(SampleKind::kPlan) || !indices.IsUndefined()) {
    return std::nullopt;
  }
  const PackedSample* const plan = parsePlan(samples, count);
  if (plan == nullptr) return std::nullopt;
  return Samples(plan);
}

std::optional<SampleNumbers> parseNumbers(const BatchHeader& header, const Napi::Value& indices,
                                          size_t count) {
  const auto first = wholeNumber(header.first, kMostExact);
  if (!first) return std::nullopt;
  if (indices.IsUndefined()) return SampleNumbers{*first, nullptr};

  const auto numbers = arrayOf<const double>(indices);
  if (!numbers || numbers->length != count) return std::nullopt;
  const bool sane = std::all_of(numbers->data, numbers->data + count, [](double number) {
    return number >= 0 && number <= static_cast<double>(kMostExact);
  });
  if (!sane) return std::nullopt;
  return SampleNumbers{*first, numbers->data};
}

std::optional<Samples> parseDraws(const BatchHeader& header, const Napi::Value& settings,
                                  const Napi::Value& indices, size_t count) {
  const auto parsed = parseDrawSettings(settings);
  const auto numbers = parseNumbers(header, indices, count);
  if (!parsed || !numbers) return std::nullopt;
  return Samples(*parsed, *numbers);
}

Status parseMaskBatch(const Napi::CallbackInfo& info, const BatchHeader& header,
                      const std::optional<Bytes>& source, const std::optional<Bytes>& target,
                      MaskBatch& batch) {
  const auto layout = layoutOf(header);
  if (!layout) return kBadArguments;
  static_cast<BatchLayout&>(batch) = *layout;
  const Status images = parseImages(source, target, batch);
  if (images == kBadArguments || !isAligned(batch.target, batch.valueBytes)) return kBadArguments;
  const auto masks =
      parseMasks(header, info[ApplyAt::kSamples], info[ApplyAt::kIndices], batch.count);
  napi_typedarray_type fillType;
  const auto fill = bytesOf(info[ApplyAt::kFill], fillType);
  if (!masks || !fill || !parseFill(*fill, fillType, batch)) return kBadArguments;
  batch.masks = *masks;
  // For masks without noise, a source on a device may lie anywhere.
  if (batch.noise.kind != NoiseKind::kNone && !isAligned(batch.source, batch.valueBytes)) {
    return kBadArguments;
  }
  if (images == kOverlap) return kOverlap;
  const auto* samples = std::get_if<Samples>(&batch.masks);
  const bool safe =
      !overlap(*target, *fill) &&
      !(samples != nullptr ? overlapsSamples(info, *target, *samples, ApplyAt::kSamples)
                           : overlapsAny(info, *target, {ApplyAt::kSamples}));
  return safe ? kDone : kBadArguments;
}

Status parseMixBatch(const Napi::CallbackInfo& info, const BatchHeader& header,
                     const std::optional<Bytes>& source, const std::optional<Bytes>& target,
                     MixBatch& batch) {
  const auto layout = layoutOf(header);
  if (!layout || layout->count > INT32_MAX) return kBadArguments;
  static_cast<BatchLayout&>(batch) = *layout;
  const Status images = parseImages(source, target, batch);
  if (images == kBadArguments) return kBadArguments;
  const auto samples =
      parseSamples(header, info[MixAt::kSamples], info[MixAt::kIndices], batch.count);
  const auto partner = arrayOf<const int32_t>(info[MixAt::kPartner]);
  if (!samples || !partner || partner->length != batch.count) return kBadArguments;
  batch.samples = *samples;
  batch.partner = partner->data;
  if (!isPermutation(batch.partner, batch.count)) return kBadArguments;
  if (images == kOverlap) return kOverlap;
  const bool safe = !overlap(*target, partner->bytes()) &&
                    !overlapsSamples(info, *target, *samples, MixAt::kSamples);
  return safe ? kDone : kBadArguments;
}

}  // namespace gridmask::addon
