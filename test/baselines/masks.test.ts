// Rectangles against the definition, pixel by pixel, in every dtype, layout and mode, in native code and
// in the plain TypeScript fallback.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { native } from '../../lib/backend/native'
import { Cutout, RegionPlan } from '../../lib/baselines'
import { packHeader } from '../../lib/core/batch-header'
import { maskOperation } from '../../lib/execution/mask-batch'
import { layoutOf } from '../../lib/execution/operation'
import { fallback } from '../../lib/fallback/fallback'
import { GridMask, keepRatio, maskOf, Plan, visibleFraction } from '../../lib/index'
import { encodeFill, type Fill } from '../../lib/plan/fill'
import type { PackedPlan } from '../../lib/plan/plan'
import type { PackedRegions } from '../../lib/plan/rectangle-plan'
import { expectSameOfBoth } from '../fallback/support'
import { largeSizes, lengthOf, oracle, shapeOf } from '../oracle'
import { copyOf, encode, expectBytes, formats, newArray, sampleParams, scramble } from '../support'
import { type Box, keptByRectangles, rectanglesMask, regionParams } from './support'

const SIDE = 40

const batches = fc.record({
  channels: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 })),
  height: fc.integer({ min: 1, max: SIDE }),
  width: fc.integer({ min: 1, max: SIDE }),
  plan: fc.array(regionParams(SIDE), { minLength: 1, maxLength: 4 }),
  /** Elements before the view in its buffer. */
  offset: fc.nat(9),
  threads: fc.integer({ min: 1, max: 3 }),
  perChannel: fc.boolean(),
})

describe.each(formats)('$dtype $layout', (format) => {
  const { dtype, layout } = format
  const step = { uint8: 1, float32: 0.25, bfloat16: 1 / 128, float16: 1 / 1024 }[dtype]

  test('a new array, `out`, in place and applyAsync are what the rectangles say', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async ({ plan, offset, threads, perChannel, ...rest }) => {
        const batch = { ...rest, layout, count: plan.length }
        const view = () => newArray(format, lengthOf(batch), offset)
        const images = scramble(view())
        const before = copyOf(images)

        const values = Array.from(
          { length: batch.channels },
          (_, c) => 1 + (perChannel ? c * step : 0),
        )
        const bits = values.map((value) => encode(dtype, value))
        const kept = keptByRectangles(plan)
        const expected = oracle(images, batch, kept, (_, channel) => bits[channel] as number)

        const method = new Cutout({ fill: perChannel ? values : 1, threads })
        const request = { shape: shapeOf(batch), layout, dtype, plan }
        const fresh = method.apply(images, request)
        expect(fresh.constructor).toBe(images.constructor)
        expectBytes(fresh, expected)
        expectBytes(images, before)

        const out = view()
        expect(method.apply(images, { ...request, out })).toBe(out)
        expectBytes(out, expected)

        const later = await method.applyAsync((images as Uint8Array).slice(), request)
        expectBytes(later, expected)

        expect(method.apply(images, { ...request, out: images })).toBe(images)
        expectBytes(images, expected)
      }),
      { numRuns: 60 },
    )
  })
})

test('bindings match fallback: rectangles', () => {
  fc.assert(
    fc.property(batches, fc.constantFrom(...formats), fc.boolean(), (given, kind, inPlace) => {
      const { channels, height, width, plan, offset } = given
      const { dtype, layout, View } = kind
      const batch = { count: plan.length, channels, height, width }
      const { samples } = RegionPlan.packed(RegionPlan.from(plan))
      const fill = Uint8Array.from({ length: channels * View.BYTES_PER_ELEMENT }, (_, i) => i)
      const memory = layoutOf(dtype, { ...batch, channelsLast: layout === 'NHWC' })
      const arrays = { length: lengthOf(batch), offset, inPlace }
      expectSameOfBoth(kind, arrays, (backend, source, target) => {
        return maskOperation(memory, samples, fill, backend).cpu(source, target, { threads: 2 })
      })
    }),
    { numRuns: 200 },
  )
})

test('bindings match fallback: counts of rectangles', () => {
  fc.assert(
    fc.property(regionParams(SIDE), fc.nat(50), fc.nat(50), (params, height, width) => {
      const boxes = Int32Array.of(0, 0, width, height, width >> 1, height >> 2, width, height >> 1)
      const { words } = RegionPlan.packed(RegionPlan.from([params]))
      const mask = rectanglesMask(params, [height, width])
      for (const backend of [native, fallback]) {
        const counts = new Float64Array(2)
        const header = packHeader({ count: 1, height, width, sampleKind: 2 })
        expect(backend.countKept(header, words, boxes, counts)).toBe(0)
        const [whole, part] = counts
        expect(whole).toBe(mask.reduce((sum, bit) => sum + bit, 0))
        const inPart = mask.filter((_, pixel) => {
          const [x, y] = [pixel % width, Math.floor(pixel / width)]
          return x >= width >> 1 && y >= height >> 2 && y < height >> 1
        })
        expect(part).toBe(inPart.reduce((sum, bit) => sum + bit, 0))
      }
    }),
  )
})

const sizes = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 }))

