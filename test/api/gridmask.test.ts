// The class: numbering, epochs, plans and their replay, arrays in and out.
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { applyPlan, GridMask, Plan, presets } from '../../lib/index'
import { bytesOf, expectError } from '../support'

const shape = [4, 2, 12, 10] as const
const length = 4 * 2 * 12 * 10
const options = { ratio: 0.5, unit: [3, 9] as const, rotate: 360, seed: 11 }
const batch = () => Float32Array.from({ length }, (_, i) => i + 1)
const equal = (a: Float32Array, b: Float32Array) => Buffer.compare(bytesOf(a), bytesOf(b)) === 0

describe('samples are numbered', () => {
  test('one after another within an epoch, across batches of any size', () => {
    const gridmask = new GridMask(options)
    const whole = [...gridmask.plan({ count: 12, index: 0 })]
    const parts = [5, 3, 4].flatMap((count) => [...gridmask.plan({ count })])
    expect(parts).toEqual(whole)
  })

  test('by apply, applyAsync and plan alike, but not with an index of their own', async () => {
    const gridmask = new GridMask(options)
    const whole = gridmask.plan({ count: 16, index: 0 })
    const at = (from: number) => [...whole].slice(from, from + 4)
    const next = () => [...new GridMask(options).plan({ count: 4, index: 12 })]
    const expected = (from: number) => applyPlan(batch(), at(from), { shape })
    expect(equal(gridmask.apply(batch(), { shape }), expected(0))).toBe(true)
    gridmask.apply(batch(), { shape, index: 99 })
    gridmask.apply(batch(), { shape, indices: [5, 1, 7, 1] })
    gridmask.apply(batch(), { shape, plan: at(8) })
    expect(equal(await gridmask.applyAsync(batch(), { shape }), expected(4))).toBe(true)
    expect([...gridmask.plan({ count: 4 })]).toEqual(at(8))
    expect([...gridmask.plan({ count: 4 })]).toEqual(next())
  })

  test('from 0 again after setEpoch, and if a request names another epoch', () => {
    const gridmask = new GridMask(options)
    const first = (epoch: number) => [...gridmask.plan({ count: 2, index: 0, epoch })]
    gridmask.plan({ count: 7 })
    gridmask.setEpoch(1)
    expect([...gridmask.plan({ count: 2 })]).toEqual(first(1))
    gridmask.setEpoch(1)
    expect([...gridmask.plan({ count: 2 })]).toEqual(first(1))
    expect([...gridmask.plan({ count: 2, epoch: 2 })]).toEqual(first(2))
  })

  test('without a restart if a fractional epoch advances', () => {
    const gridmask = new GridMask(options)
    const whole = [...gridmask.plan({ count: 6, index: 0, epoch: 3 })]
    const parts = [3, 3.25, 3.5].flatMap((epoch) => {
      gridmask.setEpoch(epoch)
      return [...gridmask.plan({ count: 2 })]
    })
    expect(parts).toEqual(whole)
    gridmask.setEpoch(3)
    expect([...gridmask.plan({ count: 6 })]).toEqual(whole)
  })

  test('not at all by a call that fails', () => {
    const gridmask = new GridMask(options)
    const whole = [...gridmask.plan({ count: 4, index: 0 })]
    expect(() => gridmask.apply(batch(), { shape: [4, 2, 12, 11] })).toThrow()
    expect([...gridmask.plan({ count: 4 })]).toEqual(whole)
  })
})

describe('a plan', () => {
  test('repeats what apply did, also as JSON', () => {
    const gridmask = new GridMask({ ...options, ratio: [0.3, 0.7], unitProbability: 0.5 })
    const masked = gridmask.apply(batch(), { shape, epoch: 5, index: 1000 })
    const plan = gridmask.plan({ count: 4, epoch: 5, index: 1000 })
    const json = JSON.parse(JSON.stringify(plan))
    expect([...Plan.from(json)]).toEqual([...plan])
    for (const again of [plan, json, [...plan]]) {
      expect(equal(gridmask.apply(batch(), { shape, plan: again }), masked)).toBe(true)
      expect(equal(applyPlan(batch(), again, { shape }), masked)).toBe(true)
    }
  })

  test('keeps a seed that no number can hold', () => {
    const seed = 2n ** 64n - 1n
    const gridmask = new GridMask({ ...options, unitProbability: 0.5, seed })
    const plan = gridmask.plan({ count: 4, index: 0 })
    expect(plan.at(0)?.seed).toBe(String(seed))
    const json = JSON.parse(JSON.stringify(plan))
    const masked = gridmask.apply(batch(), { shape, index: 0 })
    expect(equal(applyPlan(batch(), json, { shape }), masked)).toBe(true)
  })

  test('is read like an array', () => {
    const plan = Plan.from([
      { d: 8, ratio: 0.5 },
      { d: 9, ratio: 0.25, deltaX: 4, deltaY: 8, angle: -30.5, reverse: true, masked: false },
    ])
    expect(plan.length).toBe(2)
    expect(plan.at(0)).toEqual({
      masked: true,
      d: 8,
      ratio: 0.5,
      l: 4,
      deltaX: 0,
      deltaY: 0,
      angle: 0,
      reverse: false,
      unitProbability: 1,
      unitKey: [0, 0],
      seed: 0,
      epoch: 0,
      index: 0,
    })
    expect(plan.at(-1)).toMatchObject({ l: 3, deltaX: 4, deltaY: 8, angle: -30.5, masked: false })
    expect(plan.at(2)).toBeUndefined()
    expect([...plan]).toEqual([plan.at(0), plan.at(1)])
    expect(Plan.from(plan)).toBe(plan)
  })

  test('of a unit that depends on the image needs its size', () => {
    const gridmask = new GridMask({ ...presets.coco, probability: 1 })
    expect(() => gridmask.plan({ count: 1 })).toThrow(/`height`/)
    const plan = gridmask.plan({ count: 500, height: 20, width: 50 })
    const units = [...plan].map(({ d }) => d)
    expect(Math.min(...units)).toBe(2)
    expect(Math.max(...units)).toBe(19)
  })
})

