// Masked batches on CUDA against the CPU backend and the authors' masks, bit for bit.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { DeviceTensor as Tensor } from '../../lib/index'
import { expectedMask, goldenMasks, paramsOf } from '../golden/masks'
import { emptyShapes } from '../oracle'
import { describeEveryWay } from './every-way'
import { anyBatch, batchOf, expectSame, onDriver, scrambled } from './support'

const suite = onDriver({
  batches: fc.record({
    ...anyBatch,
    count: fc.integer({ min: 1, max: 4 }),
    height: fc.integer({ min: 1, max: 40 }),
    width: fc.integer({ min: 1, max: 70 }),
    unit: fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 3000 })),
    /** One for all, one for each channel, or those of them that are not null. */
    fillKind: fc.constantFrom('one', 'each', 'some'),
  }),
  prepare(using, { fillKind, ...given }) {
    const stays = (i: number) => fillKind === 'some' && i > 0 && ((given.seed >> (i % 5)) & 1) === 1
    const fills = Array.from({ length: given.channels }, (_, i) =>
      stays(i) ? null : (i * 37) % 251,
    )
    const { images, cpu, cuda, request } = batchOf(using, given, fillKind === 'one' ? 7 : fills)
    const expected = cpu.apply(images(), { ...request, index: 3 })
    return { images, cuda, request, expected }
  },
  runs: 150,
})
const { applyPlan, DeviceTensor, GridMask } = suite.library

describeEveryWay(suite, {
  run: ({ cuda }, images, request) => cuda.apply(images as Tensor, { ...request, index: 3 }),
  runAsync: ({ cuda }, images, request) =>
    cuda.applyAsync(images as Tensor, { ...request, index: 3 }),
})

test("the authors' masks", () => {
  expect(goldenMasks.length).toBe(400)
  for (const golden of goldenMasks) {
    const { height, width } = golden
    const ones = new Uint8Array(height * width).fill(1)
    const shape = [1, 1, height, width] as const
    const masked = applyPlan(ones, [paramsOf(golden)], { shape, device: 'cuda' })
    expectSame(masked, expectedMask(golden))
  }
}, 600_000)

test('empty batches', async () => {
  const gridmask = new GridMask({ ratio: 0.5, unit: 4, device: 'cuda' })
  for (const shape of emptyShapes) {
    const images = new Float32Array(0)
    expect(gridmask.apply(images, { shape }).length).toBe(0)
    using tensor = DeviceTensor.from(images, { shape })
    using result = gridmask.apply(tensor)
    expect(result.download().length).toBe(0)
    expect((await gridmask.applyAsync(tensor, { out: tensor })).pointer).toBe(0n)
    expect((await tensor.downloadAsync()).length).toBe(0)
  }
})

test('an image of the largest side', () => {
  const images = scrambled(new Uint8Array(2 * 16384), 5)
  const options = { ratio: 0.4, unit: [1, 9000], rotate: 360, seed: 8 } as const
  for (const shape of [
    [1, 1, 2, 16384],
    [1, 1, 16384, 2],
  ] as const) {
    const cuda = new GridMask({ ...options, device: 'cuda' })
    const cpu = new GridMask({ ...options, device: 'cpu' })
    expectSame(cuda.apply(images, { shape }), cpu.apply(images, { shape }))
  }
})
