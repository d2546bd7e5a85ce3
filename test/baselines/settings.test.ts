// The settings of the papers, as statistics of what is drawn.
import { describe, expect, test } from '@jest/globals'
import { Cutout, HideAndSeek, RandomErasing, type RegionSample } from '../../lib/baselines'
import { keepRatio } from '../../lib/index'
import { lengthOf, oracle, shapeOf } from '../oracle'
import { expectMean, mean } from '../statistics'
import { expectBytes } from '../support'
import { keptByRectangles } from './support'

const area = ({ regions: [region] }: RegionSample) => {
  if (region === undefined) return 0
  const [x0, y0, x1, y1] = region
  return (x1 - x0) * (y1 - y0)
}

describe('Cutout', () => {
  test('by default drops a square of 16 pixels of every image, clipped at the border', () => {
    const samples = new Cutout({ seed: 1 }).plan({ count: 4000, height: 32, width: 32 }).toJSON()
    expect(
      samples.every(({ masked, size, regions }) => masked && size === 16 && regions.length),
    ).toBe(true)
    // Along one side: the mean over all centres of what is left of 16 pixels.
    const lengths = Array.from({ length: 32 }, (_, c) => Math.min(c + 8, 32) - Math.max(c - 8, 0))
    expectMean(samples.map(area), mean(lengths) ** 2)
    const whole = samples.filter((sample) => area(sample) === 256)
    // Centres 8 … 24 of 32 on either axis.
    expectMean(
      samples.map((sample) => (whole.includes(sample) ? 1 : 0)),
      (17 / 32) ** 2,
    )
    // Every pixel can be a centre: corners are dropped, too, but least often.
    const corner = samples.filter(({ regions: [r] }) => r?.[0] === 0 && r[1] === 0)
    expectMean(
      samples.map((sample) => (corner.includes(sample) ? 1 : 0)),
      (9 / 32) ** 2,
    )
  })

  test('in its multi-region form drops squares of one side until the keep ratio is reached', () => {
    const [height, width] = [224, 224]
    const cutout = new Cutout({ size: [30, 61], keep: 0.75, seed: 2 })
    const samples = cutout.plan({ count: 500, height, width }).toJSON()
    expectMean(
      samples.map(({ size }) => size),
      45,
    )
    for (const sample of samples) {
      const { size, regions } = sample
      const isSide = (from: number, to: number, most: number) =>
        from > 0 && to < most ? to - from === size : to - from <= size
      const isClipped = ([x0, y0, x1, y1]: (typeof regions)[number]) =>
        isSide(x0, x1, width) && isSide(y0, y1, height)
      expect(size >= 30 && size <= 60 && regions.every(isClipped)).toBe(true)
      const kept = keepRatio(sample, [height, width]) * height * width
      expect(kept).toBeLessThanOrEqual(0.75 * height * width)
      // Without the last square there would be more.
      expect(kept).toBeGreaterThan(0.75 * height * width - size ** 2)
    }
  })
})

describe('Random Erasing', () => {
  const [height, width] = [256, 256]

  test('by default masks half of the images, by areas and aspects of the paper', () => {
    const erasing = new RandomErasing({ seed: 3 })
    const samples = erasing.plan({ count: 8000, height, width }).toJSON()
    expectMean(
      samples.map(({ masked }) => (masked ? 1 : 0)),
      0.5,
    )
    const erased = samples.filter(({ masked }) => masked)
    const stray = erased.filter(({ regions }) => {
      const [[x0, y0, x1, y1]] = regions as [[number, number, number, number]]
      const [across, down] = [x1 - x0, y1 - y0]
      // Sides were rounded by up to half a pixel.
      return (
        regions.length !== 1 ||
        (down + 0.5) * (across + 0.5) < 0.02 * height * width ||
        (down - 0.5) * (across - 0.5) > 0.4 * height * width ||
        (down + 0.5) / (across - 0.5) < 0.3 ||
        (down - 0.5) / (across + 0.5) > 1 / 0.3
      )
    })
    expect(stray).toEqual([])
    // A rectangle of h × w fits at (1 - h)(1 - w) of the places, so large ones are kept less often:
    // the mean area by numerical integration, over area and aspect, of what fits.
    let [sum, weight] = [0, 0]
    const steps = 200
    for (let i = 0; i < steps; i++) {
      for (let j = 0; j < steps; j++) {
        const s = 0.02 + ((i + 0.5) / steps) * 0.38
        const r = 0.3 + ((j + 0.5) / steps) * (1 / 0.3 - 0.3)
        const fits = Math.max(1 - Math.sqrt(s * r), 0) * Math.max(1 - Math.sqrt(s / r), 0)
        sum += s * fits
        weight += fits
      }
    }
    expectMean(
      erased.map((sample) => area(sample) / (height * width)),
      sum / weight,
    )
  })

  test('leaves an image as it is if nothing fits', () => {
    const erasing = new RandomErasing({ probability: 1 })
    const samples = erasing.plan({ count: 20, height: 1, width: 1000 }).toJSON()
    expect(samples.every(({ masked, regions }) => masked && regions.length === 0)).toBe(true)
  })
})

