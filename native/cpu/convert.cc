// SPDX-License-Identifier: MIT

#include "cpu/convert.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "cpu/kernels.h"
#include "lattice/instructions.h"

#if defined(__x86_64__) && defined(__GNUC__)
// What AVX-512's own header leaves undefined on purpose.
#if !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#if !defined(__clang__)
#pragma GCC diagnostic pop
#endif
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#endif

namespace gridmask::cpu {

// A product and a sum stay two operations: the build says -ffp-contract=off, which holds for
// intrinsics too.
#if defined(__x86_64__) && defined(__GNUC__)

namespace avx2 {
#define GRIDMASK_TARGET __attribute__((target("avx2,f16c")))
// Two registers, so that a block's stores fill whole lines of the cache one by one.
struct Vectors {
  static constexpr size_t kLanes = 4;
  static constexpr bool kStreams = true;
  struct Bytes {
    __m256i low, high;
  };
  struct Floats {
    __m256 low, high;
  };

  // What is loaded of a block for all of its vectors: nothing yet.
  using Block = const uint8_t*;
  static Block loadBlock(const uint8_t* source) { return source; }
  struct Lanes {
    size_t offset[kLanes];
  };
  static Lanes loadLanes(const PickedVector& vector) {
    return {{vector.offset[0], vector.offset[1], vector.offset[2], vector.offset[3]}};
  }
  GRIDMASK_TARGET static __m256i twoLanes(const uint8_t* first, const uint8_t* second) {
    const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(first));
    const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(second));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
  }
  GRIDMASK_TARGET static Bytes lanesOf(Block block, const Lanes& lanes) {
    return {twoLanes(block + lanes.offset[0], block + lanes.offset[1]),
            twoLanes(block + lanes.offset[2], block + lanes.offset[3])};
  }
  GRIDMASK_TARGET static Bytes loadPick(const uint8_t* pick) {
    const auto* const half = reinterpret_cast<const __m256i*>(pick);
    return {_mm256_load_si256(half), _mm256_load_si256(half + 1)};
  }
  GRIDMASK_TARGET static Floats loadFloats(const float* floats) {
    return {_mm256_load_ps(floats), _mm256_load_ps(floats + 8)};
  }
  // Of vectors whose halves are alike: so that the compiler sees it.
  GRIDMASK_TARGET static Bytes loadPickTwice(const uint8_t* pick) {
    const __m256i half = _mm256_load_si256(reinterpret_cast<const __m256i*>(pick));
    return {half, half};
  }
  GRIDMASK_TARGET static Floats loadFloatsTwice(const float* floats) {
    const __m256 half = _mm256_load_ps(floats);
    return {half, half};
  }
  GRIDMASK_TARGET static __m256 scale(__m256i bytes, __m256i pick, __m256 a, __m256 b) {
    const __m256 value = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, pick));
    return _mm256_add_ps(_mm256_mul_ps(value, a), b);
  }
  GRIDMASK_TARGET static Floats scale(const Bytes& bytes, const Bytes& pick, const Floats& a,
                                      const Floats& b) {
    return {scale(bytes.low, pick.low, a.low, b.low), scale(bytes.high, pick.high, a.high, b.high)};
  }
  // Where values are dropped: in their signs.
  struct Mask {
    __m256i low, high;
  };
  GRIDMASK_TARGET static Mask maskOf(unsigned bits) {
    const __m256i all = _mm256_set1_epi32(static_cast<int>(bits));
    return {_mm256_sllv_epi32(all, _mm256_setr_epi32(31, 30, 29, 28, 27, 26, 25, 24)),
            _mm256_sllv_epi32(all, _mm256_setr_epi32(23, 22, 21, 20, 19, 18, 17, 16))};
  }
  GRIDMASK_TARGET static Mask maskOf(unsigned bits, const uint32_t* pixel) {
    const __m256i all = _mm256_set1_epi32(static_cast<int>(bits));
    const auto half = [&](const uint32_t* of) GRIDMASK_TARGET {
      const __m256i places = _mm256_load_si256(reinterpret_cast<const __m256i*>(of));
      return _mm256_slli_epi32(_mm256_srlv_epi32(all, places), 31);
    };
    return {half(pixel), half(pixel + 8)};
  }
  GRIDMASK_TARGET static Floats blend(const Floats& value, const Floats& fill, const Mask& mask) {
    return {_mm256_blendv_ps(value.low, fill.low, _mm256_castsi256_ps(mask.low)),
            _mm256_blendv_ps(value.high, fill.high, _mm256_castsi256_ps(mask.high))};
  }
  // A third of the instructions of blending with zeros.
  static constexpr bool kClears = true;
  GRIDMASK_TARGET static Mask wholeMaskOf(unsigned bits) {
    const Mask signs = maskOf(bits);
    return {_mm256_srai_epi32(signs.low, 31), _mm256_srai_epi32(signs.high, 31)};
  }
  GRIDMASK_TARGET static Floats clear(const Floats& value, const Mask& mask) {
    return {_mm256_andnot_ps(_mm256_castsi256_ps(mask.low), value.low),
            _mm256_andnot_ps(_mm256_castsi256_ps(mask.high), value.high)};
  }
  template <bool kPastCaches>
  GRIDMASK_TARGET static void storeFloat32(uint8_t* target, const Floats& value) {
    auto* const floats = reinterpret_cast<float*>(target);
    if (kPastCaches) {
      _mm256_stream_ps(floats, value.low);
      _mm256_stream_ps(floats + 8, value.high);
    } else {
      _mm256_storeu_ps(floats, value.low);
      _mm256_storeu_ps(floats + 8, value.high);
    }
  }
  template <bool kPastCaches>
  GRIDMASK_TARGET static void storeHalves(uint8_t* target, __m256i halves) {
    auto* const vector = reinterpret_cast<__m256i*>(target);
    if (kPastCaches) {
      _mm256_stream_si256(vector, halves);
    } else {
      _mm256_storeu_si256(vector, halves);
    }
  }
  template <bool kPastCaches>
  GRIDMASK_TARGET static void storeFloat16(uint8_t* target, const Floats& value) {
    const __m128i low = _mm256_cvtps_ph(value.low, _MM_FROUND_TO_NEAREST_INT);
    const __m128i high = _mm256_cvtps_ph(value.high, _MM_FROUND_TO_NEAREST_INT);
    storeHalves<kPastCaches>(target, _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1));
  }
  GRIDMASK_TARGET static __m256i upperHalves(__m256 value) {
    const __m256i bits = _mm256_castps_si256(value);
    const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    const __m256i half = _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF));
    return _mm256_srli_epi32(_mm256_add_epi32(bits, half), 16);
  }
  template <bool kPastCaches>
  GRIDMASK_TARGET static void storeBfloat16(uint8_t* target, const Floats& value) {
    const __m256i packed = _mm256_packus_epi32(upperHalves(value.low), upperHalves(value.high));
    storeHalves<kPastCaches>(target, _mm256_permute4x64_epi64(packed, 0xD8));
  }
  static void finish() { _mm_sfence(); }
};
#define GRIDMASK_NAME "avx2"
#include "cpu/convert.inc"
#undef GRIDMASK_NAME
#undef GRIDMASK_TARGET
}  // namespace avx2

