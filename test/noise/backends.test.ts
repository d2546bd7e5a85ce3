// Noise against its definition, pixel by pixel, on the CPU and in the plain TypeScript fallback, in
// every dtype, layout and mode.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { fillOf, maskOperation } from '../../lib/execution/mask-batch'
import { layoutOf } from '../../lib/execution/operation'
import { fallback } from '../../lib/fallback/fallback'
import { applyPlan, Plan } from '../../lib/index'
import { bytesOf, shapeOf } from '../support'
import { cases, imagesOf, noisyByDefinition } from './support'

test('a new array, `out` and in place are what the definition says, byte for byte', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { plan, fill, kind } = given
      const { dtype, layout } = kind
      const images = imagesOf(given)
      const before = bytesOf(images).slice()
      const expected = noisyByDefinition(images, layout, given)
      const shape = shapeOf({ ...given, count: plan.length }, layout)
      const request = { shape, layout, dtype, fill }
      const fresh = applyPlan(images, plan, request)
      expect(Buffer.compare(bytesOf(fresh), expected)).toBe(0)
      expect(Buffer.compare(bytesOf(images), before)).toBe(0)
      const out = imagesOf(given)
      applyPlan(images, JSON.parse(JSON.stringify(Plan.from(plan))), { ...request, out })
      expect(Buffer.compare(bytesOf(out), expected)).toBe(0)
      applyPlan(images, plan, { ...request, out: images })
      expect(Buffer.compare(bytesOf(images), expected)).toBe(0)
    }),
    { numRuns: 250 },
  )
}, 300_000)

test('the fallback gives the same bits', async () => {
  await fc.assert(
    fc.asyncProperty(cases, fc.boolean(), async (given, inPlace) => {
      const { plan, fill, channels, height, width, kind } = given
      const images = imagesOf(given)
      const expected = noisyByDefinition(images, kind.layout, given)
      const dimensions = { count: plan.length, channels, height, width }
      const shaped = { ...dimensions, channelsLast: kind.layout === 'NHWC' }
      const { samples } = Plan.packed(Plan.from(plan))
      const encoded = fillOf(fill, kind.dtype, shaped)
      const target = inPlace ? images : imagesOf(given)
      const operation = maskOperation(layoutOf(kind.dtype, shaped), samples, encoded, fallback)
      expect(await operation.cpuAsync(images, target, { threads: 1 })).toBe(0)
      expect(Buffer.compare(bytesOf(target), expected)).toBe(0)
    }),
    { numRuns: 120 },
  )
}, 300_000)