describe('Hide-and-Seek', () => {
  const [height, width] = [224, 224]
  const samples = new HideAndSeek({ seed: 4 }).plan({ count: 2000, height, width }).toJSON()

  test.each([0, 16, 32, 44, 56])('by default draws cells of %i pixels for a fifth', (size) => {
    expectMean(
      samples.map((sample) => (sample.size === size ? 1 : 0)),
      0.2,
    )
  })

  test('hides half of the cells', () => {
    const dropped = (of: RegionSample[]) =>
      of.map((sample) => 1 - keepRatio(sample, [height, width]))
    for (const size of [16, 32, 44, 56]) {
      expectMean(dropped(samples.filter((sample) => sample.size === size)), 0.5)
    }
    expectMean(dropped(samples), 0.4) // a fifth of the images hides nothing
  })

  test('hides whole cells of the grid, clipped at the right and lower border', () => {
    const stray = samples.filter(({ size, regions }) =>
      regions.some(
        ([x0, y0, x1, y1]) =>
          x0 % size !== 0 ||
          y0 % size !== 0 ||
          (x1 % size !== 0 && x1 !== width) ||
          y1 !== Math.min(y0 + size, height),
      ),
    )
    expect(stray).toEqual([])
    expect(samples.some(({ size, regions }) => size === 0 && regions.length > 0)).toBe(false)
  })

  test('decides each cell independently of its neighbours', () => {
    const grid = new HideAndSeek({ sizes: [16], seed: 5 }).plan({ count: 300, height, width })
    const both = grid.toJSON().flatMap(({ regions }) => {
      const hidden = new Set<number>()
      for (const [x0, y0, x1] of regions) {
        for (let x = x0; x < x1; x += 16) hidden.add((y0 / 16) * 14 + x / 16)
      }
      // Pairs side by side, and one above the other.
      return Array.from({ length: 13 * 13 }, (_, k) => Math.floor(k / 13) * 14 + (k % 13)).map(
        (cell) => [
          hidden.has(cell) && hidden.has(cell + 1) ? 1 : 0,
          hidden.has(cell) && hidden.has(cell + 14) ? 1 : 0,
        ],
      )
    })
    for (const direction of [0, 1]) {
      const share = mean(both.map((pair) => pair[direction] as number))
      expect(Math.abs(share - 0.25)).toBeLessThan(0.012)
    }
  })
})

// Bands, threads and streaming stores: what smaller batches do not reach.
test('a batch of 48×3×224×224 is what its masks say', () => {
  const batch = { count: 48, channels: 3, height: 224, width: 224 }
  const shape = shapeOf(batch)
  const images = Float32Array.from({ length: lengthOf(batch) }, (_, i) => i + 1)
  const method = new HideAndSeek({ seed: 6, threads: 3 })
  const { count, height, width } = batch
  const plan = method.plan({ count, height, width, index: 0 }).toJSON()
  const expected = oracle(images, batch, keptByRectangles(plan), () => 0)
  expectBytes(method.apply(images, { shape, index: 0 }), expected)
  expectBytes(method.apply(images, { shape, index: 0, out: images }), expected)
})
