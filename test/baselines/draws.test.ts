// Draws of the baselines: the same (seed, epoch, index) drops the same for ever, whatever draws it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  Cutout,
  type CutoutOptions,
  HideAndSeek,
  type HideAndSeekOptions,
  RandomErasing,
  type RandomErasingOptions,
  RegionPlan,
  type RegionSample,
} from '../../lib/baselines'
import { GridMask, linear } from '../../lib/index'
import {
  rectanglesMask,
  referenceCutout,
  referenceDraw,
  referenceErasing,
  referenceHiding,
} from './support'

type Options = CutoutOptions & RandomErasingOptions & HideAndSeekOptions
type Pair = readonly [number, number]
type Name = 'Cutout' | 'RandomErasing' | 'HideAndSeek'

const methods = {
  Cutout: {
    make: (options: Options) => new Cutout(options),
    firstBlock: 0xc0000000,
    probability: 1,
    reference: ({ size = 16, keep }: Options) =>
      referenceCutout(typeof size === 'number' ? [size, size + 1] : (size as Pair), keep),
  },
  RandomErasing: {
    make: (options: Options) => new RandomErasing(options),
    firstBlock: 0xd0000000,
    probability: 0.5,
    reference: ({ area = [0.02, 0.4], aspect = [0.3, 1 / 0.3] }: Options) =>
      referenceErasing(area as Pair, aspect as Pair),
  },
  HideAndSeek: {
    make: (options: Options) => new HideAndSeek(options),
    firstBlock: 0xe0000000,
    probability: 1,
    reference: ({ sizes = [0, 16, 32, 44, 56], hideProbability = 0.5 }: Options) =>
      referenceHiding(sizes, hideProbability),
  },
}
const names = Object.keys(methods) as Name[]

interface Vector extends Omit<RegionSample, 'seed'> {
  method: Name
  options: Options
  seed: string
  height: number
  width: number
}

describe('the published vectors', () => {
  // Version 1. These never change; a new way to draw would be a new file and a new major version.
  const { version, vectors } = JSON.parse(
    readFileSync(join(__dirname, '../draws/baselines-v1.json'), 'utf8'),
  ) as { version: number; vectors: Vector[] }

  test('are there', () => {
    expect(version).toBe(1)
    expect(vectors).toHaveLength(27)
  })

  test('are what the methods draw', () => {
    for (const { method, options, seed, height, width, ...sample } of vectors) {
      const { epoch, index } = sample
      const plan = methods[method]
        .make({ ...options, seed: BigInt(seed) })
        .plan({ count: 1, height, width, epoch, index })
      expect({ ...plan.at(0), seed: undefined }).toEqual({ ...sample, seed: undefined })
      expect(String(plan.at(0)?.seed)).toBe(seed)
    }
  })

  test('are what docs/baselines.md says', () => {
    for (const { method, options, seed, height, width, ...sample } of vectors) {
      const { reference, firstBlock, probability } = methods[method]
      const drawn = referenceDraw(
        reference(options),
        firstBlock,
        (options.probability as number | undefined) ?? probability,
        { ...sample, seed: BigInt(seed), height, width },
      )
      expect({ masked: drawn.masked, size: drawn.size }).toEqual({
        masked: sample.masked,
        size: sample.size,
      })
      const mask = rectanglesMask(drawn, [height, width])
      expect(Buffer.compare(rectanglesMask(sample, [height, width]), mask)).toBe(0)
    }
  })
})

const where = fc.record({
  seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  epoch: fc.nat(0xffffffff),
  index: fc.nat(Number.MAX_SAFE_INTEGER),
  height: fc.integer({ min: 1, max: 40 }),
  width: fc.integer({ min: 1, max: 40 }),
})
const side = fc.integer({ min: 1, max: 60 })
const optionsOf: Record<Name, fc.Arbitrary<Options>> = {
  Cutout: fc.oneof(
    fc.record({ size: side }),
    fc.record({
      size: fc.tuple(fc.integer({ min: 5, max: 20 }), fc.nat(30)).map(([a, b]) => {
        return [a, a + b + 1] as const
      }),
      keep: fc.double({ min: 0.3, max: 0.95, noNaN: true }),
    }),
  ),
  RandomErasing: fc.record({
    area: fc.constantFrom([0.02, 0.4] as const, [0, 1] as const, [0.5, 0.6] as const),
    aspect: fc.constantFrom([0.3, 1 / 0.3] as const, [1, 1.5] as const, [0.01, 100] as const),
  }),
  HideAndSeek: fc.record({
    sizes: fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }),
    hideProbability: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
}

