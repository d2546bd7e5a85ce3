// What noise does not depend on, and what is refused.
import { describe, expect, test } from '@jest/globals'
import { applyPlan, type Fill, GridMask, type GridMaskError, Plan } from '../../lib/index'
import { bytesOf } from '../support'

const options = { ratio: 0.5, unit: [5, 20], rotate: 360, seed: 8, device: 'cpu' } as const
const noise = { noise: 'normal', mean: [0, 1, 2], std: 1, shared: false } as const
const [count, channels, height, width] = [6, 3, 33, 29]
const each = channels * height * width
const ramp = () => Float32Array.from({ length: count * each }, (_, i) => i)

function whole(threads = 1): Float32Array {
  const gridmask = new GridMask({ ...options, fill: noise, threads })
  return gridmask.apply(ramp(), { shape: [count, channels, height, width], epoch: 3, index: 100 })
}

test('noise does not depend on batches, explicit numbers, threads or earlier calls', () => {
  const expected = whole()
  expect(Buffer.compare(bytesOf(whole(4)), bytesOf(expected))).toBe(0)
  const gridmask = new GridMask({ ...options, fill: noise })
  const one = [1, channels, height, width] as const
  for (const i of [4, 0, 5, 1, 3, 2]) {
    const image = ramp().subarray(i * each, (i + 1) * each)
    const result = gridmask.apply(image, { shape: one, epoch: 3, indices: [100 + i] })
    expect(
      Buffer.compare(bytesOf(result), bytesOf(expected.subarray(i * each, (i + 1) * each))),
    ).toBe(0)
  }
})

test('a plan replays it, from JSON too', () => {
  const gridmask = new GridMask({ ...options, fill: noise, seed: 2n ** 64n - 1n })
  const shape = [count, channels, height, width] as const
  const plan = gridmask.plan({ count, epoch: 2 ** 32 - 1, index: 2 ** 53 - 10 })
  const expected = gridmask.apply(ramp(), { shape, epoch: 2 ** 32 - 1, index: 2 ** 53 - 10 })
  const json = Plan.from(JSON.parse(JSON.stringify(plan)))
  expect(applyPlan(ramp(), json, { shape, fill: noise })).toEqual(expected)
})

test('both layouts give a channel of a pixel the same value', () => {
  const plan = [{ d: 9, ratio: 0.4, angle: 20, seed: 1 }]
  const planar = new Float32Array(each)
  const pixels = new Float32Array(each)
  applyPlan(planar, plan, { shape: [1, 3, height, width], fill: noise, out: planar })
  const shape = [1, height, width, 3] as const
  applyPlan(pixels, plan, { shape, layout: 'NHWC', fill: noise, out: pixels })
  const turned = pixels.map(
    (_, i) => planar[(i % 3) * height * width + Math.floor(i / 3)] as number,
  )
  expect(pixels).toEqual(turned)
})

test('shared, the default: one number for all channels', () => {
  const plan = [{ d: 1, ratio: 0.5, reverse: true, seed: 4 }]
  const fill = { noise: 'uniform', low: [0, 0, -8], high: [1, 1, 8] } as const
  const image = new Float32Array(each)
  applyPlan(image, plan, { shape: [1, 3, height, width], fill, out: image })
  const plane = height * width
  const [a, b, c] = [0, 1, 2].map((k) => image.subarray(k * plane, (k + 1) * plane))
  expect(b).toEqual(a)
  expect(c).toEqual(a?.map((x) => x * 16 - 8))
  const own = new Float32Array(each)
  const request = { shape: [1, 3, height, width] as const, fill: { ...fill, shared: false } }
  applyPlan(own, plan, { ...request, out: own })
  expect(own.subarray(0, plane)).toEqual(a)
  expect(own.subarray(plane, 2 * plane)).not.toEqual(a)
})

test('the fill of an instance is a copy', () => {
  const fill = { noise: 'uniform' as const, low: [0, 0, 0], high: [1, 1, 1] }
  const gridmask = new GridMask({ ...options, fill })
  const apply = () => gridmask.apply(ramp(), { shape: [count, channels, height, width], index: 0 })
  const before = apply()
  fill.low[0] = -100
  expect(apply()).toEqual(before)
})

