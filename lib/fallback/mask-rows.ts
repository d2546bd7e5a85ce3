/**
 * The rows of a mask in plain TypeScript. As in native code, one addition carries a phase from pixel to
 * pixel, instead of the definition's divisions. All numbers are whole and below 2⁵³, so every operation is
 * exact.
 */
import type { Sample } from '../plan/plan'
import type { RegionSample } from '../plan/rectangle-plan'
import { unitDrops } from './reference'
import { rotationOf } from './rotation'

const FRACTION = 65536

const fix = (value: number) => Math.floor(value * FRACTION + 0.5)
const modulo = (a: number, b: number) => a - Math.floor(a / b) * b

/** One axis of a lattice: a pixel lies at origin + x·stepX + y·stepY, in 16.16 fixed point. */
interface Axis {
  origin: number
  stepX: number
  stepY: number
}

export interface Rows {
  /** Writes 1 for each dropped pixel of columns [x0, x0 + row.length) of row y, else 0. */
  write(row: Uint8Array, x0: number, y: number): void
}

/** The rows of a mask that drops rectangles. */
export class RegionRows implements Rows {
  constructor(readonly sample: RegionSample) {}

  write(row: Uint8Array, x0: number, y: number): void {
    row.fill(0)
    if (!this.sample.masked) return
    for (const [left, top, right, bottom] of this.sample.regions) {
      if (y >= top && y < bottom) row.fill(1, Math.max(left - x0, 0), Math.max(right - x0, 0))
    }
  }
}

export class MaskRows implements Rows {
  readonly #sample: Sample
  readonly #x: Axis
  readonly #y: Axis
  readonly #period: number
  readonly #stripe: number
  #unit: readonly [i: number, j: number, drops: boolean] | undefined

  constructor(sample: Sample, height: number, width: number) {
    const { d, l, deltaX, deltaY, angle } = sample
    const side = Math.ceil(Math.sqrt(height * height + width * width))
    const [c, s] = rotationOf(angle)
    const q = side / 2
    const m2 = c * -q + s * -q + q
    const m5 = -s * -q + c * -q + q
    const left = Math.floor((side - width) / 2)
    const top = Math.floor((side - height) / 2)
    const axis = (constant: number, stepX: number, stepY: number, delta: number): Axis => ({
      origin: constant + left * stepX + top * stepY - delta * FRACTION,
      stepX,
      stepY,
    })
    this.#x = axis(fix(m2 + 0.5 * c + 0.5 * s), fix(c), fix(s), deltaX)
    this.#y = axis(fix(m5 + 0.5 * -s + 0.5 * c), fix(-s), fix(c), deltaY)
    this.#period = d * FRACTION
    this.#stripe = l * FRACTION
    this.#sample = sample
  }

  write(row: Uint8Array, x0: number, y: number): void {
    const { masked, reverse, unitProbability } = this.#sample
    if (!masked) {
      row.fill(0)
      return
    }
    const period = this.#period
    const stripe = this.#stripe
    const [startX, startY] = [at(this.#x, x0, y), at(this.#y, x0, y)]
    let phaseX = modulo(startX, period)
    let phaseY = modulo(startY, period)
    const stepX = modulo(this.#x.stepX, period)
    const stepY = modulo(this.#y.stepX, period)
    const [inSquare, onStripe] = reverse ? [0, 1] : [1, 0]
    const random = unitProbability < 1
    for (let k = 0; k < row.length; k++) {
      const square = phaseX >= stripe && phaseY >= stripe && (!random || this.#drops(x0 + k, y))
      row[k] = square ? inSquare : onStripe
      phaseX += stepX
      if (phaseX >= period) phaseX -= period
      phaseY += stepY
      if (phaseY >= period) phaseY -= period
    }
  }

  /** Whether the unit of a pixel drops its square. Keeps the last answer, since neighbours share a unit. */
  #drops(x: number, y: number): boolean {
    const i = Math.floor(at(this.#x, x, y) / this.#period)
    const j = Math.floor(at(this.#y, x, y) / this.#period)
    if (this.#unit?.[0] !== i || this.#unit[1] !== j) {
      this.#unit = [i, j, unitDrops(this.#sample, i, j)]
    }
    return this.#unit[2]
  }
}

function at({ origin, stepX, stepY }: Axis, x: number, y: number): number {
  return origin + x * stepX + y * stepY
}
