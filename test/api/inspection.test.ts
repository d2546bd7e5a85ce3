// How objects are printed and compared, and what survives JSON, structuredClone and postMessage.
import { deepStrictEqual } from 'node:assert'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from '@jest/globals'
import { Cutout, HideAndSeek, RandomErasing, RegionPlan } from '../../lib/baselines/index'
import {
  applyPlan,
  GridMask,
  linear,
  normalization,
  Plan,
  Preprocessor,
  PreprocessorPlan,
  presets,
} from '../../lib/index'

const gridmask = new GridMask({ ratio: [0.3, 0.6], unit: [4, 9], rotate: 360, seed: 2n ** 60n })
const cutout = new Cutout({ size: [2, 6], seed: 3 })
const preprocessor = new Preprocessor({
  size: [8, 8],
  crop: 'random',
  gridmask: { ratio: 0.5, unit: 4 },
})
const size = { height: 12, width: 12 }
const kinds = {
  Plan: {
    make: (index: number, count = 5) => gridmask.plan({ count, index }),
    from: (plan: unknown) => Plan.from(plan as Plan),
  },
  RegionPlan: {
    make: (index: number, count = 5) => cutout.plan({ count, index, ...size }),
    from: (plan: unknown) => RegionPlan.from(plan as RegionPlan),
  },
  PreprocessorPlan: {
    make: (index: number, count = 5) => preprocessor.plan({ count, index, ...size }),
    from: (plan: unknown) => PreprocessorPlan.from(plan as PreprocessorPlan),
  },
}

describe.each(Object.entries(kinds))('%s', (name, { make, from }) => {
  test('shows how many samples it has, and the first of them', () => {
    const text = inspect(make(0))
    expect(text).toMatch(new RegExp(`^${name}\\(5\\) \\[`))
    expect(text).toMatch(/\.\.\. 2 more: at\(i\), or \[\.\.\.plan\]\n\]$/)
    expect(text.match(/masked: true/g)).toHaveLength(3)
    if (name === 'RegionPlan') expect(text).toMatch(/regions: \[ \[ \d+, \d+, \d+, \d+ \] \]/)
    expect(inspect(make(0, 1))).toMatch(/index: 0\s*\}\s*\]$/)
    expect(inspect(make(0, 0))).toBe(`${name}(0) []`)
    expect(inspect({ a: { b: { c: make(0) } } })).toContain(`c: [${name}]`)
  })

  test('equals a plan of the same samples, and no other', () => {
    expect(() => deepStrictEqual(make(7), make(7))).not.toThrow()
    expect(() => deepStrictEqual(make(7), make(8))).toThrow(/index: 7/)
    expect(make(7)).toEqual(make(7))
    expect(make(7)).not.toEqual(make(8))
  })

  test('survives JSON and structuredClone', () => {
    const plan = make(7)
    expect(JSON.parse(JSON.stringify(plan))).toEqual([...plan])
    deepStrictEqual(from(JSON.parse(JSON.stringify(plan))), plan)
    deepStrictEqual(from(structuredClone(plan)), plan)
  })

  test('survives the trip to a worker and back', async () => {
    const plan = make(7)
    const echo = `
      const { parentPort, workerData } = require('node:worker_threads')
      parentPort.postMessage(workerData)`
    const worker = new Worker(echo, { eval: true, workerData: plan })
    const back = await new Promise((resolve) => worker.once('message', resolve))
    deepStrictEqual(from(back), plan)
  })
})