namespace avx512 {
#define GRIDMASK_TARGET __attribute__((target("avx512f,avx512bw,avx2")))
struct Vectors {
  static constexpr size_t kLanes = 4;
  static constexpr bool kStreams = true;
  using Bytes = __m512i;
  using Floats = __m512;

  // All of a block at once, in four lanes as they are.
  using Block = __m512i;
  GRIDMASK_TARGET static Block loadBlock(const uint8_t* source) {
    return _mm512_loadu_si512(source);
  }
  using Lanes = __m512i;
  GRIDMASK_TARGET static Lanes loadLanes(const PickedVector& vector) {
    return _mm512_load_si512(vector.word);
  }
  GRIDMASK_TARGET static Bytes lanesOf(Block block, Lanes lanes) {
    return _mm512_permutexvar_epi32(lanes, block);
  }
  GRIDMASK_TARGET static Bytes loadPick(const uint8_t* pick) { return _mm512_load_si512(pick); }
  GRIDMASK_TARGET static Floats loadFloats(const float* floats) { return _mm512_load_ps(floats); }
  GRIDMASK_TARGET static Bytes loadPickTwice(const uint8_t* pick) { return loadPick(pick); }
  GRIDMASK_TARGET static Floats loadFloatsTwice(const float* floats) { return loadFloats(floats); }
  GRIDMASK_TARGET static Floats scale(Bytes bytes, Bytes pick, Floats a, Floats b) {
    const Floats value = _mm512_cvtepi32_ps(_mm512_shuffle_epi8(bytes, pick));
    return _mm512_add_ps(_mm512_mul_ps(value, a), b);
  }
  using Mask = __mmask16;
  GRIDMASK_TARGET static Mask maskOf(unsigned bits) { return static_cast<Mask>(bits); }
  GRIDMASK_TARGET static Mask maskOf(unsigned bits, const uint32_t* pixel) {
    const __m512i all = _mm512_set1_epi32(static_cast<int>(bits));
    const __m512i bit = _mm512_srlv_epi32(all, _mm512_load_si512(pixel));
    return _mm512_test_epi32_mask(bit, _mm512_set1_epi32(1));
  }
  GRIDMASK_TARGET static Floats blend(Floats value, Floats fill, Mask mask) {
    return _mm512_mask_blend_ps(mask, value, fill);
  }
  static constexpr bool kClears = false;
  template <bool kPastCaches>
  GRIDMASK_TARGET static void storeFloat32(uint8_t* target, const Floats& value) {
    if (kPastCaches) {
      _mm512_stream_ps(reinterpret_cast<float*>(target), value);
    } else {
      _mm512_storeu_ps(target, value);
    }
  }
  template <bool kPastCaches>
  GRIDMASK_TARGET static void storeHalves(uint8_t* target, __m256i halves) {
    auto* const vector = reinterpret_cast<__m256i*>(target);
    if (kPastCaches) {
      _mm256_stream_si256(vector, halves);
    } else {
      _mm256_storeu_si256(vector, halves);
    }
  }
  template <bool kPastCaches>
  GRIDMASK_TARGET static void storeFloat16(uint8_t* target, const Floats& value) {
    storeHalves<kPastCaches>(target, _mm512_cvtps_ph(value, _MM_FROUND_TO_NEAREST_INT));
  }
  template <bool kPastCaches>
  GRIDMASK_TARGET static void storeBfloat16(uint8_t* target, const Floats& value) {
    const __m512i bits = _mm512_castps_si512(value);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    const __m512i half = _mm512_add_epi32(odd, _mm512_set1_epi32(0x7FFF));
    const __m512i words = _mm512_srli_epi32(_mm512_add_epi32(bits, half), 16);
    storeHalves<kPastCaches>(target, _mm512_cvtepi32_epi16(words));
  }
  static void finish() { _mm_sfence(); }
};
#define GRIDMASK_NAME "avx512"
#include "cpu/convert.inc"
#undef GRIDMASK_NAME
#undef GRIDMASK_TARGET
}  // namespace avx512

