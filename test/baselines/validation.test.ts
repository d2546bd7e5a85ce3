// Bad input to the baselines: each gets a GridMaskError with its code and a message that names the
// argument, before anything is written.
import { describe, expect, test } from '@jest/globals'
import { Cutout, HideAndSeek, RandomErasing, RegionPlan } from '../../lib/baselines'
import { keepRatio, maskOf } from '../../lib/index'
import { type Any, type BadValue, expectError } from '../support'

const methods = { Cutout, RandomErasing, HideAndSeek } as Record<
  string,
  new (
    options?: Any,
  ) => Cutout
>
const rows: Record<string, BadValue[]> = {
  Cutout: [
    ['size', 0, 'ERR_OUT_OF_RANGE', /`size` to be a whole number from 1 to 32768.*received 0$/],
    ['size', 32769, 'ERR_OUT_OF_RANGE', /`size`/],
    ['size', 2.5, 'ERR_OUT_OF_RANGE', /`size`/],
    ['size', '16', 'ERR_INVALID_ARG_TYPE', /received '16'\. Without quotes/],
    ['size', [5, 5], 'ERR_OUT_OF_RANGE', /`size\[1\]`.*from 6 /],
    ['size', [0, 5], 'ERR_OUT_OF_RANGE', /`size\[0\]`/],
    ['size', [1, 2, 3], 'ERR_INVALID_ARG_TYPE', /`size`/],
    ['keep', 0, 'ERR_OUT_OF_RANGE', /`keep` to be a number in \(0, 1\).*received 0$/],
    ['keep', 1, 'ERR_OUT_OF_RANGE', /`keep`/],
    ['keep', Number.NaN, 'ERR_OUT_OF_RANGE', /received NaN$/],
    ['keep', '0.75', 'ERR_INVALID_ARG_TYPE', /`keep`/],
    ['sizes', [16], 'ERR_INVALID_ARG_VALUE', /Unknown property `sizes` in `options`/],
  ],
  RandomErasing: [
    ['area', [-0.1, 0.4], 'ERR_OUT_OF_RANGE', /`area`.*received \[-0.1, 0.4\]$/],
    ['area', [0.4, 0.4], 'ERR_OUT_OF_RANGE', /`area`/],
    ['area', [0.2, 1.1], 'ERR_OUT_OF_RANGE', /`area`/],
    ['area', [Number.NaN, 0.4], 'ERR_OUT_OF_RANGE', /`area`/],
    ['area', 0.2, 'ERR_INVALID_ARG_TYPE', /`area`/],
    ['area', [0.2], 'ERR_INVALID_ARG_TYPE', /`area`/],
    ['area', ['0', '1'], 'ERR_INVALID_ARG_TYPE', /`area`/],
    ['aspect', [0, 1], 'ERR_OUT_OF_RANGE', /`aspect`.*0 < min/],
    ['aspect', [1, Number.POSITIVE_INFINITY], 'ERR_OUT_OF_RANGE', /`aspect`/],
    ['aspect', [2, 1], 'ERR_OUT_OF_RANGE', /`aspect`/],
    ['aspect', 0.3, 'ERR_INVALID_ARG_TYPE', /`aspect`/],
  ],
  HideAndSeek: [
    ['sizes', [], 'ERR_INVALID_ARG_TYPE', /`sizes`/],
    ['sizes', 16, 'ERR_INVALID_ARG_TYPE', /`sizes`.*received 16$/],
    ['sizes', [16, -1], 'ERR_OUT_OF_RANGE', /`sizes\[1\]`.*received -1$/],
    ['sizes', [16385], 'ERR_OUT_OF_RANGE', /`sizes\[0\]`/],
    ['sizes', ['16'], 'ERR_INVALID_ARG_TYPE', /`sizes\[0\]`/],
    ['hideProbability', 1.1, 'ERR_OUT_OF_RANGE', /`hideProbability`/],
    ['hideProbability', '1', 'ERR_INVALID_ARG_TYPE', /`hideProbability`/],
  ],
}
const shared: BadValue[] = [
  ['probability', 1.5, 'ERR_OUT_OF_RANGE', /`probability`/],
  ['probability', '1', 'ERR_INVALID_ARG_TYPE', /`probability`/],
  ['fill', 'black', 'ERR_INVALID_ARG_TYPE', /`fill`/],
  ['seed', -1, 'ERR_OUT_OF_RANGE', /`seed`/],
  ['seed', 2 ** 60, 'ERR_OUT_OF_RANGE', /`seed`/],
  ['device', 'cuda', 'ERR_INVALID_ARG_VALUE', /`device` to be one of 'auto', 'cpu'/],
  ['device', 'cuda:1', 'ERR_INVALID_ARG_VALUE', /received 'cuda:1'$/],
  ['device', 0, 'ERR_INVALID_ARG_TYPE', /`device`/],
  ['threads', 0, 'ERR_OUT_OF_RANGE', /`threads`/],
  ['ratio', 0.5, 'ERR_INVALID_ARG_VALUE', /Unknown property `ratio`/],
]

