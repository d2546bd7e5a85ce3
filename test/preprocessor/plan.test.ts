// What a Preprocessor draws: plans that record and repeat it, and the numbers of the samples.
import { describe, expect, test } from '@jest/globals'
import {
  keepRatio,
  maskOf,
  normalization,
  Preprocessor,
  PreprocessorPlan,
  presets,
  visibleFraction,
} from '../../lib/index'
import { expectBytes } from '../support'
import { someBytes } from './support'

describe('a plan', () => {
  const preprocessor = new Preprocessor({
    size: [32, 32],
    padding: 4,
    crop: 'random',
    flip: 0.5,
    normalize: normalization.cifar10,
    gridmask: { ...presets.cifar10, probability: 0.5 },
    seed: 42,
  })
  const shape = [20, 32, 32, 3] as const
  const bytes = someBytes(20 * 32 * 32 * 3)

  test('is what apply does, and survives JSON and clones', () => {
    const request = { epoch: 2, index: 60 }
    const plan = preprocessor.plan({ count: 20, height: 32, width: 32, ...request })
    const expected = preprocessor.apply(bytes, { shape, ...request })
    const json = JSON.stringify(plan)
    for (const again of [plan, JSON.parse(json), structuredClone(plan), [...plan]]) {
      expectBytes(preprocessor.apply(bytes, { shape, plan: again }), expected)
    }
    expect(JSON.stringify(PreprocessorPlan.from(JSON.parse(json)))).toBe(json)
  })

  test('has parameters for each sample that the mask queries accept', () => {
    const plan = preprocessor.plan({ count: 20, height: 32, width: 32, index: 0 })
    const result = preprocessor.apply(bytes, { shape, plan })
    const plain = preprocessor.apply(bytes, {
      shape,
      plan: [...plan].map((sample) => ({ ...sample, masked: false })),
    })
    for (const [n, sample] of [...plan].entries()) {
      const mask = maskOf(sample, [32, 32])
      let kept = 0
      for (let i = 0; i < 32 * 32; i++) {
        kept += mask[i] as number
        const at = n * 3 * 32 * 32 + i
        expect(result[at]).toBe(mask[i] === 1 ? plain[at] : 0)
      }
      expect(keepRatio(sample, [32, 32])).toBe(kept / 1024)
      expect(visibleFraction(sample, [32, 32], [[0, 0, 32, 32]])).toEqual([kept / 1024])
    }
  })

  test('with only crops and flips masks nothing', () => {
    const crops = Array.from({ length: 20 }, (_, i) => ({
      top: i % 9,
      left: 8 - (i % 9),
      flip: i > 9,
    }))
    const evaluation = new Preprocessor({
      size: [32, 32],
      padding: 4,
      normalize: normalization.cifar10,
    })
    const result = evaluation.apply(bytes, { shape, plan: crops })
    expectBytes(preprocessor.apply(bytes, { shape, plan: crops }), result)
    expect(PreprocessorPlan.from(crops).at(10)).toMatchObject({
      top: 1,
      left: 7,
      flip: true,
      masked: false,
    })
    // Mirrored twice, it is as before.
    const [top, left] = [4, 4]
    const once = evaluation.apply(bytes.subarray(0, 3072), {
      shape: [1, 32, 32, 3],
      plan: [{ top, left, flip: true }],
    })
    const upright = evaluation.apply(bytes.subarray(0, 3072), {
      shape: [1, 32, 32, 3],
      plan: [{ top, left }],
    })
    for (let at = 0; at < once.length; at++) {
      expect(once[at]).toBe(upright[at - (at % 32) + 31 - (at % 32)])
    }
  })

  test('of images of different sizes has a size for each', () => {
    const request = { height: [40, 32, 100], width: [32, 50, 80], indices: [4, 5, 6] }
    const plan = preprocessor.plan(request)
    const images = request.height.map((height, i) => ({
      data: someBytes(height * (request.width[i] as number) * 3, i),
      height,
      width: request.width[i] as number,
      channels: 3,
    }))
    expectBytes(
      preprocessor.apply(images, { plan }),
      preprocessor.apply(images, { indices: [4, 5, 6] }),
    )
  })
})

describe('samples are numbered', () => {
  const make = () =>
    new Preprocessor({ size: [8, 8], crop: 'random', flip: 0.5, gridmask: { ratio: 0.5, unit: 4 } })
  const shape = [3, 12, 12, 1] as const
  const bytes = someBytes(3 * 144)

  test('by the instance, from 0 on in each epoch', () => {
    const [own, told] = [make(), make()]
    for (const index of [0, 3, 6]) {
      expectBytes(own.apply(bytes, { shape }), told.apply(bytes, { shape, epoch: 0, index }))
    }
    own.setEpoch(1)
    expect(own.epoch).toBe(1)
    expectBytes(own.apply(bytes, { shape }), told.apply(bytes, { shape, epoch: 1, index: 0 }))
  })

  test('in shards as in one process', () => {
    const whole = make().apply(bytes, { shape, epoch: 4, index: 7 })
    const parts = [0, 1, 2].map((i) =>
      make().apply(bytes.subarray(i * 144, (i + 1) * 144), {
        shape: [1, 12, 12, 1],
        epoch: 4,
        indices: [7 + i],
      }),
    )
    expectBytes(Float32Array.from(parts.flatMap((part) => [...part])), whole)
  })

  test('and a call that fails counts none', async () => {
    const [own, told] = [make(), make()]
    expect(() => own.apply(bytes.subarray(1), { shape })).toThrow()
    await expect(own.applyAsync(bytes.subarray(1), { shape })).rejects.toThrow()
    expectBytes(own.apply(bytes, { shape }), told.apply(bytes, { shape, index: 0 }))
  })
})

test('the probability of a mask follows its schedule', () => {
  const preprocessor = new Preprocessor({ gridmask: presets.imagenet })
  expect(preprocessor.probabilityAt(12)).toBeCloseTo(0.04)
  preprocessor.setEpoch(240)
  expect(preprocessor.probabilityAt()).toBe(0.8)
  expect(new Preprocessor().probabilityAt(12)).toBe(0)
})
