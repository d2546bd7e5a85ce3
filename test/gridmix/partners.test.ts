// Whose pixels a sample gets: drawn from seed, epoch and index, and from nothing else.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { philox4x32 } from '../../lib/core/philox'
import { GridMask, gridmix, type Plan } from '../../lib/index'
import { scramble } from '../support'

interface Vector {
  seed: string
  epoch: number
  indices: number[]
  partner: number[]
}

// Version 1. These never change; a new way to draw would be a new file and a new major version.
const { version, vectors } = JSON.parse(
  readFileSync(join(__dirname, 'partners-v1.json'), 'utf8'),
) as { version: number; vectors: Vector[] }

const options = { ratio: 0.5, unit: [3, 9], rotate: 360 } as const
const pixels = (count: number) => new Uint8Array(count * 16)
const shapeOf = (count: number) => [count, 1, 4, 4] as const

/** The partners that a new GridMask draws. */
function partnersOf(seed: bigint | number, epoch: number, indices: number[]): number[] {
  const shape = shapeOf(indices.length)
  const gridmask = new GridMask({ ...options, seed })
  return [...gridmask.gridmix(pixels(indices.length), { shape, epoch, indices }).partner]
}

/** How many samples a walk from sample 0 goes through. */
function cycleLength(partner: ArrayLike<number>): number {
  let length = 1
  for (let i = partner[0] as number; i !== 0; i = partner[i] as number) length++
  return length
}

describe('the published vectors', () => {
  test('are there', () => {
    expect(version).toBe(1)
    expect(vectors.length).toBe(10)
  })

  test.each(vectors)('seed $seed, epoch $epoch, indices $indices', (vector) => {
    const { seed, epoch, indices, partner } = vector
    expect(partnersOf(BigInt(seed), epoch, indices)).toEqual(partner)
    const plan = indices.map((index) => ({
      ...{ d: 5, ratio: 0.5, seed, epoch: Math.floor(epoch), index },
    }))
    const request = { shape: shapeOf(indices.length), plan }
    expect([...gridmix(pixels(indices.length), request).partner]).toEqual(partner)
  })
})

test('samples of several seeds are ordered by the words that each seed gives', () => {
  const samples = fc.array(
    fc.record({ seed: fc.nat(2), epoch: fc.nat(3), index: fc.nat(2 ** 31 - 1) }),
    { minLength: 1, maxLength: 14 },
  )
  const word = ({ seed, epoch, index }: { seed: number; epoch: number; index: number }) => {
    const words = new Uint32Array(4)
    philox4x32(words, index, 0, epoch, 0xffffffff, seed, 0)
    return (BigInt(words[0] as number) << 32n) | BigInt(words[1] as number)
  }
  fc.assert(
    fc.property(samples, (list) => {
      const words = list.map(word)
      const order = [...list.keys()].sort((a, b) => {
        const [left, right] = [words[a] as bigint, words[b] as bigint]
        return left < right ? -1 : left > right ? 1 : a - b
      })
      const expected = new Array<number>(list.length)
      for (const [k, i] of order.entries()) expected[i] = order[(k + 1) % order.length] as number
      const plan = list.map((sample) => ({ d: 5, ratio: 0.5, ...sample }))
      const request = { shape: shapeOf(list.length), plan }
      expect([...gridmix(pixels(list.length), request).partner]).toEqual(expected)
    }),
  )
})

const indices = fc.uniqueArray(fc.oneof(fc.nat(300), fc.maxSafeNat()), { minLength: 2 })

test('partners form one cycle, so no sample is its own, and do not depend on the order', () => {
  const orders = indices.chain((list) =>
    fc.tuple(
      fc.constant(list),
      fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
    ),
  )
  fc.assert(
    fc.property(orders, fc.maxSafeNat(), fc.nat(1000), ([list, shuffled], seed, epoch) => {
      const drawn = partnersOf(seed, epoch, list)
      expect(cycleLength(drawn)).toBe(list.length)
      const byIndex = new Map(list.map((index, i) => [index, list[drawn[i] as number]]))
      const again = partnersOf(seed, epoch, shuffled)
      expect(shuffled.map((_, i) => shuffled[again[i] as number])).toEqual(
        shuffled.map((index) => byIndex.get(index)),
      )
    }),
    { numRuns: 100 },
  )
})

test('every cycle of four samples is equally likely', () => {
  const counts = new Map<string, number>()
  const rounds = 6000
  for (let epoch = 0; epoch < rounds; epoch++) {
    const key = partnersOf(5, epoch, [0, 1, 2, 3]).join()
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  expect(counts.size).toBe(6)
  // Five standard deviations: the seed does not change.
  const [p, bound] = [1 / 6, 5 * Math.sqrt((rounds * 5) / 36)]
  for (const count of counts.values()) expect(Math.abs(count - p * rounds)).toBeLessThan(bound)
})

test('samples without numbers have their neighbours as partners', () => {
  const plan = Array.from({ length: 5 }, () => ({ d: 5, ratio: 0.5 }))
  const { partner } = gridmix(pixels(5), { shape: shapeOf(5), plan })
  expect([...partner]).toEqual([1, 2, 3, 4, 0])
})

describe('a result can be reproduced', () => {
  const shape = [8, 3, 16, 16] as const
  const images = () => scramble(new Float32Array(8 * 3 * 16 * 16))
  const make = (device: 'auto' | 'cpu' = 'auto') =>
    new GridMask({ ...options, probability: 0.7, seed: 11, device })

  test('from its number, its plan, and its partners, all through JSON', () => {
    const made = make().gridmix(images(), { shape, epoch: 2, index: 40 })
    const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value))
    const plan = copy(make().plan({ count: 8, epoch: 2, index: 40 })) as unknown as Plan
    const partner = copy([...made.partner])
    expect(make('cpu').gridmix(images(), { shape, epoch: 2, index: 40 })).toEqual(made)
    expect(make().gridmix(images(), { shape, plan })).toEqual(made)
    expect(make().gridmix(images(), { shape, plan, partner })).toEqual(made)
    expect(gridmix(images(), { shape, plan })).toEqual(made)
    expect(gridmix(images(), { shape, plan, partner })).toEqual(made)
    expect(made.lambda.some((l) => l === 1)).toBe(true)
    expect(made.lambda.some((l) => l < 1)).toBe(true)
  })

  test('samples are numbered as apply() numbers them', () => {
    const gridmask = make()
    const first = gridmask.gridmix(images(), { shape })
    const second = gridmask.gridmix(images(), { shape })
    expect(first).toEqual(make().gridmix(images(), { shape, index: 0 }))
    expect(second).toEqual(make().gridmix(images(), { shape, index: 8 }))
    expect(() => gridmask.gridmix(images(), { shape, partner: [0] })).toThrow()
    expect(gridmask.apply(images(), { shape })).toEqual(
      make().apply(images(), { shape, index: 16 }),
    )
  })
})
