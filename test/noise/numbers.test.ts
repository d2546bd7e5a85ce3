// The numbers of noise: by hand from published words of the generator, against Math in doubles, and
// as a distribution.
import { describe, expect, test } from '@jest/globals'
import { philox4x32 } from '../../lib/core/philox'
import {
  logarithmOf,
  NoiseField,
  noiseBits,
  noiseValue,
  normalsOf,
  uniformOf,
} from '../../lib/fallback/noise'
import { applyPlan, type NoiseFill, type Sample } from '../../lib/index'

/** A sample that drops all of an image: a unit of 1 pixel has no square, reversed all is dropped. */
const all = { d: 1, ratio: 0.5, reverse: true }

function noise(fill: NoiseFill, side: number, params: object, channels = 1): Float32Array {
  const images = new Float32Array(channels * side * side)
  return applyPlan(images, [{ ...all, ...params }], { shape: [1, channels, side, side], fill })
}

test("a uniform value is made of one word: Random123's known answers", () => {
  // philox4x32-10 of the counter ffffffff ×4 under the key ffffffff ×2.
  const words = new Uint32Array(4)
  philox4x32(words, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)
  expect([...words]).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd])
  expect(uniformOf(0x408f276d)).toBe(0x408f27 / 0x1000000)
  expect(noiseValue('uniform', 0.25, -1, 1)).toBe(-0.5)
})

test('which word a pixel gets: block, channel and place in it', () => {
  const [seed, epoch, index] = [0xfedc_ba98_7654_3210n, 0xffff_fffe, 2 ** 40 + 77]
  const side = 5
  const low = [-2, 0, 10]
  const images = noise(
    { noise: 'uniform', low, high: [2, 1, 20], shared: false },
    ...([side, { seed, epoch, index }, 3] as const),
  )
  const span = [4, 1, 10]
  for (let channel = 0; channel < 3; channel++) {
    for (let pixel = 0; pixel < 25; pixel++) {
      const words = new Uint32Array(4)
      // 7 blocks of 4 pixels for 25 of them; blocks 0 and 1 are the draws'.
      const block = 2 + channel * 7 + (pixel >> 2)
      philox4x32(words, 77, 2 ** 8, epoch, block, 0x7654_3210, 0xfedc_ba98)
      const unit = ((words[pixel & 3] as number) >>> 8) / 2 ** 24
      const product = Math.fround(unit * (span[channel] as number))
      const expected = Math.fround((low[channel] as number) + product)
      expect(images[channel * 25 + pixel]).toBe(expected)
    }
  }
})

test('the logarithm is within 2⁻²³ of the exact one, relatively, and never positive', () => {
  let worst = 0
  let highest = Number.NEGATIVE_INFINITY
  const check = (k: number) => {
    const exact = Math.log(k / 2 ** 24)
    const error = Math.abs(logarithmOf(k) - exact) / Math.max(Math.abs(exact), 2 ** -24)
    worst = Math.max(worst, error)
    highest = Math.max(highest, logarithmOf(k))
  }
  for (let k = 1; k < 3000; k++) check(k)
  for (let k = 2 ** 24; k > 2 ** 24 - 3000; k--) check(k)
  for (let k = 3000; k < 2 ** 24; k += 997) check(k)
  for (let e = 0; e < 24; e++) {
    const root = Math.floor(Math.SQRT2 * 2 ** e) // where the exponent changes
    for (let k = Math.max(1, root - 3); k < root + 4; k++) check(k)
  }
  expect(worst).toBeLessThan(2 ** -23)
  expect(highest).toBeLessThanOrEqual(0)
})

test('normal numbers are within 10⁻⁶ of Box and Muller in doubles', () => {
  let worst = 0
  const words = new Uint32Array(4)
  const check = (first: number, second: number) => {
    const radius = Math.sqrt(-2 * Math.log(((first >>> 8) + 1) / 2 ** 24))
    // The quadrant in the upper two bits; within it from -π/4 on.
    const bits = second >>> 8
    const angle =
      (bits >>> 22) * (Math.PI / 2) + ((bits & 0x3fffff) - 0x200000) * ((2 * Math.PI) / 2 ** 24)
    const [x, y] = normalsOf(first, second)
    worst = Math.max(worst, Math.abs(x - radius * Math.cos(angle)))
    worst = Math.max(worst, Math.abs(y - radius * Math.sin(angle)))
  }
  for (let i = 0; i < 50_000; i++) {
    philox4x32(words, i, 0, 0, 0, 1, 2)
    check(words[0] as number, words[1] as number)
    check(words[2] as number, words[3] as number)
  }
  for (const first of [0, 0xff, 0x100, 0xffffffff, 0x80000000]) {
    for (const second of [0, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xffffffff]) {
      check(first, second)
    }
  }
  expect(worst).toBeLessThan(1e-6)
  expect(Math.hypot(...normalsOf(0, 0))).toBeLessThan(5.77)
})