describe('refused', () => {
  const uniform = (rest: object) => ({ noise: 'uniform', low: 0, high: 1, ...rest })
  const normal = (rest: object) => ({ noise: 'normal', mean: 0, std: 1, ...rest })
  const code = (run: () => unknown): [code: string, message: string] => {
    try {
      run()
    } catch (error) {
      return [(error as GridMaskError).code, (error as Error).message]
    }
    return ['none', '']
  }

  test.each<[what: string, fill: unknown, code: string, message: RegExp]>([
    ['no kind', {}, 'ERR_INVALID_ARG_TYPE', /`fill.noise` to be one of 'uniform', 'normal'/],
    ['another kind', { noise: 'pink' }, 'ERR_INVALID_ARG_VALUE', /`fill.noise`/],
    ['a misspelt name', uniform({ hihg: 1 }), 'ERR_INVALID_ARG_VALUE', /`hihg` in `fill`/],
    ["the other kind's name", uniform({ std: 1 }), 'ERR_INVALID_ARG_VALUE', /`std` in `fill`/],
    ['nothing for high', uniform({ high: undefined }), 'ERR_INVALID_ARG_TYPE', /`fill.high`/],
    ['no numbers', uniform({ low: [] }), 'ERR_INVALID_ARG_TYPE', /`fill.low`/],
    ['text', normal({ mean: '0' }), 'ERR_INVALID_ARG_TYPE', /`fill.mean`/],
    ['text among numbers', normal({ mean: [0, '1'] }), 'ERR_INVALID_ARG_TYPE', /`fill.mean\[1\]`/],
    ['NaN', uniform({ low: Number.NaN }), 'ERR_OUT_OF_RANGE', /`fill.low`/],
    ['infinity', normal({ std: Number.POSITIVE_INFINITY }), 'ERR_OUT_OF_RANGE', /`fill.std`/],
    ['beyond float32', uniform({ high: 1e39 }), 'ERR_OUT_OF_RANGE', /`fill.high`/],
    ['a negative deviation', normal({ std: [1, -1, 1] }), 'ERR_OUT_OF_RANGE', /`fill.std\[1\]`/],
    ['high below low', uniform({ low: 2 }), 'ERR_OUT_OF_RANGE', /`fill.high` to be at least/],
    ['one high below low', uniform({ low: [0, 2, 0] }), 'ERR_OUT_OF_RANGE', /`fill.high\[1\]`/],
    ['a number for shared', uniform({ shared: 1 }), 'ERR_INVALID_ARG_TYPE', /`fill.shared`/],
  ])('%s', (_, fill, expected, message) => {
    const [found, text] = code(() => new GridMask({ ...options, fill: fill as Fill }))
    expect([found, text]).toEqual([expected, expect.stringMatching(message)])
  })

  test.each<[what: string, dtype: string, fill: object, code: string, message: RegExp]>([
    [
      'two of three channels',
      'float32',
      uniform({ low: [0, 0] }),
      'ERR_SHAPE_MISMATCH',
      /`fill.low`/,
    ],
    ['a byte below 0', 'uint8', uniform({ low: -0.1 }), 'ERR_OUT_OF_RANGE', /`fill.low`.*0 to 255/],
    ['a byte above 255', 'uint8', uniform({ high: 256 }), 'ERR_OUT_OF_RANGE', /`fill.high`/],
    ['float16 above 65504', 'float16', uniform({ high: 65505 }), 'ERR_OUT_OF_RANGE', /`fill.high`/],
    ['a tail above 65504', 'float16', normal({ std: 12000 }), 'ERR_OUT_OF_RANGE', /`fill.std`/],
    [
      'an infinite distance',
      'float32',
      uniform({ low: -3e38, high: 3e38 }),
      'ERR_OUT_OF_RANGE',
      /`fill.high`/,
    ],
  ])('%s', (_, dtype, fill, expected, message) => {
    const shape = [1, 3, 4, 4] as const
    const arrays = { float32: Float32Array, uint8: Uint8Array, float16: Uint16Array }
    const images = new arrays[dtype as keyof typeof arrays](48)
    const request = { shape, dtype: dtype as 'uint8', fill: fill as Fill, out: images }
    const [found, text] = code(() => applyPlan(images, [{ d: 2, ratio: 0.5 }], request))
    expect([found, text]).toEqual([expected, expect.stringMatching(message)])
    expect(images.every((x) => x === 0)).toBe(true)
  })

  test('more separate channels than there are numbers for; an empty batch needs none', () => {
    const fill = { noise: 'uniform', low: 0, high: 1, shared: false } as const
    const images = new Uint8Array(0)
    const request = { shape: [0, 64, 16384, 16384] as const, fill }
    expect(applyPlan(images, [], request).length).toBe(0)
    const perChannel = { ...fill, low: Array.from({ length: 64 }, () => 0) }
    const run = () => applyPlan(images, [], { ...request, fill: perChannel })
    expect(code(run)).toEqual(['ERR_OUT_OF_RANGE', expect.stringMatching(/`fill.shared`/)])
  })
})
