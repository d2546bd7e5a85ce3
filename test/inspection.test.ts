// What is printed of objects, what tells them apart, and what of them survives JSON, structuredClone and
// postMessage.
import { deepStrictEqual } from 'node:assert'
import { inspect } from 'node:util'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from '@jest/globals'
import { Cutout, RegionPlan } from '../lib/baselines/index'
import { applyPlan, GridMask, Plan } from '../lib/index'

const gridmask = new GridMask({ ratio: [0.3, 0.6], unit: [4, 9], rotate: 360, seed: 2n ** 60n })
const cutout = new Cutout({ size: [2, 6], seed: 3 })
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

  test('survives the way to a worker and back', async () => {
    const plan = make(7)
    const echo = `
      const { parentPort, workerData } = require('node:worker_threads')
      parentPort.postMessage(workerData)`
    const worker = new Worker(echo, { eval: true, workerData: plan })
    const back = await new Promise((resolve) => worker.once('message', resolve))
    deepStrictEqual(from(back), plan)
  })
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
