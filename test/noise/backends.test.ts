// Noise against its definition, pixel by pixel, on the CPU and in the plain TypeScript fallback, in
// every dtype, layout and mode.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fillOf, maskOperation } from '../../lib/execution/mask-batch'
import { layoutOf } from '../../lib/execution/operation'
import { fallback } from '../../lib/fallback/fallback'
import { applyPlan, Plan } from '../../lib/index'
import { shapeOf } from '../oracle'
import { copyOf, expectBytes } from '../support'
import { batchOf, cases, imagesOf, noisyByDefinition } from './support'

test('a new array, `out` and in place are what the definition says, byte for byte', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { plan, fill, kind } = given
      const { dtype, layout } = kind
      const images = imagesOf(given)
      const before = copyOf(images)
      const expected = noisyByDefinition(images, given)
      const request = { shape: shapeOf(batchOf(given)), layout, dtype, fill }
      const fresh = applyPlan(images, plan, request)
      expectBytes(fresh, expected)
      expectBytes(images, before)
      const out = imagesOf(given)
      applyPlan(images, JSON.parse(JSON.stringify(Plan.from(plan))), { ...request, out })
      expectBytes(out, expected)
      applyPlan(images, plan, { ...request, out: images })
      expectBytes(images, expected)
    }),
    { numRuns: 250 },
  )
}, 300_000)

test('the fallback gives the same bits', async () => {
  await fc.assert(
    fc.asyncProperty(cases, fc.boolean(), async (given, inPlace) => {
      const { plan, fill, channels, height, width, kind } = given
      const images = imagesOf(given)
      const expected = noisyByDefinition(images, given)
      const dimensions = { count: plan.length, channels, height, width }
      const shaped = { ...dimensions, channelsLast: kind.layout === 'NHWC' }
      const { samples } = Plan.packed(Plan.from(plan))
      const encoded = fillOf(fill, kind.dtype, shaped)
      const target = inPlace ? images : imagesOf(given)
      const operation = maskOperation(layoutOf(kind.dtype, shaped), samples, encoded, fallback)
      expect(await operation.cpuAsync(images, target, { threads: 1 })).toBe(0)
      expectBytes(target, expected)
    }),
    { numRuns: 120 },
  )
}, 300_000)