#elif defined(__aarch64__) && defined(__ARM_NEON)

namespace neon {
#define GRIDMASK_TARGET
struct Vectors {
  static constexpr size_t kLanes = 1;
  // Stores past the caches are only a hint here, and one that compilers do not offer.
  static constexpr bool kStreams = false;
  using Bytes = uint8x16_t;
  using Floats = float32x4_t;

  using Block = const uint8_t*;
  static Block loadBlock(const uint8_t* source) { return source; }
  using Lanes = size_t;
  static Lanes loadLanes(const PickedVector& vector) { return vector.offset[0]; }
  static Bytes lanesOf(Block block, Lanes lanes) { return vld1q_u8(block + lanes); }
  static Bytes loadPick(const uint8_t* pick) { return vld1q_u8(pick); }
  static Floats loadFloats(const float* floats) { return vld1q_f32(floats); }
  static Bytes loadPickTwice(const uint8_t* pick) { return loadPick(pick); }
  static Floats loadFloatsTwice(const float* floats) { return loadFloats(floats); }
  static Floats scale(Bytes bytes, Bytes pick, Floats a, Floats b) {
    const Floats value = vcvtq_f32_u32(vreinterpretq_u32_u8(vqtbl1q_u8(bytes, pick)));
    return vaddq_f32(vmulq_f32(value, a), b);
  }
  using Mask = uint32x4_t;
  static Mask maskOf(unsigned bits) { return vtstq_u32(vdupq_n_u32(bits), uint32x4_t{1, 2, 4, 8}); }
  static Mask maskOf(unsigned bits, const uint32_t* pixel) {
    const int32x4_t left = vnegq_s32(vreinterpretq_s32_u32(vld1q_u32(pixel)));
    return vtstq_u32(vshlq_u32(vdupq_n_u32(bits), left), vdupq_n_u32(1));
  }
  static Floats blend(Floats value, Floats fill, Mask mask) { return vbslq_f32(mask, fill, value); }
  static constexpr bool kClears = false;
  template <bool>
  static void storeFloat32(uint8_t* target, const Floats& value) {
    vst1q_u8(target, vreinterpretq_u8_f32(value));
  }
  template <bool>
  static void storeFloat16(uint8_t* target, const Floats& value) {
    vst1_u8(target, vreinterpret_u8_f16(vcvt_f16_f32(value)));
  }
  template <bool>
  static void storeBfloat16(uint8_t* target, const Floats& value) {
    const uint32x4_t bits = vreinterpretq_u32_f32(value);
    const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
    const uint32x4_t half = vaddq_u32(odd, vdupq_n_u32(0x7FFF));
    vst1_u8(target, vreinterpret_u8_u16(vshrn_n_u32(vaddq_u32(bits, half), 16)));
  }
  static void finish() {}
};
#define GRIDMASK_NAME "neon"
#include "cpu/convert.inc"
#undef GRIDMASK_NAME
#undef GRIDMASK_TARGET
}  // namespace neon

