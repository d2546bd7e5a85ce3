// Crops and flips: the same (seed, epoch, index) gives the same ones for ever, and they share no number
// with anything else that is drawn.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { HostPreprocessArguments } from '../../lib/core/native-interface'
import { GridMask, Preprocessor, presets } from '../../lib/index'
import { CROP_BLOCK } from '../../lib/plan/crop'
import { blocksOf, FIRST_NOISE_BLOCK, mostFields } from '../../lib/plan/noise-fill'
import { expectBytes } from '../support'
import { onFallback, recorded } from './recorded'
import { someBytes } from './support'

interface Vector {
  options: { crop: 'random' | 'center'; flip: number; padding: number; size: [number, number] }
  seed: string
  height: number
  width: number
  epoch: number
  index: number
  top: number
  left: number
  flip: boolean
}

describe('the published vectors', () => {
  // Version 1. These never change; a new way to draw would be a new file and a new major version.
  const { version, vectors } = JSON.parse(
    readFileSync(join(__dirname, '../draws/preprocessor-v1.json'), 'utf8'),
  ) as { version: number; vectors: Vector[] }

  test('are there', () => {
    expect(version).toBe(1)
    expect(vectors.length).toBeGreaterThanOrEqual(60)
  })

  test('are what Preprocessor draws', () => {
    for (const { options, seed, height, width, epoch, index, ...drawn } of vectors) {
      const preprocessor = new Preprocessor({ ...options, seed: BigInt(seed) })
      const [sample] = preprocessor.plan({ count: 1, height, width, epoch, index })
      expect({ ...sample }).toMatchObject({ ...drawn, epoch, index, masked: false })
    }
  })

  test('are what a batch is made with, on every backend', () => {
    for (const { options, seed, height, width, epoch, index, top, left, flip } of vectors) {
      if (height * width > 2 ** 20) continue
      const preprocessor = new Preprocessor({ ...options, seed: BigInt(seed) })
      const image = new Float32Array(height * width).map((_, i) => i)
      const shape = [1, height, width, 1]
      const expected = preprocessor.apply(image, { shape, plan: [{ top, left, flip }] })
      const [output, [call]] = recorded(() => preprocessor.apply(image, { shape, epoch, index }))
      expectBytes(output, expected)
      expectBytes(onFallback(call as HostPreprocessArguments), expected)
    }
  })

  test('do not change with a mask', () => {
    for (const { options, seed, height, width, epoch, index, ...drawn } of vectors) {
      const preprocessor = new Preprocessor({
        ...options,
        gridmask: presets.cifar10,
        seed: BigInt(seed),
      })
      expect(preprocessor.plan({ count: 1, height, width, epoch, index }).at(0)).toMatchObject(
        drawn,
      )
    }
  })
})

test('what a batch is made with is what plan() draws, on every backend', async () => {
  const settings = fc.record({
    crop: fc.constantFrom('random' as const, 'center' as const),
    flip: fc.constantFrom(0, 0.3, 1),
    padding: fc.integer({ min: 0, max: 5 }),
    seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  })
  const mask = { ratio: [0.3, 0.6], unit: [3, 9], rotate: 360, probability: 0.6 } as const
  const noise = { noise: 'uniform', low: -1, high: 1 } as const
  const masks = fc.constantFrom(undefined, mask, { ...mask, fill: noise })
  const number = fc.integer({ min: 0, max: 2 ** 53 - 20 })
  const side = fc.integer({ min: 7, max: 20 })
  const batch = fc.record({
    sides: fc.array(fc.tuple(side, side), { minLength: 1, maxLength: 11 }),
    together: fc.boolean(),
    epoch: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    listed: fc.boolean(),
    numbers: fc.array(number, { minLength: 11, maxLength: 11 }),
  })
  const property = fc.asyncProperty(settings, masks, batch, async (options, gridmask, of) => {
    const size = [7, 6] as const
    const made = new Preprocessor({ ...options, size, ...(gridmask && { gridmask }) })
    const sides = of.together ? of.sides.map(() => of.sides[0] as [number, number]) : of.sides
    const list = sides.map(([height, width], n) => ({
      ...{ height, width, channels: 3, data: someBytes(3 * height * width, n) },
    }))
    const [height, width] = sides[0] as [number, number]
    const shape = [sides.length, height, width, 3]
    const images = () =>
      of.together
        ? Uint8Array.from(list.flatMap(({ data }) => [...data]))
        : list.map(({ data, ...rest }) => ({ ...rest, data: data.slice() }))
    const { epoch, numbers } = of
    const which = of.listed ? { indices: numbers.slice(0, sides.length) } : { index: numbers[0] }
    const place = of.together ? { shape } : {}
    const plan = made.plan({
      ...{ count: sides.length, epoch, ...which },
      ...{ height: sides.map(([h]) => h), width: sides.map(([, w]) => w) },
    })
    const expected = made.apply(images(), { ...place, plan })
    const request = { ...place, epoch, ...which }
    const [output, [call]] = recorded(() => made.apply(images(), request))
    expectBytes(output, expected)
    // Noise is laid by another call.
    if (!(gridmask && 'fill' in gridmask))
      expectBytes(onFallback(call as HostPreprocessArguments), expected)
    const pending = made.applyAsync(images(), request)
    // Draws of another batch in the meantime.
    made.plan({ count: 1, height: 20, width: 20, epoch: 0, index: 0 })
    expectBytes(await pending, expected)
  })
  await fc.assert(property, { numRuns: 150 })
}, 60_000)

