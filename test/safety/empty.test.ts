// Nothing to do is no error, and no division by it either.
import { describe, expect, test } from '@jest/globals'
import {
  applyPlan,
  GridMask,
  keepRatio,
  maskOf,
  presets,
  type Shape,
  visibleFraction,
} from '../../lib/index'
import { code, expectBytes, kinds, params, scramble } from './support'

const gridmask = new GridMask({ ratio: 0.5, unit: 4, rotate: 360 })

const shapes: Shape[] = [
  [0, 3, 8, 8],
  [2, 0, 8, 8],
  [2, 3, 0, 8],
  [2, 3, 8, 0],
  [0, 0, 0, 0],
  [2, 0, 0, 0],
]

describe.each(['NCHW', 'NHWC'] as const)('layout %s', (layout) => {
  test.each(shapes)('%i×%i×%i×%i gives an array of length 0', async (...shape) => {
    for (const { View, dtype } of kinds) {
      const request = { shape, layout, dtype }
      const empty = () => new View(new ArrayBuffer(0))
      const samples = Array.from({ length: shape[0] }, () => params)
      for (const result of [
        gridmask.apply(empty(), request),
        await gridmask.applyAsync(empty(), request),
        applyPlan(empty(), samples, request),
        gridmask.apply(empty(), { ...request, plan: samples }),
      ]) {
        expect(result).toBeInstanceOf(View)
        expect(result.length).toBe(0)
      }
    }
  })

  test.each(shapes)('%i×%i×%i×%i leaves out and what is around it alone', async (...shape) => {
    const memory = scramble(new Uint8Array(64))
    const before = memory.slice()
    const nothing = memory.subarray(20, 20)
    expect(gridmask.apply(nothing, { shape, layout, out: nothing })).toBe(nothing)
    expect(gridmask.apply(new Uint8Array(0), { shape, layout, out: nothing })).toBe(nothing)
    expectBytes(memory, before)
    const taken = await gridmask.applyAsync(nothing, { shape, layout })
    expect([taken.length, taken.byteOffset]).toEqual([0, 20])
    expectBytes(new Uint8Array(taken.buffer), before)
  })
})

describe('an empty batch', () => {
  test('is not what an array with elements holds', () => {
    expect(() => gridmask.apply(new Uint8Array(1), { shape: [0, 3, 8, 8] })).toThrow(
      code('ERR_SHAPE_MISMATCH'),
    )
  })

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

  test('takes neither time nor memory, however many samples or channels it has', () => {
    const started = performance.now()
    for (const shape of [
      [2 ** 26, 0, 16384, 16384],
      [2 ** 26, 3, 0, 16384],
      [0, Number.MAX_SAFE_INTEGER, 8, 8],
      [1, 2 ** 40, 0, 8],
    ] as const) {
      expect(gridmask.apply(new Float32Array(0), { shape }).length).toBe(0)
    }
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('of zero-sized images numbers its samples', () => {
    const options = { ratio: 0.5, unit: [4, 4000] as const }
    const some = new GridMask(options)
    some.apply(new Float32Array(0), { shape: [5, 3, 0, 8] })
    expect([...some.plan({ count: 1 })]).toEqual([
      ...new GridMask(options).plan({ count: 1, index: 5 }),
    ])
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

  test.each(sizes)('an image of %i×%i keeps all, and shows nothing of a box', (...size) => {
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
