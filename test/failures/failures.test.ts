// Figure 5: counted by runs, against images simulated pixel by pixel with other random numbers; and
// what was found, with fewer images.
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import {
  countFailures,
  defaultReading,
  type FailureMethod,
  type FailureReading,
  failureMethods,
  failureReadings,
  simulateImages,
} from '../../lib/failures'
import { type FailureFigure, failurePlot, failureTable } from '../../lib/failures-run'
import { Plan } from '../../lib/plan'
import { keepsPixel } from '../../lib/reference'

// Threads run the built file.
const { simulateFailures } = require(
  join(__dirname, '..', '..', 'dist', 'failures-run.js'),
) as typeof import('../../lib/failures-run')

const SIDE = 224

/** A generator that has nothing to do with ours: Marsaglia's xorshift. */
function generator(state: number) {
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  return { next, whole: (min: number, max: number) => min + Math.floor(next() * (max - min + 1)) }
}
type Generator = ReturnType<typeof generator>

/** Whether a pixel is removed, for one image. */
const removers: Record<FailureMethod, (x: number, random: Generator) => Remover> = {
  gridmask: (x, random) => gridmaskRemover(2 * random.whole(x, 2 * x), random),
  'gridmask-unit': (x, random) => gridmaskRemover(random.whole(x, 2 * x), random),
  cutout: (x, random) => {
    const side = random.whole(x, 2 * x)
    const removed = new Uint8Array(SIDE * SIDE)
    let pixels = 0
    while (pixels < (SIDE * SIDE) / 4) {
      const left = random.whole(0, SIDE - 1) - Math.floor(side / 2)
      const top = random.whole(0, SIDE - 1) - Math.floor(side / 2)
      for (let y = Math.max(top, 0); y < Math.min(top + side, SIDE); y++) {
        for (let column = Math.max(left, 0); column < Math.min(left + side, SIDE); column++) {
          if (removed[y * SIDE + column] === 0) pixels++
          removed[y * SIDE + column] = 1
        }
      }
    }
    return (column, y) => removed[y * SIDE + column] === 1
  },
  'hide-and-seek': (x, random) => {
    const side = random.whole(x, 2 * x)
    const hidden = Array.from({ length: 24 * 24 }, () => random.next() < 0.25)
    return (column, y) => hidden[Math.floor(y / side) * 24 + Math.floor(column / side)] as boolean
  },
}
type Remover = (column: number, y: number) => boolean

function gridmaskRemover(d: number, random: Generator): Remover {
  const deltas = { deltaX: random.whole(0, d - 1), deltaY: random.whole(0, d - 1) }
  const sample = Plan.from([{ d, ratio: 0.5, ...deltas }]).at(0)
  const keeps = keepsPixel(sample as NonNullable<typeof sample>, [SIDE, SIDE])
  return (column, y) => !keeps(column, y)
}

function failsPixelByPixel(method: FailureMethod, x: number, random: Generator): boolean {
  const [width, height] = [random.whole(40, 160), random.whole(40, 160)]
  const [left, top] = [random.whole(0, SIDE - width), random.whole(0, SIDE - height)]
  const removes = removers[method](x, random)
  let removed = 0
  for (let y = top; y < top + height; y++) {
    for (let column = left; column < left + width; column++) if (removes(column, y)) removed++
  }
  const part = removed / (width * height)
  return part >= 0.99 || part <= 0.01
}

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
  test.each(failureMethods)('of %s are as often as pixel by pixel', (method) => {
    const random = generator(0x9e3779b9)
    for (const x of [30, 80]) {
      const count = 250
      let failed = 0
      for (let i = 0; i < count; i++) if (failsPixelByPixel(method, x, random)) failed++
      const p = probability(method, x)
      // Four standard errors, and one image for the points where nothing fails.
      const bound = 4 * Math.sqrt((p * (1 - p)) / count) + 1 / count
      expect(Math.abs(failed / count - p)).toBeLessThan(bound)
    }
  })

  test.each(failureMethods)('of %s: a quarter is removed, or the little more to it', (method) => {
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

  test('do not depend on how the images are dealt out', () => {
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

  test('every reading can be simulated, and changes what it says', async () => {
    const simulate = async (reading: FailureReading) =>
      (await simulateFailures({ images: 2000, xs: [50, 90], seed: 1, reading, threads: 2 })).curves
    const usual = await simulate(defaultReading)
    const changed: Record<string, FailureMethod> = {
      border: 'cutout',
      cutout: 'cutout',
      sides: 'cutout',
      rotation: 'gridmask',
    }
    for (const [key, [, other]] of Object.entries(failureReadings)) {
      const curves = await simulate({ ...defaultReading, [key]: other } as FailureReading)
      for (const method of failureMethods) {
        const differs = JSON.stringify(curves[method]) !== JSON.stringify(usual[method])
        const expected = key === 'objects' || method.startsWith(changed[key] as string)
        expect([key, method, differs]).toEqual([key, method, expected])
      }
    }
  })
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
  for (const name of ['GridMask', 'Cutout', 'Hide-and-Seek']) expect(svg).toContain(`>\n${name}<`)
})