test('the mask is that of GridMask for the seed, epoch and index', () => {
  const settings = { ...presets.cifar10, rotate: 360, probability: 0.7, seed: 5 }
  const { seed, ...gridmask } = settings
  const preprocessor = new Preprocessor({
    size: [32, 32],
    padding: 4,
    crop: 'random',
    flip: 0.5,
    gridmask,
    seed,
  })
  const request = { epoch: 7, indices: [3, 2 ** 40, 0, 1000] }
  const masks = [...new GridMask(settings).plan(request)]
  const samples = [...preprocessor.plan({ ...request, height: 32, width: 32 })]
  samples.forEach(({ top, left, flip, ...mask }, i) => {
    expect(mask).toEqual(masks[i])
  })
  expect(samples.some(({ masked }) => masked)).toBe(true)
})

test('a unit that depends on the size gets the size of the result', () => {
  const seen: number[][] = []
  const unit = (height: number, width: number) => {
    seen.push([height, width])
    return 8
  }
  const preprocessor = new Preprocessor({ size: [20, 30], gridmask: { ratio: 0.5, unit } })
  preprocessor.plan({ count: 2, height: 50, width: 60 })
  preprocessor.apply(new Uint8Array(50 * 60), { shape: [1, 50, 60, 1] })
  expect(seen).toEqual([
    [20, 30],
    [20, 30],
  ])
})

test('no noise, for any image, is drawn from the block of crops', () => {
  for (const pixels of [1, 4, 9241 * 4, 224 * 224, 16384 * 16384]) {
    const end = FIRST_NOISE_BLOCK + mostFields(pixels) * blocksOf(pixels)
    expect(end).toBeLessThanOrEqual(CROP_BLOCK)
  }
})

test('every place is equally likely, and so are both directions', () => {
  const preprocessor = new Preprocessor({ size: [3, 3], crop: 'random', flip: 0.25, seed: 9 })
  const count = 24_000
  const places = new Map<string, number>()
  let flips = 0
  for (const { top, left, flip } of preprocessor.plan({ count, height: 5, width: 4, index: 0 })) {
    places.set(`${top} ${left}`, (places.get(`${top} ${left}`) ?? 0) + 1)
    flips += flip ? 1 : 0
  }
  expect([...places.keys()].sort()).toEqual(['0 0', '0 1', '1 0', '1 1', '2 0', '2 1'])
  // Five standard deviations.
  for (const times of places.values()) expect(Math.abs(times - count / 6)).toBeLessThan(290)
  expect(Math.abs(flips - count / 4)).toBeLessThan(336)
})

test('the middle is half a pixel further up and left if it cannot be hit', () => {
  const preprocessor = new Preprocessor({ size: [4, 4] })
  const corner = (height: number, width: number) => {
    const sample = preprocessor.plan({ count: 1, height, width }).at(0)
    return [sample?.top, sample?.left]
  }
  expect(corner(4, 5)).toEqual([0, 0])
  expect(corner(6, 7)).toEqual([1, 1])
  expect(corner(9, 8)).toEqual([2, 2])
})