describe.each(Object.keys(methods))('%s', (name) => {
  const Method = methods[name] as (typeof methods)[string]
  const shape = [2, 3, 4, 5] as const
  const images = () => new Float32Array(120).fill(1)

  test.each([...(rows[name] as BadValue[]), ...shared])(
    'option %s: %p',
    (what, value, code, message) => {
      expectError(() => new Method({ [what]: value }), code, message)
    },
  )

  test('values that are not options', () => {
    expectError(() => new Method(null), 'ERR_INVALID_ARG_TYPE', /`options`/)
    expectError(() => new Method(16), 'ERR_INVALID_ARG_TYPE', /`options`/)
  })

  test.each<BadValue>([
    ['count', undefined, 'ERR_INVALID_ARG_TYPE', /`count`/],
    ['count', -1, 'ERR_OUT_OF_RANGE', /`count`/],
    ['height', undefined, 'ERR_INVALID_ARG_TYPE', /`height`.*received undefined$/],
    ['height', 16385, 'ERR_OUT_OF_RANGE', /`height`/],
    ['width', undefined, 'ERR_INVALID_ARG_TYPE', /`width`/],
    ['width', 1.5, 'ERR_OUT_OF_RANGE', /`width`/],
    ['index', -1, 'ERR_OUT_OF_RANGE', /`index`/],
    ['indices', [0], 'ERR_SHAPE_MISMATCH', /`count`/],
    ['epoch', 2 ** 32, 'ERR_OUT_OF_RANGE', /`epoch`/],
    ['shape', shape, 'ERR_INVALID_ARG_VALUE', /Unknown property `shape`/],
  ])('request of plan, %s: %p', (what, value, code, message) => {
    const request: Any = { count: 2, height: 4, width: 5, [what]: value }
    expectError(() => new Method().plan(request), code, message)
  })

  test.each<BadValue>([
    ['shape', [2, 3, 4], 'ERR_INVALID_ARG_TYPE', /`shape`/],
    ['shape', [2, 3, 4, 6], 'ERR_SHAPE_MISMATCH', /`images`/],
    ['out', new Uint8Array(120), 'ERR_INVALID_ARG_TYPE', /`out`/],
    ['plan', 1, 'ERR_INVALID_ARG_TYPE', /`plan`/],
    ['plan', [{ regions: [] }], 'ERR_SHAPE_MISMATCH', /`plan`.*2 samples.*received 1$/],
    [
      'plan',
      [{ d: 8 }, { d: 8 }],
      'ERR_INVALID_ARG_VALUE',
      /Unknown property `d` in `plan\[0\]`: units are for GridMask/,
    ],
    ['units', 1, 'ERR_INVALID_ARG_VALUE', /Unknown property `units`/],
  ])('request of apply, %s: %p', async (what, value, code, message) => {
    const request: Any = { shape, [what]: value }
    const array = images()
    expectError(() => new Method().apply(array, request), code, message)
    if (what !== 'out') {
      await expect(new Method().applyAsync(array, request)).rejects.toMatchObject({ code })
    }
    expect(array).toEqual(images())
  })

  test('a plan with draws', () => {
    const plan = new Method().plan({ count: 2, height: 4, width: 5 })
    const request = { shape, plan, index: 0 }
    const work = () => new Method().apply(images(), request)
    expectError(work, 'ERR_INVALID_ARG_VALUE', /`index` to be left out if a `plan` is given/)
  })

  test('a schedule that leaves [0, 1]', () => {
    const method = new Method({ probability: (epoch: number) => epoch })
    const array = images()
    expectError(
      () => method.apply(array, { shape, epoch: 2, out: array }),
      'ERR_OUT_OF_RANGE',
      /`probability\(2\)`/,
    )
    expect(array).toEqual(images())
  })
})

