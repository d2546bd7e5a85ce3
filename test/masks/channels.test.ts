// A fill that leaves channels as they are, such as alpha: against the definition, in every dtype and layout.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Cutout, RegionPlan } from '../../lib/baselines/index'
import { applyPlan, GridMask, type ImageArray } from '../../lib/index'
import { bitsOf, elementOf, keptByLattices, lengthOf, oracle, shapeOf } from '../oracle'
import {
  bytesOf,
  code,
  copyOf,
  encode,
  expectBytes,
  formats,
  newArray,
  sampleParams,
  scramble,
} from '../support'

const values = fc
  .array(fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 100 })), {
    minLength: 1,
    maxLength: 6,
  })
  .filter((fill) => fill.some((value) => value !== null))

const batches = fc.record({
  values,
  height: fc.integer({ min: 1, max: 40 }),
  width: fc.integer({ min: 1, max: 90 }),
  plan: fc.array(sampleParams, { minLength: 1, maxLength: 3 }),
  offset: fc.nat(9),
})

describe.each(formats)('$dtype $layout', (format) => {
  const { dtype, layout } = format

  test('what is null stays, byte for byte: a new array, `out`, in place, off the main thread', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async ({ values, height, width, plan, offset }) => {
        const batch = { count: plan.length, channels: values.length, height, width, layout }
        const images = scramble(newArray(format, lengthOf(batch), offset) as ImageArray)
        const before = copyOf(images)
        const again = newArray(format, lengthOf(batch)) as ImageArray
        bytesOf(again).set(before)
        const bits = bitsOf(again).slice()
        const expected = oracle(images, batch, keptByLattices(plan, batch), (n, channel, pixel) => {
          const value = values[channel] as number | null
          return value === null
            ? (bits[elementOf(batch, n, channel, pixel)] as number)
            : encode(dtype, value)
        })
        const request = { shape: shapeOf(batch), layout, dtype }
        const filled = { ...request, fill: values }

        expectBytes(applyPlan(images, plan, filled), expected)
        expectBytes(images, before)
        const out = newArray(format, lengthOf(batch), offset) as ImageArray
        expectBytes(applyPlan(images, plan, { ...filled, out }), expected)
        expectBytes(applyPlan(images, plan, { ...filled, out: images }), expected)
        const gridmask = new GridMask({ ratio: 0.5, unit: 8, fill: values })
        expectBytes(await gridmask.applyAsync(again, { ...request, plan }), expected)
      }),
      { numRuns: 60 },
    )
  })
})

test('rectangles leave them alone too', () => {
  const cutout = new Cutout({ fill: [1, 2, 3, null] })
  const plan = RegionPlan.from([{ regions: [[1, 0, 3, 2]] }, { regions: [] }])
  const images = new Uint8Array(2 * 3 * 4 * 4).fill(9)
  const masked = cutout.apply(images, { shape: [2, 3, 4, 4], layout: 'NHWC', plan })
  const expected = images.slice()
  for (const pixel of [1, 2, 5, 6]) expected.set([1, 2, 3], pixel * 4)
  expectBytes(masked, expected)
})

describe('refused', () => {
  const apply = (fill: unknown, shape = [1, 4, 8, 8]) =>
    applyPlan(new Uint8Array(256), [{ d: 4, ratio: 0.5 }], { shape, fill: fill as null[] })

  test('a fill that changes nothing, and one of another number of channels', () => {
    expect(() => apply([null, null, null, null])).toThrow(
      /^Expected `fill` to be a number for at least one/,
    )
    expect(() => apply([null])).toThrow(code('ERR_INVALID_ARG_VALUE'))
    expect(() => apply([0, null])).toThrow(code('ERR_SHAPE_MISMATCH'))
    expect(() => apply(null)).toThrow(code('ERR_INVALID_ARG_TYPE'))
    expect(() => new GridMask({ ratio: 0.5, unit: 8, fill: null as never })).toThrow(
      code('ERR_INVALID_ARG_TYPE'),
    )
    expect(() => apply([0, undefined, 0, null])).toThrow(/`fill\[1\]` to be a number, or null/)
    expect(() => apply([0, 256, 0, null])).toThrow(code('ERR_OUT_OF_RANGE'))
    expect(() => apply({ noise: 'uniform', low: [0, null], high: 1 })).toThrow(
      code('ERR_INVALID_ARG_TYPE'),
    )
  })
})
