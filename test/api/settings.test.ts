// Presets, schedules, devices, fills: what the settings mean.
import { beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  applyPlan,
  constant,
  cudaStatus,
  devices,
  GridMask,
  linear,
  presets,
} from '../../lib/index'
import { thrownBy } from '../support'

describe("the presets are the authors' settings", () => {
  test.each([
    ['imagenet', { ratio: 0.6, unit: [96, 224], rotate: 360 }, 0.8, 240, 300],
    ['cifar10', { ratio: 0.4, unit: [24, 33] }, 0.8, 280, 300],
    ['cityscapes', { ratio: 0.5, unit: [96, 512] }, 0.75, 250, 300],
  ] as const)('%s', (name, settings, to, reached, epochs) => {
    expect(presets[name]).toMatchObject(settings)
    const gridmask = new GridMask(presets[name])
    expect(gridmask.probabilityAt(0)).toBe(0)
    expect(gridmask.probabilityAt(reached / 2)).toBeCloseTo(to / 2, 12)
    expect(gridmask.probabilityAt(reached)).toBe(to)
    expect(gridmask.probabilityAt(epochs)).toBe(to)
    const angles = [...gridmask.plan({ count: 300, epoch: epochs })].map(({ angle }) => angle)
    expect(angles.some((angle) => angle !== 0)).toBe(name === 'imagenet')
  })

  test('coco', () => {
    const gridmask = new GridMask(presets.coco)
    expect(presets.coco.ratio).toBe(0.5)
    for (const epoch of [0, 1, 50]) expect(gridmask.probabilityAt(epoch)).toBe(0.7)
    const units = [...gridmask.plan({ count: 5000, height: 30, width: 41 })].map(({ d }) => d)
    expect([Math.min(...units), Math.max(...units)]).toEqual([2, 29])
    for (const side of [1, 2, 3]) {
      expect(gridmask.plan({ count: 1, height: side, width: 9 }).at(0)?.d).toBe(2)
    }
  })

  test('can be spread and changed, but not written to', () => {
    expect(new GridMask({ ...presets.imagenet, probability: 1, seed: 3 }).probabilityAt(0)).toBe(1)
    expect(Object.isFrozen(presets) && Object.values(presets).every(Object.isFrozen)).toBe(true)
  })
})

test('linear grows to its final value and stays there', () => {
  expect(linear({ to: 0.8, epochs: 240 })(12)).toBe(0.04)
  const schedule = linear({ from: 0.25, to: 0.75, epochs: 10 })
  expect([0, 5, 10, 11, 1e9].map(schedule)).toEqual([0.25, 0.5, 0.75, 0.75, 0.75])
  const falling = linear({ from: 1, to: 0, epochs: 4 })
  expect([0, 1, 4, 9].map(falling)).toEqual([1, 0.75, 0, 0])
  expect([0, 7].map(constant(0.3))).toEqual([0.3, 0.3])
})

// Whatever GPU the machine has.
beforeAll(() => {
  process.env.GRIDMASK_CUDA_DRIVER = '/no/such/driver'
})

test('devices lists the processor', () => {
  expect(devices()).toEqual([
    {
      id: 'cpu',
      name: expect.any(String),
      threads: expect.any(Number),
      instructionSet: expect.stringMatching(/^(baseline|avx2|avx512)$/),
      backend: 'native',
    },
  ])
})

test('cudaStatus and device cuda say why there is no CUDA', () => {
  expect(cudaStatus()).toEqual({
    available: false,
    reason: expect.stringMatching(/^no-(driver|kernels)$/),
    message: expect.any(String),
  })
  const unavailable = expect.objectContaining({
    code: 'ERR_CUDA_UNAVAILABLE',
    message: expect.stringMatching(/^Device 'cuda(:1)?': no-(driver|kernels)\. /),
  })
  for (const device of ['cuda', 'cuda:1'] as const) {
    expect(thrownBy(() => new GridMask({ ...presets.imagenet, device }))).toEqual(unavailable)
    const plan = [{ d: 2, ratio: 0.5 }]
    const apply = () => applyPlan(new Uint8Array(1), plan, { shape: [1, 1, 1, 1], device })
    expect(thrownBy(apply)).toEqual(unavailable)
  }
})

describe('fill is rounded to the nearest value of the dtype, ties to even', () => {
  // One image of one pixel, all dropped: what is left is the fill.
  const all = [{ d: 2, ratio: 0.5, deltaX: 1, deltaY: 1, angle: 0 }]
  const bitsOf = (dtype: 'float16' | 'bfloat16', fill: number) =>
    applyPlan(new Uint16Array(1), all, { shape: [1, 1, 1, 1], dtype, fill })[0] as number

  test('that pixel is dropped', () => {
    expect(applyPlan(Uint8Array.of(7), all, { shape: [1, 1, 1, 1], fill: 9 })[0]).toBe(9)
  })

  test.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2.5, 0xc100],
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [Number.POSITIVE_INFINITY, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.0001, 0x0001],
    [2 ** -14 - 2 ** -25, 0x0400],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [0.1, 0x2e66],
    [Number.MIN_VALUE, 0x0000],
  ])('float16 %d', (value, bits) => {
    expect(bitsOf('float16', value)).toBe(bits)
  })

  test('every number of float16', () => {
    const numberOf = (bits: number) => {
      const exponent = (bits >> 10) & 31
      const mantissa = bits & 1023
      const sign = bits & 0x8000 ? -1 : 1
      if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
      return (
        sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25))
      )
    }
    for (let bits = 0; bits < 0x10000; bits += 7) {
      const value = numberOf(bits)
      if (!Number.isNaN(value)) expect(bitsOf('float16', value)).toBe(bits)
    }
    expect(numberOf(bitsOf('float16', Number.NaN))).toBeNaN()
  })

  test('bfloat16, against the two neighbours', () => {
    const numberOf = (bits: number) =>
      new Float32Array(Uint32Array.of(bits << 16).buffer)[0] as number
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const bits = bitsOf('bfloat16', value)
        const distance = Math.abs(numberOf(bits) - value)
        for (const neighbour of [bits - 1, bits + 1]) {
          const other = Math.abs(numberOf(neighbour & 0xffff) - value)
          if (Number.isFinite(other) && Number.isFinite(distance)) {
            expect(distance).toBeLessThanOrEqual(other)
            if (distance === other) expect(bits % 2).toBe(0)
          }
        }
      }),
    )
    expect(bitsOf('bfloat16', -0)).toBe(0x8000)
    expect(numberOf(bitsOf('bfloat16', Number.NaN))).toBeNaN()
  })
})