#endif

const Converter* const* availableConverters() {
#if defined(__x86_64__) && defined(__GNUC__)
  static const Converter* const all[] = {&avx512::kConverter, &avx2::kConverter, nullptr};
  return hasAvx512() ? all : hasAvx2() ? all + 1 : all + 2;
#elif defined(__aarch64__) && defined(__ARM_NEON)
  static const Converter* const all[] = {&neon::kConverter, nullptr};
  return all;
#else
  static const Converter* const none[] = {nullptr};
  return none;
#endif
}

namespace {

// The float32 that a fill is exactly.
float floatOf(const uint8_t* bits, ValueType type) {
  uint32_t stored = 0;
  // All of the hosts are little-endian.
  std::memcpy(&stored, bits, valueBytesOf(type));
  if (type == ValueType::kFloat32) return exact::ofBits(stored);
  if (type == ValueType::kBfloat16) return exact::ofBits(stored << 16);
  const uint32_t sign = (stored & 0x8000) << 16;
  const uint32_t magnitude = stored & 0x7FFF;
  if (magnitude >= 0x7C00) return exact::ofBits(sign | 0x7F800000 | (magnitude & 0x3FF) << 13);
  const float value = magnitude >= 0x0400
                          ? exact::ofBits((magnitude << 13) + 0x38000000)
                          : static_cast<float>(magnitude) * 5.9604644775390625e-8f;  // 2⁻²⁴
  return exact::ofBits(sign | exact::bitsOf(value));
}

}  // namespace

Picking::Picking(const Converter& converter, const ChannelScale* scales, size_t count,
                 uint32_t channels, bool flip, bool interleaved, ValueType type, size_t planeBytes,
                 const uint8_t* fill)
    : vectors_(new PickedVector[count]) {
  const size_t pixels = converter.pixels;
  const bool zero =
      std::all_of(fill, fill + count * valueBytesOf(type), [](uint8_t byte) { return byte == 0; });
  for (size_t v = 0; v < count; ++v) {
    PickedVector& vector = vectors_[v];
    for (size_t lane = 0; lane < pixels / 4; ++lane) {
      size_t place[4];
      for (size_t k = 0; k < 4; ++k) {
        const size_t element = 4 * lane + k;
        const size_t value = v * pixels + element;
        const size_t pixel = interleaved ? value / count : element;
        const size_t channel = interleaved ? value % count : v;
        vector.a[element] = scales[channel].a;
        vector.b[element] = scales[channel].b;
        vector.fill[element] = floatOf(fill + channel * valueBytesOf(type), type);
        vector.pixel[element] = static_cast<uint32_t>(pixel);
        place[k] = (flip ? pixels - 1 - pixel : pixel) * channels + scales[channel].channel;
      }
      // Whole pixels, so that vectors of different channels have the same bytes to pick from, and
      // whole words: of four pixels one, so that it is within reach.
      const size_t pixel = *std::min_element(place, place + 4) / channels * channels;
      const size_t first = pixel / 4 * 4;
      vector.offset[lane] = first;
      for (uint32_t k = 0; k < 4; ++k) {
        vector.word[4 * lane + k] = static_cast<uint32_t>(first / 4) + k;
      }
      for (size_t k = 0; k < 4; ++k) {
        uint8_t* pick = vector.pick + 16 * lane + 4 * k;
        pick[0] = static_cast<uint8_t>(place[k] - first);
        pick[1] = pick[2] = pick[3] = 0x80;
      }
    }
  }
  const size_t vectorBytes = pixels * valueBytesOf(type);
  const auto blockBytes = static_cast<ptrdiff_t>(pixels * channels);
  block_ = {vectors_.get(),
            count,
            !interleaved,
            zero,
            interleaved ? vectorBytes : planeBytes,
            interleaved ? vectorBytes * count : vectorBytes,
            flip ? -blockBytes : blockBytes};
}

}  // namespace gridmask::cpu