describe('the epoch', () => {
  const schedule = { ...options, probability: (epoch: number) => epoch / 100 }

  test('reaches the schedule with its fraction, the draws without', () => {
    const gridmask = new GridMask(schedule)
    gridmask.setEpoch(37.5)
    expect(gridmask.epoch).toBe(37.5)
    expect(gridmask.probabilityAt()).toBe(0.375)
    expect(gridmask.probabilityAt(12)).toBe(0.12)
    const masked = (epoch: number) =>
      [...gridmask.plan({ count: 2000, index: 0, epoch })].filter((sample) => sample.masked).length
    expect(masked(0)).toBe(0)
    expect(masked(100)).toBe(2000)
    expect(masked(50.99)).toBeGreaterThanOrEqual(masked(50))
    expect(Math.abs(masked(50) - 1000)).toBeLessThan(120)
  })

  test('of a request does not change that of the instance', () => {
    const gridmask = new GridMask(schedule)
    gridmask.setEpoch(10)
    gridmask.apply(batch(), { shape, epoch: 20 })
    expect(gridmask.epoch).toBe(10)
  })
})

describe('applyAsync', () => {
  test('takes the array, and resolves to one over the same memory', async () => {
    const gridmask = new GridMask(options)
    const images = batch()
    const promise = gridmask.applyAsync(images, { shape, index: 3 })
    expect(images.length).toBe(0)
    const masked = await promise
    expect(equal(masked, gridmask.apply(batch(), { shape, index: 3 }))).toBe(true)
  })

  test('with `out` takes both, and the result lies in `out`', async () => {
    const gridmask = new GridMask(options)
    const images = batch()
    const out = new Float32Array(length + 5).subarray(5)
    const masked = await gridmask.applyAsync(images, { shape, out, index: 3 })
    expect([images.length, out.length]).toEqual([0, 0])
    expect(masked.byteOffset).toBe(20)
    expect(equal(masked, gridmask.apply(batch(), { shape, index: 3 }))).toBe(true)
  })

  test('rejects, never throws, and leaves the array', async () => {
    const gridmask = new GridMask(options)
    const images = batch()
    const promise = gridmask.applyAsync(images, { shape: [1, 1, 1, 1] })
    await expect(promise).rejects.toMatchObject({ code: 'ERR_SHAPE_MISMATCH' })
    expect(images.length).toBe(length)
    const nothing = undefined as unknown as { shape: typeof shape }
    await expect(gridmask.applyAsync(images, nothing)).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_TYPE',
    })
  })
})

describe('a request', () => {
  const values = { shape, epoch: 3, index: 7 }
  class Request {
    get shape() {
      return shape
    }
    readonly epoch = 3
    get index() {
      return 7
    }
  }
  const none = Object.assign(Object.create(null), values)
  const kinds: [string, typeof values][] = [
    ['made of others', { ...{ ...values }, index: 7 }],
    ['without a prototype', none],
    ['that inherits', Object.create(values)],
    ['of a class with getters', new Request()],
    ['behind a proxy', new Proxy(values, {})],
    ['of another realm', runInNewContext('({ shape: [4, 2, 12, 10], epoch: 3, index: 7 })')],
    ['with empty properties', Object.assign({ plan: undefined, out: undefined }, values)],
  ]
  test.each(kinds)('may be an object %s', (_, request) => {
    const expected = new GridMask(options).apply(batch(), values)
    const masked = new GridMask(options).apply(batch(), request)
    expect(equal(masked, expected)).toBe(true)
    const { images } = new GridMask(options).gridmix(batch(), request)
    expect(equal(images, new GridMask(options).gridmix(batch(), values).images)).toBe(true)
  })

  test.each(['plans', 'partner', 'toString'])('may not have a property `%s`', (key) => {
    for (const request of [{ ...values, [key]: 1 }, Object.assign(new Request(), { [key]: 1 })]) {
      const call = () => new GridMask(options).apply(batch(), request)
      expectError(call, 'ERR_INVALID_ARG_VALUE', new RegExp(`\`${key}\` in \`request\``))
    }
  })
})

test('any number of threads gives the same bytes', () => {
  const large = { shape: [3, 3, 300, 301] as const, index: 0 }
  const images = Float32Array.from({ length: 3 * 3 * 300 * 301 }, (_, i) => i)
  const results = [1, 2, 3, 16].map((threads) =>
    new GridMask({ ...options, unit: [20, 90], threads }).apply(images, large),
  )
  for (const result of results) expect(equal(result, results[0] as Float32Array)).toBe(true)
})

test('a Buffer comes back as the Uint8Array that it is', () => {
  const gridmask = new GridMask({ ...options, fill: 9 })
  const images = Buffer.alloc(length, 1)
  const masked: Uint8Array = gridmask.apply(images, { shape })
  expect(masked.constructor).toBe(Uint8Array)
  expect(new Set(masked)).toEqual(new Set([1, 9]))
})