describe.each(names)('%s', (name) => {
  const { make, reference, firstBlock } = methods[name]

  test('draws what docs/baselines.md says, for any settings', () => {
    const chance = fc.constantFrom(0, 0.5, 1)
    fc.assert(
      fc.property(optionsOf[name], where, chance, (options, place, probability) => {
        const { seed, height, width, epoch, index } = place
        const method = make({ ...options, seed, probability })
        const sample = method.plan({ count: 1, height, width, epoch, index }).at(0) as RegionSample
        const drawn = referenceDraw(reference(options), firstBlock, probability, place)
        expect(sample).toMatchObject({ masked: drawn.masked, size: drawn.size, epoch, index })
        const size = [height, width] as const
        expect(Buffer.compare(rectanglesMask(sample, size), rectanglesMask(drawn, size))).toBe(0)
        for (const [x0, y0, x1, y1] of sample.regions) {
          expect(0 <= x0 && x0 < x1 && x1 <= width && 0 <= y0 && y0 < y1 && y1 <= height).toBe(true)
        }
      }),
      { numRuns: 150 },
    )
  })

  const size = { height: 30, width: 40 }
  const make7 = () => make({ seed: 7, probability: 0.8 })
  const shape = (count: number) => [count, 2, size.height, size.width] as const
  const ones = (count: number) => new Float32Array(count * 2 * size.height * size.width).fill(1)

  test('a sample is the same in any batch, by `index`, by `indices` and by counting', () => {
    const whole = make7()
      .plan({ count: 50, ...size, epoch: 3.7, index: 100 })
      .toJSON()
    const shards = [0, 1, 2].flatMap((shard) => {
      const indices = Array.from({ length: 50 }, (_, i) => 100 + i).filter((i) => i % 3 === shard)
      return make7()
        .plan({ indices, ...size, epoch: 3 })
        .toJSON()
    })
    expect(shards.sort((a, b) => a.index - b.index)).toEqual(whole)

    const counting = make7()
    counting.setEpoch(3)
    counting.plan({ count: 100, ...size })
    const counted = [20, 30].flatMap((count) => counting.plan({ count, ...size }).toJSON())
    expect(counted).toEqual(whole)
    const other = make7()
      .plan({ count: 50, ...size, epoch: 4, index: 100 })
      .toJSON()
    expect(other.map(({ regions }) => regions)).not.toEqual(whole.map(({ regions }) => regions))
  })

  test('apply does what plan says, and replays it, from JSON too', async () => {
    const method = make7()
    const plan = method.plan({ count: 5, ...size, epoch: 2, index: 9 })
    const drawn = method.apply(ones(5), { shape: shape(5), epoch: 2, index: 9 })
    const masks = plan.toJSON().flatMap((sample) => {
      const mask = rectanglesMask(sample, [size.height, size.width])
      return [...mask, ...mask]
    })
    expect([...drawn]).toEqual(masks)
    const again = JSON.parse(JSON.stringify(plan))
    for (const replayed of [plan, again, RegionPlan.from(again)]) {
      expect(make({}).apply(ones(5), { shape: shape(5), plan: replayed })).toEqual(drawn)
    }
    expect([...RegionPlan.from(again)]).toEqual(plan.toJSON())
    expect(await make({}).applyAsync(ones(5), { shape: shape(5), plan: again })).toEqual(drawn)
    expect(plan.length).toBe(5)
    expect(plan.at(-1)).toEqual(plan.at(4))
    expect(plan.at(5)).toBeUndefined()
  })

  test('apply and applyAsync count the samples that they see, as GridMask does', async () => {
    const counting = make7()
    const [first, second] = [0, 1].map(() => counting.apply(ones(3), { shape: shape(3) }))
    const third = await counting.applyAsync(ones(3), { shape: shape(3) })
    const at = (index: number) => make7().apply(ones(3), { shape: shape(3), index })
    expect([first, second, third]).toEqual([at(0), at(3), at(6)])
    // What is replayed, or fails, does not count.
    const plan = counting.plan({ count: 3, ...size, index: 0 })
    counting.apply(ones(3), { shape: shape(3), plan })
    expect(() => counting.apply(ones(2), { shape: shape(3) })).toThrow()
    expect(counting.apply(ones(3), { shape: shape(3) })).toEqual(at(9))
  })

  test('images without pixels, and batches without images, are not an error', () => {
    for (const [height, width] of [
      [0, 0],
      [0, 5],
      [5, 0],
    ] as const) {
      const plan = make7().plan({ count: 2, height, width }).toJSON()
      expect(plan.map(({ regions }) => regions)).toEqual([[], []])
      const empty = new Float32Array(0)
      expect(make7().apply(empty, { shape: [2, 3, height, width] })).toEqual(empty)
    }
    expect(make7().plan({ count: 0, ...size })).toHaveLength(0)
    expect(make7().apply(new Float32Array(0), { shape: shape(0) })).toEqual(new Float32Array(0))
  })

  test('masks shared memory in place, and does not take it', async () => {
    const shared = () => {
      const array = new Float32Array(new SharedArrayBuffer(4 * ones(3).length + 4), 4)
      return array.fill(1)
    }
    const expected = make7().apply(ones(3), { shape: shape(3), index: 0 })
    const [a, b] = [shared(), shared()]
    make7().apply(a, { shape: shape(3), index: 0, out: a })
    const result = await make7().applyAsync(b, { shape: shape(3), index: 0 })
    expect([a, b, result]).toEqual([expected, expected, expected])
  })

  test('follows a schedule', () => {
    const method = make({ probability: linear({ to: 0.8, epochs: 10 }) })
    method.setEpoch(5.5)
    expect(method.epoch).toBe(5.5)
    expect(method.probabilityAt()).toBeCloseTo(0.44, 12)
    const masked = (epoch: number) =>
      method
        .plan({ count: 2000, ...size, epoch, index: 0 })
        .toJSON()
        .filter((sample) => sample.masked).length
    expect(masked(0)).toBe(0)
    // Four standard deviations of 2000 draws, at most 90.
    expect(Math.abs(masked(5) - 800)).toBeLessThan(90)
    expect(Math.abs(masked(10) - 1600)).toBeLessThan(75)
  })
})

test('methods under one seed decide independently', () => {
  const seed = 1
  const plans = [
    new Cutout({ seed, probability: 0.5 }),
    new RandomErasing({ seed, probability: 0.5 }),
    new HideAndSeek({ seed, probability: 0.5 }),
    new GridMask({ seed, probability: 0.5, ratio: 0.5, unit: 8 }),
  ].map((method) => method.plan({ count: 2000, height: 32, width: 32 }).toJSON())
  plans.forEach((a, i) => {
    for (const b of plans.slice(i + 1)) {
      const alike = a.filter(({ masked }, n) => masked === b[n]?.masked).length
      expect(Math.abs(alike - 1000)).toBeLessThan(90) // four standard deviations
    }
  })
})