describe('plans of rectangles', () => {
  test.each<BadValue>([
    ['regions', undefined, 'ERR_INVALID_ARG_TYPE', /`plan\[1\]\.regions`/],
    ['regions', [1, 2, 3, 4], 'ERR_INVALID_ARG_TYPE', /`plan\[1\]\.regions\[0\]`.*received 1$/],
    ['regions', [[0, 0, 4]], 'ERR_INVALID_ARG_TYPE', /`plan\[1\]\.regions\[0\]`/],
    [
      'regions',
      [
        [0, 0, 4, 4],
        [3, 0, 2, 4],
      ],
      'ERR_OUT_OF_RANGE',
      /regions\[1\]\[2\]`.*from 3 /,
    ],
    ['regions', [[0, 5, 4, 4]], 'ERR_OUT_OF_RANGE', /regions\[0\]\[3\]`/],
    ['regions', [[-1, 0, 4, 4]], 'ERR_OUT_OF_RANGE', /regions\[0\]\[0\]`/],
    ['regions', [[0, 0.5, 4, 4]], 'ERR_OUT_OF_RANGE', /regions\[0\]\[1\]`/],
    ['regions', [[0, 0, 16385, 4]], 'ERR_OUT_OF_RANGE', /regions\[0\]\[2\]`/],
    ['masked', 1, 'ERR_INVALID_ARG_TYPE', /`plan\[1\]\.masked`/],
    ['size', -1, 'ERR_OUT_OF_RANGE', /`plan\[1\]\.size`/],
    ['seed', 1.5, 'ERR_OUT_OF_RANGE', /`plan\[1\]\.seed`/],
    ['epoch', 0.5, 'ERR_OUT_OF_RANGE', /`plan\[1\]\.epoch`/],
    ['index', 2 ** 53, 'ERR_OUT_OF_RANGE', /`plan\[1\]\.index`/],
    ['units', 1, 'ERR_INVALID_ARG_VALUE', /Unknown property `units` in `plan\[1\]`/],
  ])('%s: %p', (what, value, code, message) => {
    const params: Any = { regions: [[0, 0, 2, 2]], [what]: value }
    expectError(() => RegionPlan.from([{ regions: [] }, params]), code, message)
    if (what === 'regions' && value === undefined) return
    expectError(() => maskOf(params, [4, 4]), code, /`params/)
    expectError(() => keepRatio(params, [4, 4]), code, /`params/)
  })

  test('are made only by from() and plan()', () => {
    const Plan: Any = RegionPlan
    expectError(() => new Plan([]), 'ERR_INVALID_ARG_TYPE', /`plan` to be made by/)
    expectError(() => Plan.from('x'), 'ERR_INVALID_ARG_TYPE', /`plan`/)
  })
})

test('settings that would need too many rectangles', () => {
  const large = { count: 1, height: 16384, width: 16384 }
  const fine = new HideAndSeek({ sizes: [1] })
  expectError(() => fine.plan(large), 'ERR_OUT_OF_RANGE', /`sizes` to need at most 262144/)
  const cutout = new Cutout({ size: 1, keep: 0.5 })
  expectError(() => cutout.plan(large), 'ERR_OUT_OF_RANGE', /`size` to need at most 262144/)
})
