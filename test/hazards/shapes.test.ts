// Wrong sizes, and products that overflow: as doubles, in 64 bits, in 32.
import { describe, expect, test } from '@jest/globals'
import { type ErrorCode, GridMask, keepRatio, maskOf, visibleFraction } from '../../lib/index'
import { lengthOf } from '../oracle'
import { code, expectBytes, scramble } from '../support'
import { expectRefusal, methods, params } from './methods'

const MOST = Number.MAX_SAFE_INTEGER
const overflows: [
  what: string,
  sizes: [n: number, c: number, h: number, w: number],
  length: number,
][] = [
  ['32 bits, to 0', [2 ** 16, 2 ** 4, 2 ** 6, 2 ** 6], 0],
  ['32 bits, to 0, without channels', [16, 1, 2 ** 14, 2 ** 14], 0],
  ['32 bits, to 12', [1, 1, 2 ** 14, 2 ** 14], 12],
  ['32 bits, to a little more', [3, 1431655766, 1, 1], 2],
  ['32 bits, times four bytes', [2 ** 10, 2 ** 6, 2 ** 7, 2 ** 7], 0],
  ['64 bits, to 0', [2 ** 26, 2 ** 12, 2 ** 13, 2 ** 13], 0],
  ['64 bits, channels apart', [1, 2 ** 52, 2 ** 6, 2 ** 6], 0],
  ['what a double holds exactly', [2 ** 20, MOST, 1, 1], 12],
  ['everything', [2 ** 26, MOST, 16384, 16384], 12],
]

const tooLarge = [
  [16385, 1],
  [1, 16385],
  [2 ** 31, 1],
  [1, 2 ** 32 + 1],
] as const

describe.each(methods)('$name', (method) => {
  const small = method.batch({ count: 2, channels: 3, height: 2, width: 2 })
  const length = lengthOf(small)
  const requests = method.layouts.map((layout) => method.request({ ...small, layout }))
  const dimensions = requests[0]?.shape.length as number

  /** The same shape in every layout: nothing of the images, which are `out` as well, is written. */
  async function expectRefused(shape: unknown, expected: ErrorCode): Promise<void> {
    const images = scramble(new Uint8Array(length))
    const before = images.slice()
    for (const request of requests) {
      for (const out of [undefined, images]) {
        const call = () => method.draw(images, { ...request, shape, out })
        await expectRefusal(method, call, expected)
      }
    }
    expectBytes(images, before)
  }

  /** With a dimension in place of each in turn. */
  async function expectAllRefused(bad: unknown, expected: ErrorCode): Promise<void> {
    for (let i = 0; i < dimensions; i++) {
      const shape: unknown[] = [...(requests[0]?.shape ?? [])]
      shape[i] = bad
      await expectRefused(shape, expected)
    }
  }

  // Functions need a plan as long: of a few samples.
  const drawn = method.instance !== undefined
  const within = overflows.filter(([, [count]]) => drawn || count <= 16)
  test.each(within)('refuses a product that overflows %s', async (_, sizes, elements) => {
    const [count, channels, height, width] = sizes
    const images = new Uint8Array(elements)
    for (const layout of method.layouts) {
      const batch = method.batch({ count, channels, height, width, layout })
      for (const out of [undefined, images]) {
        const request = { ...method.request(batch), out }
        const call = () =>
          drawn ? method.draw(images, request) : method.replay(images, request, count)
        await expectRefusal(method, call, 'ERR_SHAPE_MISMATCH')
      }
    }
  })

  describe('refuses a dimension', () => {
    test.each([-1, 1.5, Number.NaN, Infinity, -Infinity, -(2 ** 31), 2 ** 53, 1e300, 5e-324])(
      'of %d, wherever it stands',
      (bad) => expectAllRefused(bad, 'ERR_OUT_OF_RANGE'),
    )

    test.each([
      ['text', '3'],
      ['null', null],
      ['undefined', undefined],
      ['a bigint', 3n],
    ])('that is %s, and does not convert it', (_, bad) =>
      expectAllRefused(bad, 'ERR_INVALID_ARG_TYPE'),
    )

    test('that is an object, and does not ask for its value', () => {
      const asked = () => {
        throw new Error('asked for its value')
      }
      return expectAllRefused({ valueOf: asked, toString: asked }, 'ERR_INVALID_ARG_TYPE')
    })

    test('that is a side above 16384', async () => {
      for (const [height, width] of tooLarge) {
        const images = new Uint8Array(2 * 16385)
        for (const layout of method.layouts) {
          const batch = method.batch({ count: 2, channels: 1, height, width, layout })
          const call = () => method.draw(images, method.request(batch))
          await expectRefusal(method, call, 'ERR_OUT_OF_RANGE')
        }
      }
    })
  })

  test('accepts a side of 16384', async () => {
    for (const [height, width] of [
      [16384, 2],
      [2, 16384],
    ] as const) {
      const batch = method.batch({ count: 2, channels: 1, height, width })
      const images = scramble(new Uint8Array(lengthOf(batch)))
      const expected = method.expected(images, batch)
      expectBytes(await method.replay(images, method.request(batch), 2), expected)
    }
  })

  test('treats -0 as 0', async () => {
    for (let i = 0; i < dimensions; i++) {
      const shape = [...(requests[0]?.shape ?? [])]
      shape[i] = -0
      const request = { ...requests[0], shape }
      const result = await method.replay(new Uint8Array(0), request, i === 0 ? 0 : 2)
      expect(result.length).toBe(0)
    }
  })

  test('reads a dimension that keeps changing only once', async () => {
    let reads = 0
    const changing = { get: () => (reads++ === 0 ? 2 : 16384) }
    const images = scramble(new Uint8Array(length))
    const expected = method.expected(images, small)
    const shape = Object.defineProperty([...(requests[0]?.shape ?? [])], dimensions - 2, changing)
    expectBytes(await method.replay(images, { ...requests[0], shape }, 2), expected)
    expect(reads).toBe(1)
  })

  describe('refuses a shape', () => {
    test.each([
      ['too few dimensions', (shape: readonly number[]) => shape.slice(1)],
      ['too many dimensions', (shape: readonly number[]) => [1, ...shape]],
      ['no dimensions', () => []],
    ])('of %s', (_, change) => {
      return expectRefused(change(requests[0]?.shape ?? []), 'ERR_INVALID_ARG_TYPE')
    })

    test.each([
      ['undefined', undefined],
      ['null', null],
      ['a number', 12],
      ['a typed array', Int32Array.of(1, 3, 2, 2)],
      ['an array-like object', { length: 4, 0: 1, 1: 3, 2: 2, 3: 2 }],
    ])('that is %s', (_, shape) => expectRefused(shape, 'ERR_INVALID_ARG_TYPE'))
  })
})

describe('without a batch', () => {
  const gridmask = new GridMask({ ratio: 0.5, unit: 4 })

  test('a side above 16384 is refused', () => {
    for (const [height, width] of tooLarge) {
      const outOfRange = code('ERR_OUT_OF_RANGE')
      expect(() => maskOf(params, [height, width])).toThrow(outOfRange)
      expect(() => keepRatio(params, [height, width])).toThrow(outOfRange)
      expect(() => visibleFraction(params, [height, width], [])).toThrow(outOfRange)
      expect(() => gridmask.plan({ count: 1, height, width })).toThrow(outOfRange)
    }
  })

  test('-0 is 0', () => {
    expect(maskOf(params, [-0, 4]).length).toBe(0)
    expect(Object.is(gridmask.plan({ count: -0 }).length, 0)).toBe(true)
  })
})
