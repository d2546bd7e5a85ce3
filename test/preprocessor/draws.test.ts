// Crops and flips: the same (seed, epoch, index) gives the same ones for ever, and they share no number
// with anything else that is drawn.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { GridMask, Preprocessor, presets } from '../../lib/index'
import { CROP_BLOCK } from '../../lib/plan/crop'
import { blocksOf, FIRST_NOISE_BLOCK, mostFields } from '../../lib/plan/noise-fill'

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