describe('distribution, with a fixed seed', () => {
  const side = 512
  const n = side * side

  /** Mean, variance, and the largest distance of the distribution from `exact` (Kolmogorov). */
  function statistics(values: Float32Array, exact: (x: number) => number) {
    const sorted = Float32Array.from(values).sort()
    const mean = sorted.reduce((sum, x) => sum + x, 0) / sorted.length
    const variance = sorted.reduce((sum, x) => sum + (x - mean) ** 2, 0) / sorted.length
    let distance = 0
    for (let i = 0; i < sorted.length; i += 101) {
      distance = Math.max(distance, Math.abs(exact(sorted[i] as number) - i / sorted.length))
    }
    return { mean, variance, distance, least: sorted[0], most: sorted.at(-1) }
  }

  /** Correlation of values with those `lag` before them. */
  function correlation(values: Float32Array, lag: number): number {
    let sum = 0
    for (let i = lag; i < values.length; i++) {
      sum += (values[i] as number) * (values[i - lag] as number)
    }
    return sum / (values.length - lag)
  }

  // Bounds of about 4 standard errors; Kolmogorov's 1.95 / √n is passed once in a thousand seeds.
  test('uniform', () => {
    const values = noise({ noise: 'uniform', low: -1, high: 1 }, side, { seed: 5 })
    const { mean, variance, distance, least, most } = statistics(values, (x) => (x + 1) / 2)
    expect(Math.abs(mean)).toBeLessThan((4 * Math.sqrt(1 / 3)) / Math.sqrt(n))
    expect(Math.abs(variance - 1 / 3)).toBeLessThan((4 * Math.sqrt(4 / 45)) / Math.sqrt(n))
    expect(distance).toBeLessThan(1.95 / Math.sqrt(n))
    expect(least).toBeGreaterThanOrEqual(-1)
    expect(most).toBeLessThan(1)
    for (const lag of [1, 2, 3, 4, side]) {
      expect(Math.abs(correlation(values, lag))).toBeLessThan(4 / 3 / Math.sqrt(n))
    }
  })

  test('normal', () => {
    const values = noise({ noise: 'normal', mean: 0, std: 1 }, side, { seed: 6 })
    // Of the normal distribution by Simpson's rule, from 0.
    const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
    const exact = (x: number) => {
      const h = x / 64
      let sum = density(0) + density(x)
      for (let i = 1; i < 64; i++) sum += density(i * h) * (i % 2 === 1 ? 4 : 2)
      return 0.5 + (sum * h) / 3
    }
    const { mean, variance, distance } = statistics(values, exact)
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(n))
    expect(Math.abs(variance - 1)).toBeLessThan((4 * Math.SQRT2) / Math.sqrt(n))
    expect(distance).toBeLessThan(1.95 / Math.sqrt(n))
    for (const lag of [1, 2, 3, 4, side]) {
      expect(Math.abs(correlation(values, lag))).toBeLessThan(4 / Math.sqrt(n))
    }
  })

  test('separate channels, samples, epochs and seeds share nothing', () => {
    const uniform = { noise: 'uniform', low: -1, high: 1, shared: false } as const
    const base = noise(uniform, side, { seed: 5 }, 2)
    const others = [
      base.subarray(n),
      noise(uniform, side, { seed: 5, index: 1 }),
      noise(uniform, side, { seed: 5, index: 2 ** 32 }),
      noise(uniform, side, { seed: 5, epoch: 1 }),
      noise(uniform, side, { seed: 6 }),
      noise(uniform, side, { seed: 5n + (1n << 32n) }),
    ]
    for (const other of others) {
      let product = 0
      for (let i = 0; i < n; i++) product += (base[i] as number) * (other[i] as number)
      expect(Math.abs(product / n)).toBeLessThan(4 / 3 / Math.sqrt(n))
    }
  })
})

test('values are rounded to the nearest of the dtype, ties to even', () => {
  const cases: [dtype: 'uint8' | 'float16' | 'bfloat16', value: number, bits: number][] = [
    ['uint8', 0.5, 0],
    ['uint8', 1.5, 2],
    ['uint8', 254.5, 254],
    ['uint8', 254.75, 255],
    ['uint8', 300, 255],
    ['uint8', -0.75, 0],
    ['float16', 1, 0x3c00],
    ['float16', -2, 0xc000],
    ['float16', 65504, 0x7bff],
    ['float16', 65519.99, 0x7bff],
    ['float16', 65520, 0x7c00],
    ['float16', 1 + 2 ** -11, 0x3c00],
    ['float16', 1 + 3 * 2 ** -11, 0x3c02],
    ['float16', 2 ** -24, 1],
    ['float16', 2 ** -25, 0],
    ['float16', 3 * 2 ** -25, 2],
    ['float16', 2 ** -14 - 2 ** -24, 0x3ff],
    ['float16', 2 ** -14 - 2 ** -25, 0x400],
    ['float16', -0, 0x8000],
    ['bfloat16', 1, 0x3f80],
    ['bfloat16', 1 + 2 ** -8, 0x3f80],
    ['bfloat16', 1 + 3 * 2 ** -8, 0x3f82],
    ['bfloat16', -3.5, 0xc060],
  ]
  for (const [dtype, value, bits] of cases) {
    expect([dtype, value, noiseBits(Math.fround(value), dtype)]).toEqual([dtype, value, bits])
  }
})

test('a uniform value stays within [low, high] even if its sum rounds beyond', () => {
  const sample = { seed: 1, epoch: 0, index: 0 } as Sample
  const field = new NoiseField('uniform', sample, 0, 1000)
  const low = Math.fround(-0.1)
  const high = Math.fround(1e-9)
  const values = Array.from({ length: 1000 }, (_, pixel) =>
    noiseValue('uniform', field.at(pixel), low, high),
  )
  expect(values.every((value) => value >= low && value <= high)).toBe(true)
  expect(noiseValue('uniform', 1 - 2 ** -24, 100, 101)).toBe(101)
  expect(noiseValue('uniform', 0.7, 3, 3)).toBe(3)
})
