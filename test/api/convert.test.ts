// The converters, against the formulas of the libraries they convert from.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  fromAlbumentations,
  fromDali,
  fromKerasCV,
  GridMask,
  type GridMaskOptions,
  keepRatio,
  maskOf,
  type Sample,
} from '../../lib/index'

/** DALI's rule in double precision: a pixel is kept if either fractional part is at least the ratio. */
function daliMask(
  { tile, ratio, angle, shiftX, shiftY }: Record<string, number>,
  [height, width]: readonly [number, number],
): Uint8Array {
  const [d, r, a, sx, sy] = [tile, ratio, angle, shiftX, shiftY] as [
    number,
    number,
    number,
    number,
    number,
  ]
  const below = (position: number) => position - d * Math.floor(position / d) < r * d
  return Uint8Array.from({ length: height * width }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)]
    const fx = x * Math.cos(a) - y * Math.sin(a) - sx
    const fy = x * Math.sin(a) + y * Math.cos(a) - sy
    return below(fx) && below(fy) ? 0 : 1
  })
}

describe('fromDali', () => {
  const size = fc.tuple(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 90 }))

  test('gives the same pixels without rotation and with whole shifts', () => {
    const args = fc.record({
      tile: fc.integer({ min: 2, max: 60 }),
      // Not tenths whose product with a tile's side is inexact in doubles.
      ratio: fc.integer({ min: 1, max: 63 }).map((n) => n / 64),
      angle: fc.constant(0),
      shiftX: fc.integer({ min: -100, max: 100 }),
      shiftY: fc.integer({ min: -100, max: 100 }),
    })
    fc.assert(
      fc.property(args, size, (dali, imageSize) => {
        // A square that fills its tile leaves no stripe, which GridMask always has.
        fc.pre(Math.ceil(dali.tile * dali.ratio) < dali.tile)
        const mask = maskOf(fromDali(dali, imageSize), imageSize)
        expect(Buffer.compare(mask, daliMask(dali, imageSize))).toBe(0)
      }),
      { numRuns: 500 },
    )
  })

  test('gives nearly the same pixels with rotation', () => {
    for (const angle of [0.1, 0.5, 1, 2.5, -0.7]) {
      const dali = { tile: 60, ratio: 0.5, angle, shiftX: 7.3, shiftY: -11.8 }
      const mask = maskOf(fromDali(dali, [224, 190]), [224, 190])
      const other = daliMask(dali, [224, 190])
      const same = mask.reduce((sum, bit, i) => sum + (bit === other[i] ? 1 : 0), 0)
      expect(same / mask.length).toBeGreaterThan(0.97)
    }
  })

  test("has DALI's defaults", () => {
    expect(fromDali({}, [224, 224])).toMatchObject({ d: 100, ratio: 0.5, angle: 0 })
  })
})

test("fromKerasCV turns the dropped side into the kept stripe, and keeps KerasCV's units", () => {
  expect(fromKerasCV({ ratioFactor: [0.25, 0.5], rotationFactor: 0.1 })).toMatchObject({
    ratio: [0.5, 0.75],
    rotate: 72,
  })
  expect(fromKerasCV({ ratioFactor: [0.5, 0.5] }).ratio).toBe(0.5)
  const gridmask = new GridMask(fromKerasCV())
  const units = [...gridmask.plan({ count: 3000, height: 100, width: 200 })].map(({ d }) => d)
  expect([Math.min(...units), Math.max(...units)]).toEqual([50, 60])
  expect(gridmask.plan({ count: 1, height: 1, width: 1 }).at(0)?.d).toBe(1)
})

describe('fromAlbumentations', () => {
  test('GridDropout: ratio is the dropped side, the largest unit is included', () => {
    const options = fromAlbumentations({ ratio: 0.3, unitSizeRange: [10, 12] })
    expect(options).toEqual({ ratio: 0.7, unit: [10, 13], probability: 0.5 })
    expect(fromAlbumentations({ ratio: 0.3, unitSizeMin: 10, unitSizeMax: 12 })).toEqual(options)
  })

  test('GridDropout with a ratio alone: ten units per side, about 1 % dropped at 0.1', () => {
    const options = fromAlbumentations({ ratio: 0.1, p: 1 })
    const size = [400, 600] as const
    const [sample] = new GridMask(options).plan({ count: 1, height: size[0], width: size[1] })
    expect(sample).toMatchObject({ masked: true, d: 40, reverse: false })
    expect(1 - keepRatio(sample as Sample, size)).toBeCloseTo(0.01, 3)
  })

  test('GridDropout with a number of holes', () => {
    const side = (options: GridMaskOptions) =>
      (options.unit as (h: number, w: number) => number)(90, 200)
    expect(side(fromAlbumentations({ holesNumberXy: [10, 5] }))).toBe(18)
    expect(side(fromAlbumentations({ holesNumberX: 10, holesNumberY: 5 }))).toBe(18)
    expect(side(fromAlbumentations({ holesNumberXy: [199, 1] }))).toBe(2)
  })

  test("has albumentations' probability and fill", () => {
    for (const args of [{ ratio: 0.5 }, { numGridRange: [3, 7] }, {}]) {
      expect(fromAlbumentations(args).probability).toBe(0.5)
      expect(fromAlbumentations({ ...args, p: 0.25, fill: [1, 2, 3] })).toMatchObject({
        probability: 0.25,
        fill: [1, 2, 3],
      })
    }
  })

  test.each<[object, RegExp]>([
    [
      { ratio: 0.5, numGridRange: [3, 7] },
      /GridDropout or GridMask, .* `ratio` and `numGridRange`$/,
    ],
    [{ unitSizeMin: 4, lineWidthRange: [0.2, 0.5] }, /`unitSizeMin` and `lineWidthRange`$/],
    [{ unitSizeRange: [4, 5], holesNumberXy: [4, 5] }, /sizes of units or numbers of holes/],
    [{ unitSizeRange: [4, 5], unitSizeMin: 4 }, /of version 2 or older/],
    [{ holesNumberXy: [4, 5], holesNumberY: 4 }, /of version 2 or older/],
    [{ unitSizeMin: 4 }, /`unitSizeMax` to be a whole number from 4/],
    [{ unit_size_range: [4, 5] }, /did you mean `unitSizeRange`\?/],
    [{ ratio: 0.5, p: 50 }, /`p` to be a number in \[0, 1\], but received 50\. 50 % is 0\.5$/],
    [{ rotationRange: 1 }, /`rotationRange`/],
  ])('refuses %j', (args, message) => {
    expect(() => fromAlbumentations(args)).toThrow(message)
  })

  test('GridMask drops lines: a reversed mask', () => {
    const options = fromAlbumentations({ rotationRange: [0, Math.PI / 2] })
    expect(options).toMatchObject({ ratio: [0.2, 0.5], reverse: true, rotate: 90 })
    const gridmask = new GridMask(options)
    const units = [...gridmask.plan({ count: 3000, height: 70, width: 200 })].map(({ d }) => d)
    expect([Math.min(...units), Math.max(...units)]).toEqual([10, 23])
    const { ratio = 0, reverse = false } =
      gridmask.plan({ count: 1, index: 0, height: 400, width: 400 }).at(0) ?? {}
    const mask = maskOf({ d: 40, ratio, reverse }, [400, 400])
    const kept = mask.reduce((sum, bit) => sum + bit, 0) / mask.length
    expect(kept).toBeCloseTo((1 - ratio) ** 2, 1)
  })
})
