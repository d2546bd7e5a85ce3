// Plans that are not what they look like: only what the package itself has packed counts.
import { describe, expect, test } from '@jest/globals'
import { Cutout, RegionPlan } from '../../lib/baselines/index'
import { applyPlan, GridMask, Plan } from '../../lib/index'
import { code, expectBytes } from '../support'

const shape = [2, 1, 8, 8] as const
const images = new Uint8Array(128).fill(1)
const gridmask = new GridMask({ ratio: 0.5, unit: 4 })
const cutout = new Cutout({ size: 3 })

const kinds = {
  Plan: {
    Kind: Plan,
    make: () => gridmask.plan({ count: 2, index: 0 }) as object,
    apply: (plan: unknown) => applyPlan(images, plan as Plan, { shape }),
  },
  RegionPlan: {
    Kind: RegionPlan,
    make: () => cutout.plan({ count: 2, index: 0, height: 8, width: 8 }) as object,
    apply: (plan: unknown) => cutout.apply(images, { shape, plan: plan as RegionPlan }),
  },
}

describe.each(Object.entries(kinds))('%s', (_, { Kind, make, apply }) => {
  test('an object with its prototype, and the prototype itself, are refused', () => {
    for (const plan of [Object.create(Kind.prototype), Kind.prototype, new Proxy({}, {})]) {
      expect(() => apply(plan)).toThrow(code('ERR_INVALID_ARG_TYPE'))
    }
  })

  test('an own length, element or iterator changes nothing', () => {
    const expected = apply(make())
    for (const [name, value] of [
      ['length', 5],
      ['at', () => undefined],
      [Symbol.iterator, () => [][Symbol.iterator]()],
    ] as const) {
      expectBytes(apply(Object.defineProperty(make(), name, { value })), expected)
    }
  })

  test('its samples are a copy', () => {
    const plan = make() as { samples: { masked: boolean }[] }
    const expected = apply(make())
    for (const sample of plan.samples) sample.masked = false
    expectBytes(apply(plan), expected)
    expect(() => Object.assign(plan, { samples: [] })).toThrow(TypeError)
  })
})
