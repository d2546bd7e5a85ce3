/**
 * Figure 5: how often an augmentation hides an object wholly, or not at all. "Statistics of
 * Unsuccessful Cases" in section 3 of the paper says what is simulated, and leaves some of it open;
 * {@link FailureReading} has what can be read in several ways.
 */

import { expectDone, native } from '../backend/native'
import { Coverage } from '../core/coverage'
import { philox4x32 } from '../core/philox'
import { PackedPlan } from '../plan/plan'

/** Side of the images, pixels. */
export const FAILURE_IMAGE = 224
/** Sides of the objects, pixels, both included. */
export const FAILURE_OBJECT = [40, 160] as const
/** What is kept of an image. */
export const FAILURE_KEEP = 0.75
/** The part of an object that is removed, or kept, in a failure. */
export const FAILURE_PART = 0.99

/**
 * What is compared. The text lets removed squares have sides from x to 2x, the figure's caption calls
 * x "the size of one removal unit": 'gridmask' has dropped squares of that size, 'gridmask-unit' has
 * units, whose dropped squares are half as large.
 */
export const failureMethods = ['gridmask', 'gridmask-unit', 'cutout', 'hide-and-seek'] as const
export type FailureMethod = (typeof failureMethods)[number]

/** What the paper's text leaves open, first what {@link defaultReading} takes. */
export interface FailureReading {
  /** An object's sides: drawn apart, or one for both. */
  objects: 'rectangles' | 'squares'
  /** Cutout's squares: centred anywhere and clipped at the border, or wholly inside. */
  border: 'clipped' | 'inside'
  /** Cutout's squares: until a quarter of the image is covered, or one of the side drawn. */
  cutout: 'several' | 'one'
  /** The sides of several squares: one drawn for the image, or one for each. */
  sides: 'image' | 'square'
  /** GridMask: upright, or turned by any whole degree. */
  rotation: 'none' | 'any'
}

export const failureReadings: { [K in keyof FailureReading]: readonly FailureReading[K][] } = {
  objects: ['rectangles', 'squares'],
  border: ['clipped', 'inside'],
  cutout: ['several', 'one'],
  sides: ['image', 'square'],
  rotation: ['none', 'any'],
}

/** A point of the figure's curves, or a part of one: images `first` … `first + count - 1`. */
export interface FailureTask {
  method: FailureMethod
  /** Removed squares have sides from x to 2x pixels, both included. */
  x: number
  first: number
  count: number
  seed: number
  reading: FailureReading
}

/** Images whose object was removed, or kept, by at least {@link FAILURE_PART}. */
export interface FailureCounts {
  removed: number
  kept: number
}

type Box = [x0: number, y0: number, x1: number, y1: number]

/**
 * An image's random numbers, by Philox with the counter (index, method, x, block) under the seed:
 * whoever simulates an image draws the same. Objects are drawn as method 0 and so are the same for
 * all.
 */
class Draws {
  readonly #words = new Uint32Array(4)
  #index = 0
  #method = 0
  #block = 0
  #used = 4

  constructor(
    readonly seed: number,
    readonly x: number,
  ) {}

  start(index: number, method: number): void {
    this.#index = index
    this.#method = method
    this.#block = 0
    this.#used = 4
  }

