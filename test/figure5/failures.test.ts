// Figure 5: counted by runs, against images simulated pixel by pixel with other random numbers; and
// what was found, with fewer images.
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { failurePlot, failureTable } from '../../lib/cli/failures'
import type { FailureFigure } from '../../lib/figure5/run'
import {
  countFailures,
  defaultReading,
  type FailureMethod,
  type FailureReading,
  failureMethods,
  failureReadings,
  simulateImages,
} from '../../lib/figure5/simulate'
import { boundOf, countPixelByPixel, Generator } from './pixel-by-pixel'

// Threads run the built file.
const { simulateFailures } = require(
  join(__dirname, '..', '..', 'dist', 'figure5', 'run.js'),
) as typeof import('../../lib/figure5/run')

const SIDE = 224

// Threads run at full speed what is several times slower among Jest's own globals.
const images = 10000
const xs = [20, 30, 40, 50, 70, 80, 90, 110]
let figure: FailureFigure
beforeAll(async () => {
  figure = await simulateFailures({ images, xs, seed: 1, reading: defaultReading, threads: 2 })
}, 60000)

function probability(method: FailureMethod, x: number): number {
  return figure.curves[method].find((point) => point.x === x)?.probability as number
}

describe('failures', () => {
  test.each(failureMethods)('of %s are as frequent as pixel by pixel', (method) => {
    const random = new Generator()
    for (const x of [30, 80]) {
      const failed = countPixelByPixel(method, x, 250, random)
      const p = probability(method, x)
      expect(Math.abs(failed / 250 - p)).toBeLessThan(boundOf(p, 250))
    }
  })

  test.each(failureMethods)('of %s: a quarter is removed, or slightly more', (method) => {
    let [pixels, removed] = [0, 0]
    const task = { method, x: 15, first: 0, count: 1000, seed: 3, reading: defaultReading }
    simulateImages(task, (all, gone) => {
      expect(gone).toBeLessThanOrEqual(all)
      pixels += all
      removed += gone
    })
    // Objects lie in the middle more than at the border, where clipped squares cover less. Half of an
    // odd unit is rounded down.
    expect(removed / pixels).toBeGreaterThan(0.23)
    expect(removed / pixels).toBeLessThan(method === 'cutout' ? 0.29 : 0.26)
  })

  test('do not depend on how the images are distributed', () => {
    for (const method of failureMethods) {
      const part = (first: number, count: number) =>
        countFailures({ method, x: 60, first, count, seed: 2 ** 40 + 5, reading: defaultReading })
      const [a, b, all] = [part(0, 300), part(300, 700), part(0, 1000)]
      expect({ removed: a.removed + b.removed, kept: a.kept + b.kept }).toEqual(all)
      expect(all.kept).toBeGreaterThan(0)
    }
  })

  test('objects are the same for all methods', () => {
    const objectsOf = (method: FailureMethod) => {
      const objects: number[][] = []
      const task = { method, x: 40, first: 7, count: 50, seed: 1, reading: defaultReading }
      simulateImages(task, (_pixels, _removed, object) => objects.push(object))
      return objects
    }
    for (const method of failureMethods) expect(objectsOf(method)).toEqual(objectsOf('gridmask'))
    for (const [x0, y0, x1, y1] of objectsOf('cutout') as [number, number, number, number][]) {
      for (const side of [x1 - x0, y1 - y0]) {
        expect(side).toBeGreaterThanOrEqual(40)
        expect(side).toBeLessThanOrEqual(160)
      }
      expect(Math.min(x0, y0)).toBeGreaterThanOrEqual(0)
      expect(Math.max(x1, y1)).toBeLessThanOrEqual(SIDE)
    }
  })

  test('every reading changes what it names, with the same result as pixel by pixel', async () => {
    const simulate = async (reading: FailureReading) =>
      (await simulateFailures({ images: 4000, xs: [50, 90], seed: 1, reading, threads: 2 })).curves
    const usual = await simulate(defaultReading)
    const changed: Record<string, FailureMethod> = {
      border: 'cutout',
      cutout: 'cutout',
      sides: 'cutout',
      rotation: 'gridmask',
    }
    const random = new Generator()
    for (const [key, [, other]] of Object.entries(failureReadings)) {
      const reading = { ...defaultReading, [key]: other } as FailureReading
      const curves = await simulate(reading)
      for (const method of failureMethods) {
        const differs = JSON.stringify(curves[method]) !== JSON.stringify(usual[method])
        const expected = key === 'objects' || method.startsWith(changed[key] as string)
        expect([key, method, differs]).toEqual([key, method, expected])
        if (!differs) continue
        const p = curves[method][1]?.probability as number
        const failed = countPixelByPixel(method, 90, 200, random, reading)
        // Of the 4000 images too, p is only an estimate.
        const bound = boundOf(p, 200) + boundOf(p, 4000)
        expect(Math.abs(failed / 200 - p)).toBeLessThan(bound)
      }
    }
  }, 120000)
})

