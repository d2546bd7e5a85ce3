// An array need not have all of its elements. One that is not there is refused under its name: it is
// neither passed over nor taken for a number.
import { describe, expect, test } from '@jest/globals'
import { Cutout, RegionPlan } from '../../lib/baselines'
import { applyPlan, GridMask, maskOf, mixLabels, Plan, visibleFraction } from '../../lib/index'

/** The array without its element i. */
function without<T>(i: number, list: T[]): T[] {
  delete list[i]
  return list
}

const shape = [1, 3, 2, 2] as const
const images = () => new Float32Array(12).fill(5)
const sample = { d: 2, ratio: 0.5 }
const region = { regions: [[0, 0, 1, 1] as const] }
const cutout = new Cutout({ size: 1 })
const gridmask = new GridMask({ ratio: 0.5, unit: 2 })

describe('a list with a hole is refused', () => {
  test.each<[string, string, () => unknown]>([
    [
      'fill',
      'fill[1]',
      () => applyPlan(images(), [sample], { shape, fill: without(1, [1, 2, 3]) }),
    ],
    [
      'fill of bytes',
      'fill[2]',
      () => new GridMask({ ...{ ratio: 0.5, unit: 2 }, fill: without(2, [1, 2, 3]) }),
    ],
    [
      'fill of nothing but holes',
      'fill',
      () => applyPlan(images(), [sample], { shape, fill: new Array(3) }),
    ],
    [
      'numbers of noise',
      'fill.low[1]',
      () => {
        const fill = { noise: 'uniform', low: without(1, [0, 1, 1]), high: 2 } as const
        return applyPlan(images(), [sample], { shape, fill })
      },
    ],
    ['plan', 'plan[1]', () => Plan.from(without(1, [sample, sample]))],
    ['plan of rectangles', 'plan[1]', () => RegionPlan.from(without(1, [region, region, region]))],
    [
      'plan of rectangles that is applied',
      'plan[0]',
      () =>
        cutout.apply(images(), { shape: [3, 1, 2, 2], plan: without(0, [region, region, region]) }),
    ],
    [
      'regions',
      'params.regions[1]',
      () => maskOf({ regions: without(1, [[0, 0, 1, 1], [], [1, 1, 2, 2]]) }, [2, 2]),
    ],
    [
      'boxes',
      'boxes[1]',
      () => visibleFraction(sample, [4, 4], without(1, [[0, 0, 4, 4], [], [0, 0, 1, 1]])),
    ],
    ['a box', 'boxes[0]', () => visibleFraction(sample, [4, 4], [without(2, [0, 0, 4, 4])])],
    [
      'unitKey',
      'plan[0].unitKey[1]',
      () => Plan.from([{ ...sample, unitKey: without(1, [1, 2]) as [number, number] }]),
    ],
    ['indices', 'indices[1]', () => gridmask.plan({ indices: without(1, [1, 2, 3]) })],
    [
      'partner',
      'partner[0]',
      () => gridmask.gridmix(images(), { shape: [3, 1, 2, 2], partner: without(0, [0, 1, 2]) }),
    ],
    [
      'lambda',
      'lambda[2]',
      () =>
        mixLabels(images(), {
          shape: [3, 4],
          partner: [0, 1, 2],
          lambda: without(2, [1, 1, 1]),
        }),
    ],
  ])('%s', (_, name, call) => {
    expect(call).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARG_TYPE',
        message: expect.stringContaining(`\`${name}\``),
      }) as never,
    )
  })
})