describe.each([
  ['GridMask', () => new GridMask({ ratio: 0.5, unit: [4, 9], seed: 2n ** 60n }), GridMask],
  ['Cutout', () => new Cutout({ size: [2, 6], keep: 0.75, seed: 3 }), Cutout],
  ['RandomErasing', () => new RandomErasing({ aspect: [0.5, 2] }), RandomErasing],
  ['HideAndSeek', () => new HideAndSeek({ sizes: [4, 8] }), HideAndSeek],
] as const)('%s', (name, make, Kind) => {
  const again = (options: object) => new (Kind as new (options: object) => GridMask)(options)
  const images = new Float32Array(4 * 1024).fill(1)
  const request = { shape: [4, 1, 32, 32], index: 5 } as const

  test('shows its options, the epoch, and the probability in it', () => {
    const text = inspect(make())
    expect(text).toMatch(new RegExp(`^${name} \\{`))
    expect(text).toMatch(
      / {2}probability: [\d.]+,(\n.*)* {2}epoch: 0,\n {2}'probabilityAt\(0\)': [\d.]+\n\}$/,
    )
    expect(inspect({ a: { b: { c: make() } } })).toContain(`c: [${name}]`)
  })

  test('is made again of its options, their JSON, or their clone, and equals one of the same', () => {
    const one = make()
    const expected = one.apply(images, request)
    for (const options of [
      one.options,
      JSON.parse(JSON.stringify(one)),
      structuredClone(one as { options: object }).options,
    ]) {
      const other = again(options)
      deepStrictEqual(other, one)
      expect(other.apply(images, request)).toEqual(expected)
    }
    expect(() => deepStrictEqual(again({ ...one.options, seed: 77 }), one)).toThrow(/seed: 77/)
  })

  test('cannot be remade without its schedule', () => {
    const one = again({ ...make().options, probability: linear({ to: 1, epochs: 10 }) })
    expect(() => again(JSON.parse(JSON.stringify(one)))).toThrow(
      /`probability`.*received null\. JSON turns a function into null/,
    )
    expect(() => structuredClone(one)).toThrow(/could not be cloned/)
    one.epoch = 5
    expect(one.epoch).toBe(5)
    expect(inspect(one)).toMatch(/ {2}epoch: 5,\n {2}'probabilityAt\(5\)': 0\.5\n\}$/)
  })

  test('its options do not change', () => {
    const options = { ...make().options } as Record<string, unknown>
    const one = again(options)
    for (const value of Object.values(options)) {
      if (Array.isArray(value)) expect(() => Object.assign(value, { 0: 9 })).toThrow()
    }
    expect(() => Object.assign(one.options, { seed: 8 })).toThrow(TypeError)
  })
})

describe('Preprocessor', () => {
  const make = (options = {}) =>
    new Preprocessor({
      ...{ size: [8, 8], padding: 1, crop: 'random', flip: 0.5, channels: [0, 0], seed: 2n ** 60n },
      ...{ normalize: { mean: [0.1, 0.2], std: 0.5 }, gridmask: { ratio: 0.5, unit: 3 } },
      ...options,
    })

  test('is made again of its options, their JSON, or their clone, and equals one of the same', () => {
    const one = make()
    const bytes = Uint8Array.from({ length: 3 * 81 }, (_, i) => i)
    const request = { shape: [3, 9, 9, 1], index: 5 }
    const expected = one.apply(bytes, request)
    for (const options of [
      one.options,
      JSON.parse(JSON.stringify(one)),
      structuredClone(one as { options: object }).options,
    ]) {
      const other = new Preprocessor(options)
      deepStrictEqual(other, one)
      expect(other.apply(bytes, request)).toEqual(expected)
    }
    expect(() => deepStrictEqual(make({ flip: 0.25 }), one)).toThrow(/flip: 0.25/)
    expect(inspect(one)).toMatch(/^Preprocessor \{/)
  })

  test('cannot be remade without the schedule of its mask', () => {
    const one = make({
      gridmask: presets.imagenet,
      normalize: normalization.imagenet,
      channels: [0, 1, 2],
    })
    expect(() => new Preprocessor(JSON.parse(JSON.stringify(one)))).toThrow(
      /`probability`.*received null\. JSON turns a function into null/,
    )
    expect(inspect(one)).toMatch(/'probabilityAt\(0\)': 0\n\}$/)
  })

  test('its options do not change', () => {
    const size = [8, 8]
    const one = make({ size })
    size[0] = 4
    expect(one.options.size).toEqual([8, 8])
    expect(() => Object.assign(one.options, { seed: 8 })).toThrow(TypeError)
    expect(() => Object.assign(one.options.gridmask as object, { unit: 8 })).toThrow(TypeError)
  })
})

test('what gridmix returns shows partners and lambda, and few of the pixels', () => {
  const images = new Float32Array(2 * 3 * 64).fill(1)
  const result = gridmask.gridmix(images, { shape: [2, 3, 8, 8], index: 0 })
  const text = inspect(result)
  expect(text).toMatch(
    /^\{\n {2}images: Float32Array\(384\) \[ 1, 1, 1, \.\.\. 381 more items \],\n/,
  )
  expect(text).toMatch(/ {2}partner: Int32Array\(2\) \[ 1, 0 \],\n {2}lambda: Float64Array\(2\) \[/)
  expect(structuredClone(result)).toEqual(result)
  expect({ ...result }).toEqual(result)
})

test('a clone of a plan is taken wherever a plan is', () => {
  const shape = [5, 1, 12, 12] as const
  const images = new Float32Array(5 * 144).fill(1)
  const plan = gridmask.plan({ count: 5, index: 7 })
  const expected = gridmask.apply(images, { shape, index: 7 })
  expect(gridmask.apply(images, { shape, plan: structuredClone(plan) })).toEqual(expected)
  expect(applyPlan(images, structuredClone(plan), { shape })).toEqual(expected)
  const regions = cutout.plan({ count: 5, index: 7, ...size })
  expect(cutout.apply(images, { shape, plan: structuredClone(regions) })).toEqual(
    cutout.apply(images, { shape, index: 7 }),
  )
})
