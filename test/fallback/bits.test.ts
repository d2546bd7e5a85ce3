// The backend in plain TypeScript gives the bits that the native one gives, called with the same
// arguments.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { native } from '../../lib/backend/native'
import { packHeader } from '../../lib/core/batch-header'
import { maskOperation } from '../../lib/execution/mask-batch'
import { layoutOf } from '../../lib/execution/operation'
import { fallback } from '../../lib/fallback/fallback'
import { rotationOf } from '../../lib/fallback/rotation'
import { maskOf, Plan } from '../../lib/index'
import { Drawer } from '../../lib/plan/draw-settings'
import { encodeFill } from '../../lib/plan/fill'
import { PackedPlan } from '../../lib/plan/plan'
import { lengthOf } from '../oracle'
import { expectBytes, formats, newArray, sampleParams } from '../support'
import { expectSameOfBoth } from './support'

const shapes = fc.record({
  kind: fc.constantFrom(...formats),
  channels: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 1, max: 50 }),
  width: fc.integer({ min: 1, max: 70 }),
  offset: fc.integer({ min: 0, max: 5 }),
  inPlace: fc.boolean(),
  fills: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 }),
})

test('bindings match fallback: masks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(sampleParams, { maxLength: 3 }),
      shapes,
      async (params, { kind, channels, height, width, offset, inPlace, fills }) => {
        const { dtype, layout } = kind
        const batch = { count: params.length, channels, height, width }
        const length = lengthOf(batch)
        const { samples } = Plan.packed(Plan.from(params))
        const dimensions = { ...batch, channelsLast: layout === 'NHWC' }
        const fill = encodeFill(fills.slice(0, channels), dtype, channels, height * width)
        const memory = layoutOf(dtype, dimensions)
        const operation = (backend: typeof native) => maskOperation(memory, samples, fill, backend)
        const arrays = { length, offset, inPlace }
        const { source, target } = expectSameOfBoth(kind, arrays, (backend, from, to) => {
          return operation(backend).cpu(from, to, { threads: 2 })
        })
        if (inPlace) return
        const again = newArray(kind, length)
        expect(await operation(fallback).cpuAsync(source, again, { threads: 2 })).toBe(0)
        expectBytes(again, target)
      },
    ),
    { numRuns: 300 },
  )
})

test('bindings match fallback: draws', () => {
  const drawer = new Drawer({
    ratio: [0.3, 0.8],
    rotate: 360,
    reverse: false,
    unitProbability: 0.5,
    seed: 0xfedc_ba98_7654_3210n,
  })
  const packed = (backend: typeof native, indices?: Float64Array) => {
    const plan = new PackedPlan(200)
    const { data, first } = drawer.samples([3, 224], 0.7, 12, 2 ** 40, indices)
    const header = packHeader({ count: plan.length, first })
    expect(backend.draw(header, data, indices, plan.bytes)).toBe(0)
    return plan.bytes
  }
  expect(packed(fallback)).toEqual(packed(native))
  const indices = Float64Array.from({ length: 200 }, (_, i) => i ** 5)
  expect(packed(fallback, indices)).toEqual(packed(native, indices))
})

test('bindings match fallback: counts', () => {
  fc.assert(
    fc.property(sampleParams, fc.nat(60), fc.nat(60), (params, height, width) => {
      const boxes = Int32Array.of(0, 0, width, height, width >> 1, height >> 2, width, height >> 1)
      const { bytes } = Plan.packed(Plan.from([params]))
      const [ours, theirs] = [fallback, native].map((backend) => {
        const counts = new Float64Array(2)
        const header = packHeader({ count: 1, height, width })
        expect(backend.countKept(header, bytes, boxes, counts)).toBe(0)
        return counts
      })
      expect(ours).toEqual(theirs)
    }),
  )
})

describe('rotation', () => {
  test('whole degrees are right in all 15 decimals', () => {
    const one = 10n ** 60n
    // The double's exact value; the series of cos(t), or of sin(t) where `k` begins with 1.
    const exact = (t: number) => BigInt(t.toFixed(60).replace('.', ''))
    const series = (t: bigint, k: bigint) => {
      let term = k === 0n ? one : t
      let sum = term
      for (let n = k + 2n; term !== 0n; n += 2n) {
        term = (-term * t * t) / (one * one * n * (n - 1n))
        sum += term
      }
      return sum
    }
    // To the nearest double first, as every function of a library does at best.
    const round15 = (value: bigint) => Number(Number(`${value}e-60`).toFixed(15))
    for (let degree = 0; degree < 360; degree++) {
      const t = exact((-degree * Math.PI) / 180)
      const [c, s] = rotationOf(degree)
      expect([c + 0, s + 0]).toEqual([round15(series(t, 0n)) + 0, round15(series(t, 1n)) + 0])
    }
  })

  // Large enough that one bit more or less would show in some pixel.
  test('any angle rotates a mask as native code does', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e5, max: 1e5, noNaN: true }), (angle) => {
        const params = { d: 3, ratio: 0.4, angle }
        const { bytes, samples } = Plan.packed(Plan.from([params]))
        expect(bytes.length).toBeGreaterThan(0)
        const [height, width] = [64, 16384]
        const mask = new Uint8Array(height * width).fill(1)
        const dimensions = { count: 1, channels: 1, height, width, channelsLast: false }
        const memory = layoutOf('uint8', dimensions)
        const operation = maskOperation(memory, samples, new Uint8Array(1), fallback)
        operation.cpu(mask, mask, { threads: 1 })
        expectBytes(mask, maskOf(params, [height, width]))
      }),
      { numRuns: 20 },
    )
  })
})