describe('what was found', () => {
  // By more than four standard errors of a difference.
  const lower = (a: number, b: number) =>
    b - a > 4 * Math.sqrt((a * (1 - a) + b * (1 - b)) / images)

  test('with squares of x … 2x GridMask fails least up to 40, several-square Cutout from 70 on', () => {
    for (const x of [20, 30, 40]) {
      expect(lower(probability('gridmask', x), probability('cutout', x))).toBe(true)
    }
    for (const x of [70, 90, 110]) {
      expect(lower(probability('cutout', x), probability('gridmask', x))).toBe(true)
    }
  })

  test('with units of x … 2x GridMask fails least throughout', () => {
    for (const x of [20, 50, 80, 110]) {
      const p = probability('gridmask-unit', x)
      expect(lower(p, probability('cutout', x))).toBe(true)
      expect(lower(p, probability('hide-and-seek', x))).toBe(true)
    }
  })

  test('GridMask removes the fewest objects completely, with squares of x … 2x too', () => {
    const removed = (method: FailureMethod, x: number) =>
      figure.curves[method].find((point) => point.x === x)?.removed as number
    for (const x of [40, 50, 70, 80, 90, 110]) {
      expect(removed('gridmask', x)).toBeLessThan(removed('cutout', x))
      expect(removed('gridmask', x)).toBeLessThan(removed('hide-and-seek', x))
    }
  })

  test('several large squares of Cutout remove far more than a quarter', () => {
    let [pixels, gone] = [0, 0]
    const task = { method: 'cutout', x: 110, first: 0, count: 2000, seed: 1 } as const
    simulateImages({ ...task, reading: defaultReading }, (all, removed) => {
      pixels += all
      gone += removed
    })
    expect(gone / pixels).toBeGreaterThan(0.45)
  })

  test('in every reading: squares of x … 2x are best at 30 and not at 110, units throughout', async () => {
    let readings: FailureReading[] = [defaultReading]
    for (const [key, choices] of Object.entries(failureReadings)) {
      readings = readings.flatMap((reading) =>
        choices.map((choice) => ({ ...reading, [key]: choice }) as FailureReading),
      )
    }
    // Of one square there is one side.
    readings = readings.filter(({ cutout, sides }) => cutout === 'several' || sides === 'image')
    const count = 3000
    const isLower = (a: number, b: number) =>
      b - a > 4 * Math.sqrt((a * (1 - a) + b * (1 - b)) / count)
    for (const reading of readings) {
      const settings = { images: count, xs: [30, 110], seed: 1, reading, threads: 2 }
      const { curves } = await simulateFailures(settings)
      const [near, far] = [0, 1].map(
        (i) => (method: FailureMethod) => Number(curves[method][i]?.probability),
      ) as [(method: FailureMethod) => number, (method: FailureMethod) => number]
      for (const p of [near, far]) {
        expect([reading, isLower(p('gridmask'), p('hide-and-seek'))]).toEqual([reading, true])
        expect([reading, isLower(p('gridmask-unit'), p('cutout'))]).toEqual([reading, true])
      }
      expect([reading, isLower(near('gridmask'), near('cutout'))]).toEqual([reading, true])
      expect([reading, isLower(far('gridmask'), far('cutout'))]).toEqual([reading, false])
    }
  }, 120000)

  test('Hide-and-Seek fails most from 20 on', () => {
    for (const x of [20, 50, 80, 110]) {
      const p = probability('hide-and-seek', x)
      expect(lower(probability('cutout', x), p)).toBe(true)
      expect(lower(probability('gridmask', x), p)).toBe(true)
    }
  })
})

test('threads give what one call gives; table and plot show it', async () => {
  const told: number[] = []
  const settings = { images: 2500, xs: [30, 60], seed: 9, reading: defaultReading, threads: 2 }
  const figure = await simulateFailures(settings, (images) => told.push(images))
  for (const method of failureMethods) {
    figure.curves[method].forEach(({ x, removed, kept }) => {
      const task = { method, x, first: 0, count: 2500, seed: 9, reading: defaultReading }
      expect({ removed, kept }).toEqual(countFailures(task))
    })
  }
  expect(told.at(-1)).toBe(2500 * 2 * failureMethods.length)

  const point = figure.curves.cutout[1]
  expect(failureTable(figure).split('\n')[2]).toContain(point?.probability.toFixed(4))
  const svg = failurePlot(figure)
  for (const name of ['GridMask', 'Cutout', 'Hide-and-Seek']) expect(svg).toContain(`>${name}<`)
})
