// Failures without runs, counters or native code: one byte per pixel, and random numbers from a generator
// that has nothing to do with ours. Slow, so there are few images.

import { keepsPixel } from '../../lib/fallback/reference'
import { defaultReading, type FailureMethod, type FailureReading } from '../../lib/figure5/simulate'
import { Plan, type Sample } from '../../lib/plan/plan'

const SIDE = 224

/** Marsaglia's xorshift. */
export class Generator {
  #state = 0x9e3779b9

  next(): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) / 2 ** 32
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1))
  }
}

type Remover = (column: number, y: number) => boolean
type Augmentation = (x: number, random: Generator, reading: FailureReading) => Remover

/** Whether a pixel is removed, for one image. */
const augmentations: Record<FailureMethod, Augmentation> = {
  gridmask: (x, random, reading) => gridmask(2 * random.whole(x, 2 * x), random, reading),
  'gridmask-unit': (x, random, reading) => gridmask(random.whole(x, 2 * x), random, reading),
  cutout: (x, random, { border, cutout, sides }) => {
    let side = random.whole(x, 2 * x)
    const removed = new Uint8Array(SIDE * SIDE)
    let pixels = 0
    do {
      if (sides === 'square' && pixels > 0) side = random.whole(x, 2 * x)
      const place = () =>
        border === 'clipped'
          ? random.whole(0, SIDE - 1) - Math.floor(side / 2)
          : random.whole(0, Math.max(SIDE - side, 0))
      const [left, top] = [place(), place()]
      for (let y = Math.max(top, 0); y < Math.min(top + side, SIDE); y++) {
        for (let column = Math.max(left, 0); column < Math.min(left + side, SIDE); column++) {
          if (removed[y * SIDE + column] === 0) pixels++
          removed[y * SIDE + column] = 1
        }
      }
    } while (cutout === 'several' && pixels < (SIDE * SIDE) / 4)
    return (column, y) => removed[y * SIDE + column] === 1
  },
  'hide-and-seek': (x, random) => {
    const side = random.whole(x, 2 * x)
    const hidden = Array.from({ length: 24 * 24 }, () => random.next() < 0.25)
    return (column, y) => hidden[Math.floor(y / side) * 24 + Math.floor(column / side)] as boolean
  },
}

function gridmask(d: number, random: Generator, { rotation }: FailureReading): Remover {
  const deltas = { deltaX: random.whole(0, d - 1), deltaY: random.whole(0, d - 1) }
  const angle = rotation === 'any' ? random.whole(0, 359) : 0
  const sample = Plan.from([{ d, ratio: 0.5, ...deltas, angle }]).at(0) as Sample
  const keeps = keepsPixel(sample, [SIDE, SIDE])
  return (column, y) => !keeps(column, y)
}

/** Whether the object of one more image is removed, or kept, by 99 % or more. */
export function failsPixelByPixel(
  method: FailureMethod,
  x: number,
  random: Generator,
  reading: FailureReading = defaultReading,
): boolean {
  const width = random.whole(40, 160)
  const height = reading.objects === 'squares' ? width : random.whole(40, 160)
  const [left, top] = [random.whole(0, SIDE - width), random.whole(0, SIDE - height)]
  const removes = augmentations[method](x, random, reading)
  let removed = 0
  for (let y = top; y < top + height; y++) {
    for (let column = left; column < left + width; column++) if (removes(column, y)) removed++
  }
  const part = removed / (width * height)
  return part >= 0.99 || part <= 0.01
}

/** How many of `count` images fail. */
export function countPixelByPixel(
  method: FailureMethod,
  x: number,
  count: number,
  random: Generator,
  reading?: FailureReading,
): number {
  let failed = 0
  for (let i = 0; i < count; i++) if (failsPixelByPixel(method, x, random, reading)) failed++
  return failed
}

/**
 * How far a part of `count` images may lie from a probability: four standard errors, and one image for
 * where nothing fails.
 */
export function boundOf(probability: number, count: number): number {
  return 4 * Math.sqrt((probability * (1 - probability)) / count) + 1 / count
}