  #word(): number {
    if (this.#used === 4) {
      const { seed } = this
      const key = [seed >>> 0, Math.floor(seed / 2 ** 32)] as const
      philox4x32(this.#words, this.#index, this.#method, this.x, this.#block++, ...key)
      this.#used = 0
    }
    return this.#words[this.#used++] as number
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor((this.#word() / 2 ** 32) * (max - min + 1))
  }

  chance(probability: number): boolean {
    return this.#word() / 2 ** 32 < probability
  }
}

function drawObject(draws: Draws, { objects }: FailureReading): Box {
  const width = draws.whole(...FAILURE_OBJECT)
  const drawn = draws.whole(...FAILURE_OBJECT)
  const height = objects === 'squares' ? width : drawn
  const x0 = draws.whole(0, FAILURE_IMAGE - width)
  const y0 = draws.whole(0, FAILURE_IMAGE - height)
  return [x0, y0, x0 + width, y0 + height]
}

/** Pixels of the object that one image's augmentation removes. */
type Method = (draws: Draws, object: Box, reading: FailureReading) => number

function gridmask(sideOf: 'square' | 'unit'): Method {
  const packed = new PackedPlan(1)
  const box = new Int32Array(4)
  const kept = new Float64Array(1)
  // The r of equation 3 for what is kept: 0.5 for 0.75.
  const ratio = 1 - Math.sqrt(1 - FAILURE_KEEP)
  return (draws, object, { rotation }) => {
    const [x0, y0, x1, y1] = object
    const side = draws.whole(draws.x, 2 * draws.x)
    const d = sideOf === 'unit' ? side : Math.round(side / (1 - ratio))
    const deltaX = draws.whole(0, d - 1)
    const deltaY = draws.whole(0, d - 1)
    const angle = rotation === 'any' ? draws.whole(0, 359) : 0
    packed.set(0, true, d, ratio, deltaX, deltaY, angle, false, 1, 0, 0, 0, 0, 0, 0)
    box.set(object)
    expectDone(native.countKept(packed.bytes, FAILURE_IMAGE, FAILURE_IMAGE, box, kept))
    return (x1 - x0) * (y1 - y0) - (kept[0] as number)
  }
}

function cutout(): Method {
  const coverage = new Coverage(FAILURE_IMAGE, FAILURE_IMAGE)
  const enough = (1 - FAILURE_KEEP) * FAILURE_IMAGE ** 2
  return (draws, object, { border, cutout, sides }) => {
    coverage.clear()
    let covered = 0
    let side = draws.whole(draws.x, 2 * draws.x)
    const cover = () => {
      // Inside, a corner is drawn; to be clipped, a centre in the image. A square larger than the
      // image lies at its corner.
      const last = Math.max(FAILURE_IMAGE - side, 0)
      const shift = border === 'inside' ? 0 : Math.floor(side / 2)
      const most = border === 'inside' ? last : FAILURE_IMAGE - 1
      const x0 = draws.whole(0, most) - shift
      const y0 = draws.whole(0, most) - shift
      covered += coverage.cover(x0, y0, x0 + side, y0 + side)
    }
    cover()
    while (cutout === 'several' && covered < enough) {
      if (sides === 'square') side = draws.whole(draws.x, 2 * draws.x)
      cover()
    }
    return coverage.count(...object)
  }
}

function hideAndSeek(): Method {
  return (draws, [x0, y0, x1, y1]) => {
    const side = draws.whole(draws.x, 2 * draws.x)
    const cells = Math.ceil(FAILURE_IMAGE / side)
    let removed = 0
    for (let row = 0; row < cells; row++) {
      const height = Math.min(y1, (row + 1) * side) - Math.max(y0, row * side)
      for (let column = 0; column < cells; column++) {
        const width = Math.min(x1, (column + 1) * side) - Math.max(x0, column * side)
        const hidden = draws.chance(1 - FAILURE_KEEP)
        if (hidden && width > 0 && height > 0) removed += width * height
      }
    }
    return removed
  }
}

export const defaultReading: FailureReading = {
  objects: 'rectangles',
  border: 'clipped',
  cutout: 'several',
  sides: 'image',
  rotation: 'none',
}

const methods: Record<FailureMethod, () => Method> = {
  gridmask: () => gridmask('square'),
  'gridmask-unit': () => gridmask('unit'),
  cutout,
  'hide-and-seek': hideAndSeek,
}

/** Visits a task's images: their object, its pixels, and how many of them are removed. */
export function simulateImages(
  task: FailureTask,
  visit: (pixels: number, removed: number, object: Box) => void,
): void {
  const { method, x, first, count, seed, reading } = task
  const draws = new Draws(seed, x)
  const number = 1 + failureMethods.indexOf(method)
  const removedBy = methods[method]()
  for (let i = first; i < first + count; i++) {
    draws.start(i, 0)
    const object = drawObject(draws, reading)
    const [x0, y0, x1, y1] = object
    draws.start(i, number)
    visit((x1 - x0) * (y1 - y0), removedBy(draws, object, reading), object)
  }
}

/** The failures among a task's images. */
export function countFailures(task: FailureTask): FailureCounts {
  const counts = { removed: 0, kept: 0 }
  simulateImages(task, (pixels, removed) => {
    if (removed >= FAILURE_PART * pixels) counts.removed++
    if (pixels - removed >= FAILURE_PART * pixels) counts.kept++
  })
  return counts
}
