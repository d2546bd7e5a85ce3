// Random batches against the definition, pixel by pixel, in every dtype, layout and mode.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { referenceMask } from '../../lib/fallback/reference'
import {
  applyPlan,
  keepRatio,
  maskOf,
  Plan,
  type Sample,
  type SampleParams,
  visibleFraction,
} from '../../lib/index'
import { keptByLattices, largeSizes, lengthOf, oracle, shapeOf } from '../oracle'
import { bytesOf, copyOf, encode, expectBytes, formats, newArray, sampleParams } from '../support'

const side = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 40 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 300 }) },
)

const batches = fc
  .record({
    channels: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 40 })),
    height: side,
    width: side,
    plan: fc.array(sampleParams, { minLength: 1, maxLength: 4 }),
    /** Elements before the view in its buffer. */
    offset: fc.nat(9),
    random: fc.infiniteStream(fc.nat(255)),
  })
  .filter(({ channels, height, width, plan }) => channels * height * width * plan.length < 4e5)

describe.each(formats)('$dtype $layout', (format) => {
  const { dtype, layout } = format
  test('a new array, `out` and in place are what the definition says, byte for byte', () => {
    fc.assert(
      fc.property(batches, fc.boolean(), ({ random, plan, offset, ...rest }, perChannel) => {
        const batch = { ...rest, layout, count: plan.length }
        const view = () => newArray(format, lengthOf(batch), offset)
        const images = view()
        // Any bits at all: NaN payloads, infinities and denormals among them.
        const pattern = Uint8Array.from({ length: 251 }, () => random.next().value as number)
        bytesOf(images).forEach((_, i, bytes) => {
          bytes[i] = (pattern[i % 251] as number) ^ (i >> 8)
        })
        const before = copyOf(images)

        const values = Array.from({ length: batch.channels }, (_, c) => (perChannel ? c % 200 : 3))
        const bits = values.map((value) => encode(dtype, value))
        const kept = keptByLattices(plan, batch)
        const expected = oracle(images, batch, kept, (_, channel) => bits[channel] as number)
        const request = {
          shape: shapeOf(batch),
          layout,
          dtype,
          fill: perChannel ? values : 3,
        }

        const fresh = applyPlan(images, plan, request)
        expect(fresh.constructor).toBe(images.constructor)
        expectBytes(fresh, expected)
        expectBytes(images, before)

        const out = view()
        expect(applyPlan(images, plan, { ...request, out })).toBe(out)
        expectBytes(out, expected)

        expect(applyPlan(images, plan, { ...request, out: images })).toBe(images)
        expectBytes(images, expected)
      }),
      { numRuns: 120 },
    )
  })
})

const sizes = fc.tuple(side, side)
const sampleOf = (params: SampleParams) => Plan.from([params]).at(0) as Sample

test('maskOf is the definition, on large images too', () => {
  fc.assert(
    fc.property(sampleParams, sizes, (params, size) => {
      expectBytes(maskOf(params, size), referenceMask(sampleOf(params), size))
    }),
    { numRuns: 500 },
  )
  const [large] = fc.sample(sampleParams, { numRuns: 1, seed: 5 }) as [SampleParams]
  for (const size of largeSizes) {
    const params = { ...large, masked: true, d: 37, deltaX: 3, deltaY: 30, angle: 33.3 }
    expectBytes(maskOf(params, size), referenceMask(sampleOf(params), size))
  }
})

test('keepRatio counts what maskOf keeps', () => {
  fc.assert(
    fc.property(sampleParams, sizes, (params, size) => {
      const mask = maskOf(params, size)
      const kept = mask.reduce((sum, bit) => sum + bit, 0)
      expect(keepRatio(params, size)).toBe(kept / mask.length)
    }),
    { numRuns: 500 },
  )
})

test('keepRatio tends to equation 3, 1 - (1-r)², for many units', () => {
  for (const ratio of [0.2, 0.4, 0.6, 0.8]) {
    const kept = keepRatio({ d: 20, ratio, angle: 27 }, [2000, 2000])
    expect(kept).toBeCloseTo(1 - (1 - ratio) ** 2, 2)
  }
})

test('visibleFraction is the share of the pixels whose centres a box holds', () => {
  const edge = fc.double({ min: -20, max: 80, noNaN: true })
  // Not such as are taken for fractions of the image.
  const inPixels = (list: readonly (readonly number[])[]) =>
    list.length === 0 || list.flat().some((edge) => edge < 0 || edge > 1)
  const boxes = fc
    .array(
      fc.tuple(edge, edge, edge, edge).map(([a, b, c, d]) => {
        return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)] as const
      }),
      { maxLength: 5 },
    )
    .filter(inPixels)
  fc.assert(
    fc.property(sampleParams, fc.tuple(fc.nat(60), fc.nat(60)), boxes, (params, size, list) => {
      const [height, width] = size
      const mask = maskOf(params, size)
      const expected = list.map(([x0, y0, x1, y1]) => {
        let inside = 0
        let kept = 0
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            const within = x + 0.5 >= x0 && x + 0.5 < x1 && y + 0.5 >= y0 && y + 0.5 < y1
            inside += within ? 1 : 0
            kept += within ? (mask[y * width + x] as number) : 0
          }
        }
        return inside === 0 ? 0 : kept / inside
      })
      expect(visibleFraction(params, size, list)).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})
