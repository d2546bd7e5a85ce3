// GridMix against its definition, pixel by pixel: on the CPU and in plain TypeScript.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { native } from '../../lib/backend/native'
import { packHeader } from '../../lib/core/batch-header'
import { fallback } from '../../lib/fallback/fallback'
import { GridMask, gridmix, Plan } from '../../lib/index'
import { type Batch, emptyShapes, lengthOf, shapeOf } from '../oracle'
import { bytesOf, copyOf, expectBytes, formats, newArray, sampleParams, scramble } from '../support'
import { mixedByDefinition, permutations } from './support'

const cases = fc.integer({ min: 0, max: 6 }).chain((count) =>
  fc.record({
    kind: fc.constantFrom(...formats),
    plan: fc.array(sampleParams, { minLength: count, maxLength: count }),
    partner: permutations(count),
    channels: fc.integer({ min: 1, max: 4 }),
    height: fc.integer({ min: 1, max: 40 }),
    width: fc.integer({ min: 1, max: 60 }),
    offset: fc.integer({ min: 0, max: 5 }),
    outOffset: fc.integer({ min: 0, max: 5 }),
  }),
)
type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never

function prepare({ kind, plan, partner, offset, outOffset, ...sizes }: Case) {
  const { dtype, layout } = kind
  const batch = { count: plan.length, layout, ...sizes }
  const images = scramble(newArray(kind, lengthOf(batch), offset))
  const before = copyOf(images)
  const out = newArray(kind, lengthOf(batch), outOffset)
  const request = { shape: shapeOf(batch), layout, dtype, plan, partner }
  const expected = mixedByDefinition(images, batch, plan, partner)
  return { batch, images, before, out, request, expected }
}

test('a new array, an array at another offset, and in place', () => {
  fc.assert(
    fc.property(cases, (given) => {
      const { images, before, out, request, expected } = prepare(given)
      const fresh = gridmix(images, request)
      expectBytes(fresh.images, expected.bits)
      expect(fresh.lambda).toEqual(expected.lambda)
      expect([...fresh.partner]).toEqual(request.partner)
      expect(gridmix(images, { ...request, out }).images).toBe(out)
      expectBytes(out, expected.bits)
      expectBytes(images, before)
      expect(gridmix(images, { ...request, out: images }).images).toBe(images)
      expectBytes(images, expected.bits)
    }),
    { numRuns: 400 },
  )
})

test('gridmixAsync, on any number of threads', async () => {
  await fc.assert(
    fc.asyncProperty(cases, fc.integer({ min: 1, max: 5 }), async (given, threads) => {
      const { images, request, expected } = prepare(given)
      const gridmask = new GridMask({ ratio: 0.5, unit: 4, threads })
      const sync = gridmask.gridmix(images, request)
      expectBytes(sync.images, expected.bits)
      const { images: mixed, partner, lambda } = await gridmask.gridmixAsync(images, request)
      if (expected.bits.length > 0) expect(images.length).toBe(0)
      expectBytes(mixed, expected.bits)
      expect(lambda).toEqual(expected.lambda)
      expect([...partner]).toEqual(request.partner)
    }),
    { numRuns: 150 },
  )
})

