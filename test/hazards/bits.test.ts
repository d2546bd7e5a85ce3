// Masks select, they do not compute: a kept value keeps its bits, whatever number they represent.
import { describe, expect, test } from '@jest/globals'
import { applyPlan, type DType } from '../../lib/index'
import { bitsOf, lengthOf } from '../oracle'
import { encode, expectBytes, kinds, newArray, scramble } from '../support'
import { type AnyKind, FILL, methods, params } from './methods'

// Of each sign, as bit patterns. A signalling NaN is one whose mantissa's highest bit is 0: to load
// it as a float and store it again may set that bit.
const float32 = {
  zero: [0],
  'the smallest and the largest denormal': [1, 0x007fffff],
  'the smallest and the largest number': [0x00800000, 0x7f7fffff],
  infinity: [0x7f800000],
  'quiet NaNs': [0x7fc00000, 0x7fc00001, 0x7fffffff],
  'signalling NaNs': [0x7f800001, 0x7fa5a5a5, 0x7fbfffff],
}
const float16 = {
  zero: [0],
  'the smallest and the largest denormal': [1, 0x03ff],
  'the smallest and the largest number': [0x0400, 0x7bff],
  infinity: [0x7c00],
  'quiet NaNs': [0x7e00, 0x7e01, 0x7fff],
  'signalling NaNs': [0x7c01, 0x7d5a, 0x7dff],
}
const bfloat16 = {
  zero: [0],
  'the smallest and the largest denormal': [1, 0x007f],
  'the smallest and the largest number': [0x0080, 0x7f7f],
  infinity: [0x7f80],
  'quiet NaNs': [0x7fc0, 0x7fc1, 0x7fff],
  'signalling NaNs': [0x7f81, 0x7fa5, 0x7fbf],
}
const values = { float32, float16, bfloat16 }

/** An odd number, so that every pattern ends up next to every other. */
const sizes = { count: 3, channels: 2, height: 37, width: 41 }
const cases = methods.flatMap((method) =>
  method.kinds
    .filter(({ dtype }) => dtype !== undefined && dtype in values)
    .map((kind) => ({ name: `${method.name}, ${kind.name}`, method, kind })),
)

/** An array of bit patterns of each sign, in turn. */
function arrayOf(kind: AnyKind, length: number, patterns: readonly number[]) {
  const sign = kind.View.BYTES_PER_ELEMENT === 4 ? 0x80000000 : 0x8000
  const both = patterns.flatMap((bits) => [bits, (bits | sign) >>> 0])
  const array = newArray(kind, length)
  bitsOf(array).forEach((_, i, bits) => {
    bits[i] = both[i % both.length] as number
  })
  return array
}

describe.each(cases)('$name', ({ method, kind }) => {
  const patterns = values[kind.dtype as keyof typeof values]

  test.each(Object.entries(patterns))('%s comes out bit for bit', async (_, bits) => {
    expect(bits).not.toContain(encode(kind.dtype as DType, FILL))
    for (const layout of method.layouts) {
      const batch = method.batch({ ...sizes, layout })
      const request = method.request(batch, kind)
      const images = () => arrayOf(kind, lengthOf(batch), bits)
      const expected = method.expected(images(), batch, kind)
      expectBytes(await method.replay(images(), request, 3), expected)
      const out = scramble(images())
      expectBytes(await method.replay(images(), { ...request, out }, 3), expected)
      const own = images()
      expectBytes(await method.replay(own, { ...request, out: own }, 3), expected)
    }
  })
})

describe.each(cases)(
  '$name: a sample that is not masked, or drops nothing,',
  ({ method, kind }) => {
    test('is copied bit for bit', async () => {
      const batch = method.batch({ ...sizes, count: 2 })
      const request = method.request(batch, kind)
      const make = () => scramble(newArray(kind, lengthOf(batch)))
      const whole = { d: 1, ratio: 0.5 }
      const given =
        method.instance === undefined
          ? [{ ...params, masked: false }, whole].map((sample) => ({
              request: { plan: [sample, sample] },
            }))
          : [{ options: { probability: 0 } }]
      for (const nothing of given) {
        expectBytes(await method.draw(make(), request, nothing), make())
      }
    })
  },
)

/** A dropped pixel, as applyPlan writes it. */
function written(dtype: DType, fill: number): number {
  const one = newArray(kinds.find((kind) => kind.dtype === dtype) as AnyKind, 1) as Float32Array
  // Reversed, stripes are dropped; with offset 0 a mask begins with one.
  const plan = [{ d: 2, ratio: 0.5, reverse: true }]
  const masked = applyPlan(one, plan, { shape: [1, 1, 1, 1], dtype, fill })
  return bitsOf(masked)[0] as number
}

describe('the fill', () => {
  test.each([
    ['-0', -0, { float32: 0x80000000, float16: 0x8000, bfloat16: 0x8000 }],
    ['0', 0, { float32: 0, float16: 0, bfloat16: 0 }],
    ['1', 1, { float32: 0x3f800000, float16: 0x3c00, bfloat16: 0x3f80 }],
    ['infinity', Infinity, { float32: 0x7f800000, float16: 0x7c00, bfloat16: 0x7f80 }],
    ['-infinity', -Infinity, { float32: 0xff800000, float16: 0xfc00, bfloat16: 0xff80 }],
    ['too large a number', 1e39, { float32: 0x7f800000, float16: 0x7c00, bfloat16: 0x7f80 }],
    ['too small a number', -1e-46, { float32: 0x80000000, float16: 0x8000, bfloat16: 0x8000 }],
    ['a denormal of float16', 2 ** -24, { float32: 0x33800000, float16: 1, bfloat16: 0x3380 }],
    ['a denormal of float32', 2 ** -149, { float32: 1, float16: 0, bfloat16: 0 }],
    [
      'a denormal of bfloat16',
      -(2 ** -133),
      { float32: 0x80010000, float16: 0x8000, bfloat16: 0x8001 },
    ],
  ] as const)('%s is written as such', (_, fill, bits) => {
    for (const dtype of ['float32', 'float16', 'bfloat16'] as const) {
      expect(written(dtype, fill)).toBe(bits[dtype])
    }
  })

  test('NaN is written as a NaN', () => {
    const exponents = { float32: 0x7f800000, float16: 0x7c00, bfloat16: 0x7f80 }
    for (const dtype of ['float32', 'float16', 'bfloat16'] as const) {
      const magnitude = written(dtype, Number.NaN) & (dtype === 'float32' ? 0x7fffffff : 0x7fff)
      expect(magnitude).toBeGreaterThan(exponents[dtype])
    }
  })
})
