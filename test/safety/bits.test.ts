// Masks select, they do not compute: a kept value keeps its bits, whatever number they stand for.
import { describe, expect, test } from '@jest/globals'
import { applyPlan, GridMask } from '../../lib/index'
import { bytesOf, expectBytes, type Kind, kinds, maskedBits, params, scramble } from './support'

const gridmask = new GridMask({ ratio: 0.5, unit: 4 })
const floating = kinds.filter(({ dtype }) => dtype !== 'uint8')

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
const patterns = { float32, float16, bfloat16, uint8: {} } as const

const cases = floating.flatMap(({ name, View, Bits, dtype }) =>
  Object.entries(patterns[dtype]).map(([value, bits]) => {
    const sign = dtype === 'float32' ? 0x80000000 : 0x8000
    const both = bits.flatMap((b) => [b, (b | sign) >>> 0])
    return { name, View, Bits, dtype, value, bits: both }
  }),
)

// Small units take the path of mask words, large ones that of runs; the last drops half of all units.
const samples = [
  { ...params, d: 4, ratio: 0.3 },
  { ...params, d: 60 },
  { ...params, d: 7, unitProbability: 0.5 },
]

describe.each(cases)('$name holding $value', ({ View, Bits, dtype, bits }) => {
  const shape = [samples.length, 2, 37, 41] as const
  const length = shape.reduce<number>((a, b) => a * b, 1)
  const source = new Bits(new ArrayBuffer(length * Bits.BYTES_PER_ELEMENT))
  for (let i = 0; i < length; i++) source[i] = bits[i % bits.length] as number
  const images = () => new View(bytesOf(source).buffer)
  // A fill that is none of the values.
  const fill = 1
  const [fillBits] = new Bits(encoded(dtype, fill).buffer)
  const expected = maskedBits(source, shape, samples, fillBits)
  const request = { shape, dtype, fill }

  test('comes out bit for bit in a new array, in out and in place', () => {
    expectBytes(applyPlan(images(), samples, request), expected)
    const out = scramble(images())
    expectBytes(applyPlan(images(), samples, { ...request, out }), expected)
    const inPlace = images()
    expectBytes(applyPlan(inPlace, samples, { ...request, out: inPlace }), expected)
  })

  test('comes out bit for bit through applyAsync', async () => {
    const filling = new GridMask({ ratio: 0.5, unit: 4, fill })
    const result = await filling.applyAsync(images(), { shape, dtype, plan: samples })
    expectBytes(result, expected)
  })

  test('comes out bit for bit where the channels come last', () => {
    const last = [samples.length, 37, 41, 2] as const
    const result = applyPlan(images(), samples, { shape: last, layout: 'NHWC', dtype, fill })
    expectBytes(result, maskedBits(source, last, samples, fillBits, 'NHWC'))
  })
})

describe('a sample that is not masked', () => {
  test.each(floating)('is copied bit for bit: $name', ({ View, dtype }) => {
    const images = scramble(new View(new ArrayBuffer(3 * 8 * 8 * 4), 0, 3 * 8 * 8))
    const request = { shape: [1, 3, 8, 8] as const, dtype }
    const result = applyPlan(images, [{ ...params, masked: false }], request)
    expectBytes(result, images)
    expectBytes(gridmask.apply(images, { ...request, plan: [{ d: 1, ratio: 0.5 }] }), images)
  })
})

/** A dropped pixel, as it is written. */
function encoded(dtype: Kind['dtype'], fill: number): Uint8Array {
  const kind = kinds.find((k) => k.dtype === dtype) as Kind
  const one = new kind.View(new ArrayBuffer(kind.View.BYTES_PER_ELEMENT))
  // Reversed, stripes are dropped; with offset 0 a mask begins with one.
  const sample = { d: 2, ratio: 0.5, reverse: true }
  return bytesOf(applyPlan(one, [sample], { shape: [1, 1, 1, 1], dtype, fill }))
}

describe('the fill', () => {
  const bitsOf = (dtype: Kind['dtype'], fill: number) => {
    const bytes = encoded(dtype, fill)
    return dtype === 'float32'
      ? (new Uint32Array(bytes.buffer)[0] as number)
      : (new Uint16Array(bytes.buffer)[0] as number)
  }

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
      expect(bitsOf(dtype, fill)).toBe(bits[dtype])
    }
  })

  test('NaN is written as a NaN', () => {
    const exponents = { float32: 0x7f800000, float16: 0x7c00, bfloat16: 0x7f80 }
    for (const dtype of ['float32', 'float16', 'bfloat16'] as const) {
      const magnitude = bitsOf(dtype, Number.NaN) & (dtype === 'float32' ? 0x7fffffff : 0x7fff)
      expect(magnitude).toBeGreaterThan(exponents[dtype])
    }
  })
})
