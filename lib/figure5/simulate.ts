/**
 * Figure 5: how often an augmentation hides an object completely, or not at all. "Statistics of
 * Unsuccessful Cases" in section 3 of the paper says what is simulated, but leaves some of it open;
 * {@link FailureReading} lists what can be read in several ways.
 */

import { expectDone, native } from '../backend/native'
import type { DrawRegions } from '../baselines/baseline'
import { squares } from '../baselines/cutout'
import { cells } from '../baselines/hide-and-seek'
import { packHeader } from '../core/batch-header'
import { CounterStream } from '../core/counter-stream'
import { Coverage } from '../core/coverage'
import { PackedPlan } from '../plan/plan'

/** Side of the images, pixels. */
export const FAILURE_IMAGE = 224
/** Sides of the objects, pixels, both included. */
export const FAILURE_OBJECT = [40, 160] as const
/** The part of an image that is kept. */
export const FAILURE_KEEP = 0.75
/** The part of an object that is removed, or kept, in a failure. */
export const FAILURE_PART = 0.99

/**
 * The methods that are compared. In the text, removed squares have sides from x to 2x; the figure's
 * caption calls x "the size of one removal unit". So 'gridmask' has dropped squares of that size, and
 * 'gridmask-unit' has units of that size, whose dropped squares are half as wide.
 */
export const failureMethods = ['gridmask', 'gridmask-unit', 'cutout', 'hide-and-seek'] as const
export type FailureMethod = (typeof failureMethods)[number]

/** What the paper's text leaves open. The choice of {@link defaultReading} comes first. */
export interface FailureReading {
  /** An object's sides: drawn separately, or one for both. */
  objects: 'rectangles' | 'squares'
  /** Cutout's squares: centred anywhere and clipped at the border, or entirely inside. */
  border: 'clipped' | 'inside'
  /** Cutout's squares: until a quarter of the image is covered, or one of the side drawn. */
  cutout: 'several' | 'one'
  /** The sides of several squares: one drawn for the image, or one for each. */
  sides: 'image' | 'square'
  /** GridMask: upright, or rotated by any whole degree. */
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

/** A whole number from `min` to `max`, both included. */
const whole = (stream: CounterStream, min: number, max: number) => min + stream.below(max - min + 1)

function drawObject(stream: CounterStream, { objects }: FailureReading): Box {
  const width = whole(stream, ...FAILURE_OBJECT)
  const drawn = whole(stream, ...FAILURE_OBJECT)
  const height = objects === 'squares' ? width : drawn
  const x0 = whole(stream, 0, FAILURE_IMAGE - width)
  const y0 = whole(stream, 0, FAILURE_IMAGE - height)
  return [x0, y0, x0 + width, y0 + height]
}

/** Pixels of the object that one image's augmentation removes. */
type Method = (stream: CounterStream, object: Box) => number

function gridmask(sideOf: 'square' | 'unit', x: number, { rotation }: FailureReading): Method {
  const packed = new PackedPlan(1)
  const box = new Int32Array(4)
  const kept = new Float64Array(1)
  // The r of equation 3 for the part that is kept: 0.5 for 0.75.
  const ratio = 1 - Math.sqrt(1 - FAILURE_KEEP)
  return (stream, object) => {
    const [x0, y0, x1, y1] = object
    const side = whole(stream, x, 2 * x)
    const d = sideOf === 'unit' ? side : Math.round(side / (1 - ratio))
    const deltaX = whole(stream, 0, d - 1)
    const deltaY = whole(stream, 0, d - 1)
    const angle = rotation === 'any' ? whole(stream, 0, 359) : 0
    packed.set(0, true, d, ratio, deltaX, deltaY, angle, false, 1, 0, 0, 0, 0, 0, 0)
    box.set(object)
    const header = packHeader({ count: 1, height: FAILURE_IMAGE, width: FAILURE_IMAGE })
    expectDone(native.countKept(header, packed.bytes, box, kept))
    return (x1 - x0) * (y1 - y0) - (kept[0] as number)
  }
}

/** A baseline: how much of the object its rectangles cover. */
function covering(draw: DrawRegions): Method {
  const coverage = new Coverage(FAILURE_IMAGE, FAILURE_IMAGE)
  return (stream, [x0, y0, x1, y1]) => {
    coverage.clear()
    let removed = 0
    for (const region of draw(stream, FAILURE_IMAGE, FAILURE_IMAGE).regions) {
      removed += coverage.cover(
        Math.max(region[0], x0),
        Math.max(region[1], y0),
        Math.min(region[2], x1),
        Math.min(region[3], y1),
      )
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

const methods: Record<FailureMethod, (x: number, reading: FailureReading) => Method> = {
  gridmask: (x, reading) => gridmask('square', x, reading),
  'gridmask-unit': (x, reading) => gridmask('unit', x, reading),
  cutout: (x, { border, cutout, sides }) => {
    const keep = cutout === 'several' ? FAILURE_KEEP : undefined
    return covering(squares([x, 2 * x + 1], keep, border, sides === 'image' ? 'alike' : 'each'))
  },
  'hide-and-seek': (x) => {
    const sides = Array.from({ length: x + 1 }, (_, k) => x + k)
    return covering(cells(sides, 1 - FAILURE_KEEP))
  },
}

/** Visits a task's images: their object, its pixels, and how many of them are removed. */
export function simulateImages(
  task: FailureTask,
  visit: (pixels: number, removed: number, object: Box) => void,
): void {
  const { method, x, first, count, seed, reading } = task
  const removedBy = methods[method](x, reading)
  // Objects are drawn as method 0, so they are the same for all methods, and on any thread.
  const number = 1 + failureMethods.indexOf(method)
  const stream = new CounterStream(BigInt(seed), 0)
  for (let i = first; i < first + count; i++) {
    stream.start(x, i)
    const object = drawObject(stream, reading)
    const [x0, y0, x1, y1] = object
    stream.start(x, number * 2 ** 32 + i)
    visit((x1 - x0) * (y1 - y0), removedBy(stream, object), object)
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