/** Not such as are taken for fractions of the image. */
const inPixels = (boxes: number[][]) =>
  boxes.length === 0 || boxes.flat().some((edge) => edge < 0 || edge > 1)

test('maskOf, keepRatio and visibleFraction take rectangles as they take a lattice', () => {
  const edge = fc.double({ min: -20, max: 80, noNaN: true })
  const boxes = fc.array(fc.tuple(edge, edge, edge, edge), { maxLength: 4 }).filter(inPixels)
  fc.assert(
    fc.property(regionParams(SIDE), sizes, boxes, (params, size, corners) => {
      const mask = rectanglesMask(params, size)
      expectBytes(maskOf(params, size), mask)
      const sample = RegionPlan.from([params]).at(0)
      expect(maskOf(sample as NonNullable<typeof sample>, size)).toEqual(mask)
      expect(keepRatio(params, size)).toBe(mask.reduce((sum, bit) => sum + bit, 0) / mask.length)

      const list = corners.map(([a, b, c, d]): Box => {
        return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)]
      })
      const visible = visibleFraction(params, size, list)
      list.forEach(([x0, y0, x1, y1], i) => {
        const inside = mask.filter((_, pixel) => {
          const [x, y] = [(pixel % size[1]) + 0.5, Math.floor(pixel / size[1]) + 0.5]
          return x >= x0 && x < x1 && y >= y0 && y < y1
        })
        const kept = inside.reduce((sum, bit) => sum + bit, 0)
        expect(visible[i]).toBe(inside.length === 0 ? 0 : kept / inside.length)
      })
    }),
  )
})

test('images of the largest sides', () => {
  const regions: Box[] = [
    [0, 0, 1, 1],
    [16383, 0, 16384, 16384],
    [5, 0, 900, 16384],
    [0, 16383, 16384, 16384],
  ]
  for (const size of largeSizes) {
    expectBytes(maskOf({ regions }, size), rectanglesMask({ regions }, size))
  }
})

// A mask of any shape is rectangles of one row: what does not know how a mask came about must treat both
// alike, with values and with noise for a fill.
describe('a lattice as rectangles', () => {
  const cases = fc.record({
    params: fc.array(sampleParams, { minLength: 1, maxLength: 3 }),
    height: fc.integer({ min: 1, max: 30 }),
    width: fc.integer({ min: 1, max: 30 }),
    channels: fc.integer({ min: 1, max: 3 }),
    layout: fc.constantFrom('NCHW' as const, 'NHWC' as const),
    inPlace: fc.boolean(),
  })
  const rowsOf = (mask: Uint8Array, width: number) => {
    const regions: Box[] = []
    mask.forEach((kept, pixel) => {
      const [x, y] = [pixel % width, Math.floor(pixel / width)]
      if (kept === 0) regions.push([x, y, x + 1, y + 1])
    })
    return regions
  }

  test.each<[string, (channels: number) => Fill]>([
    ['values', (channels) => Array.from({ length: channels }, (_, c) => -1 - c)],
    ['noise', () => ({ noise: 'normal', mean: -5, std: 0.5, shared: false })],
    ['shared noise', () => ({ noise: 'uniform', low: -1, high: 0 })],
  ])('drops the same, with %s', (_, fillOf) => {
    fc.assert(
      fc.property(cases, ({ params, height, width, channels, layout, inPlace }) => {
        const lattices = Plan.from(params)
        const rectangles = RegionPlan.from(
          lattices.toJSON().map(({ masked, seed, epoch, index, ...sample }) => ({
            ...{ masked, seed, epoch, index },
            regions: rowsOf(maskOf({ ...sample, seed, masked: true }, [height, width]), width),
          })),
        )
        const count = params.length
        const dimensions = { count, channels, height, width, channelsLast: layout === 'NHWC' }
        const length = count * channels * height * width
        const fill = encodeFill(fillOf(channels), 'float32', channels, height * width)
        const masked = (
          backend: typeof native,
          { samples }: Pick<PackedPlan | PackedRegions, 'samples'>,
        ) => {
          const source = Float32Array.from({ length }, (_, i) => i)
          const target = inPlace ? source : new Float32Array(length)
          const memory = layoutOf('float32', dimensions)
          const operation = maskOperation(memory, samples, fill, backend)
          expect(operation.cpu(source, target, { threads: 2 })).toBe(0)
          return target
        }
        const expected = masked(native, Plan.packed(lattices))
        expect(masked(native, RegionPlan.packed(rectangles))).toEqual(expected)
        expect(masked(fallback, RegionPlan.packed(rectangles))).toEqual(expected)
      }),
      { numRuns: 100 },
    )
  })

  test('a GridMask refuses a plan of rectangles, and the other way round', () => {
    const shape = [1, 1, 4, 4] as const
    const gridmask = new GridMask({ ratio: 0.5, unit: 4 })
    const plan = new Cutout().plan({ count: 1, height: 4, width: 4 })
    const wrong = (work: () => unknown) =>
      expect(work).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
    wrong(() => gridmask.apply(new Float32Array(16), { shape, plan: plan as never }))
    const lattice = gridmask.plan({ count: 1 })
    wrong(() => new Cutout().apply(new Float32Array(16), { shape, plan: lattice as never }))
  })
})
