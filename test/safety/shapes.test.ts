// Sizes that lie, and products that wrap: as doubles, as 64 bits, as 32.
import { describe, expect, test } from '@jest/globals'
import {
  applyPlan,
  type ErrorCode,
  GridMask,
  keepRatio,
  maskOf,
  type SampleParams,
  type Shape,
  visibleFraction,
} from '../../lib/index'
import { code, expectBytes, maskedBits, params, scramble } from './support'

const gridmask = new GridMask({ ratio: 0.5, unit: 4 })

async function expectRefused(shape: unknown, error: ErrorCode, length = 12): Promise<void> {
  const images = scramble(new Uint8Array(length))
  const before = images.slice()
  const request = { shape: shape as Shape, out: images }
  // As long as it needs to be, to whatever the count may wrap.
  const plan = new Proxy([] as SampleParams[], {
    get: (target, key) =>
      key === 'length' ? (request.shape as Shape)[0] : Reflect.get(target, key),
  })
  for (const layout of ['NCHW', 'NHWC'] as const) {
    expect(() => gridmask.apply(images, { ...request, layout })).toThrow(code(error))
    await expect(gridmask.applyAsync(images, { ...request, layout })).rejects.toThrow(code(error))
  }
  expect(() => applyPlan(images, plan, request)).toThrow(expect.any(Error))
  expectBytes(images, before)
}

describe('a product that overflows', () => {
  const MOST = Number.MAX_SAFE_INTEGER

  test.each([
    ['32 bits, to 0', [2 ** 16, 2 ** 4, 2 ** 6, 2 ** 6], 0],
    ['32 bits, to the length', [1, 1, 2 ** 14, 2 ** 14], 12],
    ['32 bits, to a little more', [3, 1431655766, 1, 1], 2],
    ['32 bits, times four bytes', [2 ** 10, 2 ** 6, 2 ** 7, 2 ** 7], 0],
    ['64 bits, to 0', [2 ** 26, 2 ** 12, 2 ** 13, 2 ** 13], 0],
    ['64 bits, channels apart', [1, 2 ** 52, 2 ** 6, 2 ** 6], 0],
    ['what a double holds exactly', [2 ** 20, MOST, 1, 1], 12],
    ['everything', [2 ** 26, MOST, 16384, 16384], 12],
  ])('%s', async (_, [n, c, h, w], length) => {
    const images = new Uint8Array(length as number)
    const mismatch = code('ERR_SHAPE_MISMATCH')
    const shape = [n, c, h, w] as unknown as Shape
    const last = [n, h, w, c] as unknown as Shape
    for (const request of [
      { shape, layout: 'NCHW', out: images },
      { shape: last, layout: 'NHWC', out: images },
    ] as const) {
      expect(() => gridmask.apply(images, request)).toThrow(mismatch)
      await expect(gridmask.applyAsync(images, request)).rejects.toThrow(mismatch)
    }
    expect(() => gridmask.apply(images, { shape, layout: 'NCHW' })).toThrow(mismatch)
  })
})

describe('a dimension', () => {
  test.each([-1, 1.5, Number.NaN, Infinity, -Infinity, -(2 ** 31), 2 ** 53, 1e300, 5e-324])(
    'of %d is refused, wherever it stands',
    async (bad) => {
      for (let i = 0; i < 4; i++) {
        const shape = [1, 3, 2, 2]
        shape[i] = bad
        await expectRefused(shape, 'ERR_OUT_OF_RANGE')
      }
    },
  )

  test.each([
    ['text', '3'],
    ['null', null],
    ['undefined', undefined],
    ['a bigint', 3n],
  ])('that is %s is refused, and not converted', async (_, bad) => {
    for (let i = 0; i < 4; i++) {
      const shape: unknown[] = [1, 3, 2, 2]
      shape[i] = bad
      await expectRefused(shape, 'ERR_INVALID_ARG_TYPE')
    }
  })

  test('that is an object is refused, and not asked for its value', async () => {
    const asked = () => {
      throw new Error('asked for its value')
    }
    const shape = [1, 3, { valueOf: asked, toString: asked }, 2]
    await expectRefused(shape, 'ERR_INVALID_ARG_TYPE')
  })

  test('of -0 is 0', async () => {
    for (let i = 0; i < 4; i++) {
      const shape = [1, 3, 2, 2] as [number, number, number, number]
      shape[i] = -0
      expect(gridmask.apply(new Float32Array(0), { shape }).length).toBe(0)
      expect((await gridmask.applyAsync(new Float32Array(0), { shape })).length).toBe(0)
    }
    expect(maskOf(params, [-0, 4]).length).toBe(0)
    expect(Object.is(gridmask.plan({ count: -0 }).length, 0)).toBe(true)
  })

  test('of a changing mind is read once', () => {
    let reads = 0
    const shape = [1, 3, 2, 2] as const
    const height = { get: () => (reads++ === 0 ? 2 : 16384) }
    const images = scramble(new Uint8Array(12))
    const expected = maskedBits(images, shape)
    const changing = Object.defineProperty([...shape], 2, height) as unknown as Shape
    expectBytes(applyPlan(images, [params], { shape: changing }), expected)
  })
})

describe('a shape', () => {
  test.each([
    ['too few', [3, 2, 2]],
    ['too many', [1, 1, 3, 2, 2]],
    ['none', []],
  ])('of %s dimensions is refused', (_, shape) => expectRefused(shape, 'ERR_INVALID_ARG_TYPE'))

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 12],
    ['a typed array', Int32Array.of(1, 3, 2, 2)],
    ['an array-like object', { length: 4, 0: 1, 1: 3, 2: 2, 3: 2 }],
  ])('that is %s is refused', (_, shape) => expectRefused(shape, 'ERR_INVALID_ARG_TYPE'))
})

describe('a side', () => {
  test('of 16384 works', () => {
    for (const [height, width] of [
      [16384, 2],
      [2, 16384],
    ] as const) {
      const shape = [1, 1, height, width] as const
      const images = scramble(new Uint8Array(height * width))
      expectBytes(applyPlan(images, [params], { shape }), maskedBits(images, shape))
    }
  })

  test('above 16384 is refused', () => {
    for (const [height, width] of [
      [16385, 1],
      [1, 16385],
      [2 ** 31, 1],
      [1, 2 ** 32 + 1],
    ] as const) {
      const tooLarge = code('ERR_OUT_OF_RANGE')
      const images = new Uint8Array(16385)
      const shape = [1, 1, height, width] as const
      expect(() => gridmask.apply(images, { shape })).toThrow(tooLarge)
      expect(() =>
        gridmask.apply(images, { shape: [1, height, width, 1], layout: 'NHWC' }),
      ).toThrow(tooLarge)
      expect(() => maskOf(params, [height, width])).toThrow(tooLarge)
      expect(() => keepRatio(params, [height, width])).toThrow(tooLarge)
      expect(() => visibleFraction(params, [height, width], [])).toThrow(tooLarge)
      expect(() => gridmask.plan({ count: 1, height, width })).toThrow(tooLarge)
    }
  })
})