test('plain TypeScript', async () => {
  await fc.assert(
    fc.asyncProperty(cases, fc.boolean(), async (given, inPlace) => {
      const { batch, images, out, request, expected } = prepare(given)
      const { bytes } = Plan.packed(Plan.from(request.plan))
      const size = images.BYTES_PER_ELEMENT
      const planar = request.layout === 'NCHW'
      const layout = {
        count: batch.count,
        planes: planar ? batch.channels : 1,
        height: batch.height,
        width: batch.width,
        pixelBytes: planar ? size : size * batch.channels,
        valueBytes: size,
      }
      const header = () => packHeader(layout, { threads: 2 })
      const mix = [bytes, undefined, Int32Array.from(request.partner)] as const
      const again = (images as Uint8Array).slice()
      const lambda = new Float64Array(batch.count).fill(1)
      const isEmpty = expected.bits.length === 0
      const target = inPlace ? images : out
      expect(fallback.mix(header(), images, target, ...mix, lambda)).toBe(0)
      expectBytes(target, expected.bits)
      if (!isEmpty) expect(lambda).toEqual(expected.lambda)
      expect(await fallback.mixAsync(header(), again, again, ...mix, lambda.fill(1))).toBe(0)
      expectBytes(again, expected.bits)
      if (!isEmpty) expect(lambda).toEqual(expected.lambda)

      const [ours, theirs] = [fallback, native].map((backend) => {
        const counts = new Float64Array(batch.count)
        expect(backend.countSamples(header(), bytes, undefined, counts)).toBe(0)
        const partner = new Int32Array(batch.count)
        expect(backend.drawPartner(header(), bytes, undefined, partner)).toBe(0)
        return { counts, partner }
      })
      expect(ours).toEqual(theirs)
    }),
    { numRuns: 200 },
  )
})

describe('batches that are cut into many pieces', () => {
  const plan = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ d: 9 + i, ratio: 0.4, angle: 17 * i, index: i }))

  test.each([
    ['rows that are longer than a piece', [2, 2, 8000, 40], 'NHWC'],
    ['more planes than a piece has', [3, 900, 7, 101], 'NCHW'],
    ['images of the largest side', [2, 1, 2, 16384], 'NCHW'],
    ['many rows', [5, 1, 700, 90], 'NCHW'],
  ] as const)('%s', (_, shape, layout) => {
    const [count, second, third, fourth] = shape
    const sizes =
      layout === 'NCHW'
        ? { channels: second, height: third, width: fourth }
        : { height: second, width: third, channels: fourth }
    const batch: Batch = { count, layout, ...sizes }
    const images = scramble(new Uint8Array(lengthOf(batch)))
    const partner = Array.from({ length: count }, (__, i) => (i + 1) % count)
    const request = { shape, layout, plan: plan(count), partner }
    const { bits, lambda } = mixedByDefinition(images, batch, request.plan, partner)
    const mixed = gridmix(images, request)
    expectBytes(mixed.images, bits)
    expect(mixed.lambda).toEqual(lambda)
    expect(gridmix(images, { ...request, out: images }).lambda).toEqual(lambda)
    expectBytes(images, bits)
  })
})

test('samples that are not masked are untouched, but still give their pixels', () => {
  const shape = [3, 2, 16, 16] as const
  const params = { d: 6, ratio: 0.5, angle: 20 }
  const plan = [params, { ...params, masked: false }, params]
  const images = scramble(new Float32Array(3 * 2 * 16 * 16))
  const sampleOf = (array: Float32Array, i: number) =>
    bytesOf(array.subarray(512 * i, 512 * (i + 1)))
  const { images: mixed, lambda } = gridmix(images, { shape, plan, partner: [1, 2, 0] })
  expect(sampleOf(mixed, 1)).toEqual(sampleOf(images, 1))
  expect(lambda[1]).toBe(1)
  expect(lambda[0]).toBe(lambda[2])
  expect(lambda[0]).toBeLessThan(1)
  const ofBoth = mixed.subarray(0, 512)
  ofBoth.forEach((value, k) => {
    expect([images[k], images[512 + k]]).toContainEqual(value)
  })
})

test('empty batches', async () => {
  const gridmask = new GridMask({ ratio: 0.5, unit: (height) => Math.max(1, height - 1), seed: 3 })
  for (const shape of emptyShapes) {
    const [count] = shape
    const images = new Float32Array(0)
    const partner = Int32Array.from({ length: count }, (_, i) => 1 - i)
    const lambda = new Float64Array(count).fill(1)
    const made = gridmask.gridmix(images, { shape })
    expect(made).toEqual({ images, partner, lambda })
    expect(await gridmask.gridmixAsync(made.images, { shape })).toEqual(made)
    const plan = gridmask.plan({ count, height: 8, width: 8 })
    expect(gridmix(images, { shape, plan })).toEqual(made)
  }
})
