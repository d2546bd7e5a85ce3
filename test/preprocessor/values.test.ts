// The values of a Preprocessor's result: normalised, masked, filled with noise.
import { Buffer } from 'node:buffer'
import { describe, expect, test } from '@jest/globals'
import { GridMask, normalization, Preprocessor } from '../../lib/index'
import { expectBytes } from '../support'
import { someBytes, storedBits } from './support'

/** What a JavaScript user writes: values / 255, mean, std, channel by channel. In double precision. */
function plainly(bytes: Uint8Array, pixels: number): Float64Array {
  const { mean, std } = normalization.imagenet as { mean: number[]; std: number[] }
  return Float64Array.from({ length: bytes.length }, (_, i) => {
    const [n, rest] = [Math.floor(i / (3 * pixels)), i % (3 * pixels)]
    const [channel, pixel] = [Math.floor(rest / pixels), rest % pixels]
    const value = bytes[n * 3 * pixels + pixel * 3 + channel] as number
    return (value / 255 - (mean[channel] as number)) / (std[channel] as number)
  })
}

describe('without a mask', () => {
  test('it normalises like the loop that it replaces', () => {
    const bytes = someBytes(4 * 20 * 30 * 3)
    const preprocessor = new Preprocessor({ normalize: normalization.imagenet })
    const result = preprocessor.apply(bytes, { shape: [4, 20, 30, 3] })
    const loop = plainly(bytes, 20 * 30)
    expect(result).toBeInstanceOf(Float32Array)
    result.forEach((value, i) => {
      expect(Math.abs(value - (loop[i] as number))).toBeLessThan(1e-6)
    })
  })

  test('without options, values are divided by 255', () => {
    const result = new Preprocessor().apply(Uint8Array.of(0, 51, 255), { shape: [1, 1, 1, 3] })
    expect([...result]).toEqual([0, Math.fround(51 * Math.fround(1 / 255)), 1])
  })

  test('without options, nothing is added: -0 stays -0', () => {
    const floats = Float32Array.of(-0, 0, -1e-45)
    const result = new Preprocessor().apply(floats, { shape: [1, 1, 1, 3] })
    expect([...result]).toEqual([-0, 0, -0])
  })

  test('multiplication and addition are rounded one after the other', () => {
    // Fused, they would be rounded once: with these numbers most values show it.
    const [mean, std] = [0.4914, 0.247]
    const [a, b] = [Math.fround(1 / (255 * std)), Math.fround(-mean / std)]
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    const fused = bytes.reduce((count, v) => {
      const [twice, once] = [Math.fround(Math.fround(v * a) + b), Math.fround(v * a + b)]
      return count + (twice === once ? 0 : 1)
    }, 0)
    expect(fused).toBeGreaterThan(50)
    const result = new Preprocessor({ normalize: { mean, std } }).apply(bytes, {
      shape: [1, 1, 256, 1],
    })
    expect([...new Uint32Array(result.buffer, result.byteOffset, 256)]).toEqual(
      Array.from(bytes, (v) => storedBits(v, mean, std, 'float32')),
    )
  })
})

test('with a mask it equals GridMask applied to the result without', () => {
  const settings = {
    ratio: 0.4,
    unit: [8, 20],
    rotate: 360,
    probability: 0.6,
    fill: [1, 2, 3],
  } as const
  const shape = [16, 24, 33, 3] as const
  const bytes = someBytes(16 * 24 * 33 * 3)
  for (const layout of ['NCHW', 'NHWC'] as const) {
    const options = { normalize: normalization.imagenet, layout, seed: 11 }
    const plain = new Preprocessor(options).apply(bytes, { shape })
    const masked = new Preprocessor({ ...options, gridmask: settings }).apply(bytes, {
      shape,
      epoch: 3,
      index: 100,
    })
    const whole = layout === 'NCHW' ? ([16, 3, 24, 33] as const) : shape
    const expected = new GridMask({ ...settings, seed: 11 }).apply(plain, {
      shape: whole,
      layout,
      epoch: 3,
      index: 100,
    })
    expectBytes(masked, expected)
    expect(Buffer.compare(new Uint8Array(masked.buffer), new Uint8Array(plain.buffer))).not.toBe(0)
  }
})

test.each(['float32', 'float16', 'bfloat16'] as const)(
  'noise is that of GridMask: %s',
  async (dtype) => {
    const fill = { noise: 'normal', mean: 0, std: 1, shared: false } as const
    const settings = { ratio: 0.5, unit: 7, fill }
    const shape = [3, 12, 17, 3] as const
    const bytes = someBytes(3 * 12 * 17 * 3)
    const preprocessor = new Preprocessor({ gridmask: settings, dtype, seed: 3 })
    const masked = preprocessor.apply(bytes, { shape, index: 5 })
    const plain = new Preprocessor({ dtype }).apply(bytes, { shape })
    const expected = new GridMask({ ...settings, seed: 3 }).apply(plain, {
      shape: [3, 3, 12, 17],
      dtype,
      index: 5,
    })
    expectBytes(masked, expected)
    expectBytes(await preprocessor.applyAsync(bytes.slice(), { shape, index: 5 }), expected)
  },
)

test('`out` gets the result', () => {
  const bytes = someBytes(2 * 10 * 11 * 3)
  const shape = [2, 10, 11, 3] as const
  const out = new Float32Array(bytes.length + 3).fill(7).subarray(2, 2 + bytes.length)
  const result = new Preprocessor().apply(bytes, { shape, out })
  expect(result).toBe(out)
  expectBytes(out, new Preprocessor().apply(bytes, { shape }))
  expect([...new Float32Array(out.buffer).subarray(0, 2)]).toEqual([7, 7])
  expect(new Float32Array(out.buffer).at(-1)).toBe(7)
  const half = new Uint16Array(bytes.length)
  expect(new Preprocessor({ dtype: 'float16' }).apply(bytes, { shape, out: half })).toBe(half)
})

test('a result larger than the caches has the same values', () => {
  // Written past the caches, with parts that are not.
  const [n, side] = [20, 272]
  const one = side * side * 3
  const bytes = someBytes(n * one)
  const options = {
    normalize: normalization.imagenet,
    gridmask: { ratio: 0.5, unit: [40, 90], rotate: 360 },
  } as const
  for (const layout of ['NCHW', 'NHWC'] as const) {
    const preprocessor = new Preprocessor({ ...options, layout })
    const whole = preprocessor.apply(bytes, { shape: [n, side, side, 3], index: 0 })
    for (const i of [0, 7, n - 1]) {
      const part = preprocessor.apply(bytes.subarray(i * one, (i + 1) * one), {
        shape: [1, side, side, 3],
        index: i,
      })
      expectBytes(whole.subarray(i * one, (i + 1) * one), part)
    }
  }
})
