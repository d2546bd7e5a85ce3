// Random draws: the same (seed, epoch, index) gives the same plan for ever.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { philox4x32 } from '../../lib/core/philox'
import { referenceDraw } from '../../lib/fallback/reference'
import { GridMask, type GridMaskOptions, maskOf, Plan, type Sample } from '../../lib/index'

test("Philox4x32-10 gives Random123's published known answers", () => {
  const answer = (counter: [number, number, number, number], key: [number, number]) => {
    const out = new Uint32Array(4)
    philox4x32(out, ...counter, ...key)
    return [...out]
  }
  const ones = 0xffffffff
  expect(answer([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8])
  expect(answer([ones, ones, ones, ones], [ones, ones])).toEqual([
    0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
  ])
  expect(
    answer([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
  ).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1])
})

interface Vector {
  options: Omit<GridMaskOptions, 'seed'> & { seed: string; probability: number }
  epoch: number
  index: number
  sample: Omit<Sample, 'epoch' | 'index'>
}

describe('the published vectors', () => {
  // Version 1. These never change; a new way to draw would be a new file and a new major version.
  const { version, vectors } = JSON.parse(
    readFileSync(join(__dirname, 'vectors-v1.json'), 'utf8'),
  ) as { version: number; vectors: Vector[] }

  /** The file says next to it which sample it is. */
  const whole = (sample: Vector['sample'], epoch: number, index: number): Sample => ({
    ...sample,
    epoch: Math.floor(epoch),
    index,
  })

  test('are there', () => {
    expect(version).toBe(1)
    expect(vectors.length).toBeGreaterThanOrEqual(60)
  })

  test('are what GridMask draws', () => {
    for (const { options, epoch, index, sample } of vectors) {
      const gridmask = new GridMask({ ...options, seed: BigInt(options.seed) })
      expect(gridmask.plan({ count: 1, epoch, index }).at(0)).toEqual(whole(sample, epoch, index))
    }
  })

  test('are what the reference draws', () => {
    const range = (value: unknown) => (Array.isArray(value) ? value : [value, value])
    for (const { options, epoch, index, sample } of vectors) {
      const [unit, ratio] = [range(options.unit), range(options.ratio)]
      const settings = {
        rotate: options.rotate ?? 0,
        reverse: options.reverse ?? false,
        unitProbability: options.unitProbability ?? 1,
        probability: options.probability,
        seed: BigInt(options.seed),
        epoch: Math.floor(epoch),
        unit: unit as [number, number],
        ratio: ratio as [number, number],
      }
      expect(referenceDraw(settings, index)).toEqual(whole(sample, epoch, index))
    }
  })
})

const options: fc.Arbitrary<GridMaskOptions> = fc.record({
  ratio: fc.oneof(
    fc.constant(0.6),
    fc.constant([0.3, 0.7] as const),
    fc.constant([0.5, 1] as const),
  ),
  unit: fc.oneof(
    fc.constant(32767),
    fc.constant([1, 2] as const),
    fc.constant([96, 224] as const),
    fc.constant([1, 32768] as const),
  ),
  rotate: fc.integer({ min: 0, max: 360 }),
  reverse: fc.boolean(),
  unitProbability: fc.constantFrom(0, 0.5, 1),
  probability: fc.constantFrom(0, 0.3, 1),
  seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
})
const epochs = fc.oneof(fc.nat(300), fc.double({ min: 0, max: 2 ** 32 - 1, noNaN: true }))
const indices = fc.oneof(fc.nat(1000), fc.maxSafeNat())

test('GridMask draws what the reference draws, wherever a sample is in a batch', () => {
  fc.assert(
    fc.property(options, epochs, fc.array(indices, { minLength: 1 }), (given, epoch, list) => {
      const pair = (value: unknown) =>
        (typeof value === 'number' ? [value, value] : value) as [number, number]
      const settings = {
        rotate: given.rotate as number,
        reverse: given.reverse as boolean,
        unitProbability: given.unitProbability as number,
        probability: given.probability as number,
        seed: given.seed as bigint,
        epoch: Math.floor(epoch),
        unit: pair(given.unit),
        ratio: pair(given.ratio),
      }
      const plan = new GridMask(given).plan({ indices: list, epoch })
      expect([...plan]).toEqual(list.map((index) => referenceDraw(settings, index)))
    }),
    { numRuns: 300 },
  )
})

test('a draw depends on seed, epoch and index, and on nothing else', () => {
  const make = (seed: number) =>
    new GridMask({ ratio: 0.5, unit: [20, 60], rotate: 360, probability: 0.5, seed })
  const whole = [...make(1).plan({ count: 100, epoch: 3, index: 40 })]
  const shards = [0, 1, 2, 3].flatMap((shard) =>
    [...make(1).plan({ count: 25, epoch: 3, index: 40 + 25 * shard })].map((sample, i) => ({
      sample,
      place: 25 * shard + i,
    })),
  )
  expect(shards.map(({ sample }) => sample)).toEqual(whole)
  expect([...make(2).plan({ count: 100, epoch: 3, index: 40 })]).not.toEqual(whole)
  expect([...make(1).plan({ count: 100, epoch: 4, index: 40 })]).not.toEqual(whole)
  expect([...make(1).plan({ count: 100, epoch: 3.99, index: 40 })]).toEqual(whole)
})

test('draws have the documented distributions', () => {
  const count = 20000
  const gridmask = new GridMask({
    ratio: [0.4, 0.6],
    unit: [10, 14],
    rotate: 90,
    probability: 0.3,
    seed: 7,
  })
  const samples = [...gridmask.plan({ count })]
  // Bounds of five standard deviations: a right implementation fails once in a million changes of
  // the seed, and the seed does not change.
  const near = (actual: number, expected: number, deviation: number) =>
    expect(Math.abs(actual - expected)).toBeLessThan(5 * deviation)
  const share = (holds: (sample: Sample) => boolean) => samples.filter(holds).length / count
  const binomial = (p: number) => Math.sqrt((p * (1 - p)) / count)
  near(
    share(({ masked }) => masked),
    0.3,
    binomial(0.3),
  )
  for (const d of [10, 11, 12, 13])
    near(
      share((s) => s.d === d),
      0.25,
      binomial(0.25),
    )
  near(
    share((s) => s.d === 10 && s.deltaX === 9),
    0.025,
    binomial(0.025),
  )
  near(
    share((s) => s.deltaX === s.deltaY),
    0.0875,
    binomial(0.0875),
  )
  near(
    share(({ angle }) => angle < 30),
    1 / 3,
    binomial(1 / 3),
  )
  const mean = samples.reduce((sum, { ratio }) => sum + ratio, 0) / count
  near(mean, 0.5, 0.2 / Math.sqrt(12 * count))
  expect(Math.max(...samples.map(({ angle }) => angle))).toBe(89)
  expect(samples.every(({ deltaX, deltaY, d }) => deltaX < d && deltaY < d)).toBe(true)
})

test('each unit of a Random GridMask drops its square with probability p_u', () => {
  const [plan] = Plan.from([
    { d: 4, ratio: 0.5, unitProbability: 0.3, unitKey: [1, 2], seed: '18446744073709551615' },
  ])
  const mask = maskOf(plan as Sample, [400, 400])
  const dropped = mask.reduce((sum, kept) => sum + 1 - kept, 0) / 4 / 10000
  expect(Math.abs(dropped - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 10000))
})
