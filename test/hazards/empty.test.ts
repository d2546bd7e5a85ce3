// Having nothing to do is not an error, and nothing divides by it.
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { native } from '../../lib/backend/native'
import {
  applyPlan,
  GridMask,
  keepRatio,
  type Layout,
  maskOf,
  presets,
  visibleFraction,
} from '../../lib/index'
import { emptyShapes, lengthOf } from '../oracle'
import { code, expectBytes, newArray, scramble } from '../support'
import { expectRefusal, methods, params } from './methods'

const emptySizes: (readonly [count: number, channels: number, height: number, width: number])[] = [
  ...emptyShapes,
  [0, 0, 0, 0],
  [2, 0, 0, 0],
]

describe.each(methods)('$name', (method) => {
  const batchesOf = (layout: Layout) =>
    emptySizes
      .map(([count, channels, height, width]) =>
        method.batch({ count, channels, height, width, layout }),
      )
      .filter((batch) => lengthOf(batch) === 0)

  test.each(method.layouts)('gives an array of length 0, %s', async (layout) => {
    for (const batch of batchesOf(layout)) {
      for (const kind of method.kinds) {
        const request = method.request(batch, kind)
        const result = await method.replay(newArray(kind, 0), request, batch.count)
        expect(result).toBeInstanceOf(kind.View)
        expect([batch, result.length]).toEqual([batch, 0])
        if (method.instance === undefined) continue
        expect((await method.draw(newArray(kind, 0), request)).length).toBe(0)
      }
    }
  })

  test.each(method.layouts)('leaves `out` and its surroundings alone, %s', async (layout) => {
    for (const batch of batchesOf(layout)) {
      for (const inPlace of [false, true]) {
        const memory = scramble(new Uint8Array(64))
        const before = memory.slice()
        const out = memory.subarray(20, 20)
        const images = inPlace ? out : new Uint8Array(0)
        const request = { ...method.request(batch), out }
        const result = await method.replay(images, request, batch.count)
        if (!method.takes) expect(result).toBe(out)
        expect([batch, result.length, result.byteOffset]).toEqual([batch, 0, 20])
        expectBytes(new Uint8Array(result.buffer), before)
      }
    }
  })

  test('does not mistake an array with elements for an empty batch', async () => {
    const request = method.request(method.batch({ count: 0, channels: 3, height: 8, width: 8 }))
    const call = () => method.replay(new Uint8Array(1), request, 0)
    await expectRefusal(method, call, 'ERR_SHAPE_MISMATCH')
  })
})

// GridMix draws partners for samples without pixels too.
describe.each(methods.filter(({ instance, name }) => instance && !/gridmix/.test(name)))(
  '$name',
  (method) => {
    afterEach(() => {
      jest.restoreAllMocks()
    })

    test('takes neither work nor memory, however many samples or channels there are', async () => {
      const functions = Object.entries(native)
        .filter(([, value]) => typeof value === 'function')
        .map(([key]) => jest.spyOn(native, key as 'apply'))
      expect(functions.length).toBeGreaterThan(5)
      const { arrayBuffers: before } = process.memoryUsage()
      for (const [count, channels, height, width] of [
        [2 ** 26, 0, 16384, 16384],
        [2 ** 26, 3, 0, 16384],
        [0, Number.MAX_SAFE_INTEGER, 8, 8],
        [1, 2 ** 40, 0, 8],
      ] as const) {
        const request = method.request({ count, channels, height, width })
        expect((await method.draw(new Uint8Array(0), request)).length).toBe(0)
      }
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20)
      for (const function_ of functions) expect(function_).not.toHaveBeenCalled()
    })
  },
)

const gridmask = new GridMask({ ratio: 0.5, unit: 4, rotate: 360 })

describe('an empty batch', () => {
  test('is checked like any other', () => {
    const request = { shape: [0, 3, 8, 8] as const }
    expect(() => applyPlan(new Uint8Array(0), [], { ...request, fill: 256 })).toThrow(
      code('ERR_OUT_OF_RANGE'),
    )
    expect(() => applyPlan(new Uint8Array(0), [], { ...request, fill: [1, 2] })).toThrow(
      code('ERR_SHAPE_MISMATCH'),
    )
    expect(() => applyPlan(new Uint8Array(0), [params], request)).toThrow(
      code('ERR_SHAPE_MISMATCH'),
    )
  })

  test('with a unit that depends on the size of the image', () => {
    const coco = new GridMask(presets.coco)
    expect(coco.apply(new Float32Array(0), { shape: [2, 3, 0, 0] }).length).toBe(0)
    expect(coco.plan({ count: 2, height: 0, width: 0 }).length).toBe(2)
  })
})

describe('without a sample or a pixel', () => {
  test('a plan has length 0', () => {
    expect([...gridmask.plan({ count: 0 })]).toEqual([])
    expect([...gridmask.plan({ indices: [] })]).toEqual([])
    expect(gridmask.plan({ count: 0 }).at(0)).toBeUndefined()
  })

  const sizes = [
    [0, 0],
    [0, 16384],
    [16384, 0],
  ] as const

  test.each(sizes)('a mask of %i×%i has length 0', (...size) => {
    expect(maskOf(params, size)).toEqual(new Uint8Array(0))
  })

  test.each(sizes)('an image of %i×%i keeps everything, and shows nothing of a box', (...size) => {
    expect(keepRatio(params, size)).toBe(1)
    expect(visibleFraction(params, size, [])).toEqual([])
    expect(visibleFraction(params, size, [[0, 0, 5, 5]])).toEqual([0])
  })

  test('a box shows nothing', () => {
    const boxes = [
      [3, 3, 3, 3],
      [8, 0, 9, 9],
      [-5, -5, 0, 0],
      [2.1, 2.1, 2.2, 2.2],
    ] as const
    expect(visibleFraction(params, [8, 8], boxes)).toEqual([0, 0, 0, 0])
    expect(visibleFraction(params, [8, 8], [])).toEqual([])
  })
})
