/**
 * The definition of masks, pixel by pixel, and of draws, word by word, in plain TypeScript
 * (docs/geometry-and-draws.md). Slow and plain on purpose: native code is tested against it, and it is
 * tested against masks that the authors' own code drew.
 */

import { CounterStream } from '../core/counter-stream'
import { philox4x32 } from '../core/philox'
import { joinU64, splitU64 } from '../core/u64'
import type { DrawSettings } from '../plan/draw-settings'
import type { Sample } from '../plan/plan'

const FRACTION = 65536

/** Rounds as Python's `round(value, 15)` does: to the nearest decimal of the exact value. */
const round15 = (value: number) => Number(value.toFixed(15))
const fix = (value: number) => Math.floor(value * FRACTION + 0.5)
const modulo = (a: number, b: number) => ((a % b) + b) % b

const draw = new Uint32Array(4)

/** Whether unit (i, j) of a Random GridMask drops its square. */
export function unitDrops(
  { unitProbability, unitKey, seed }: Sample,
  i: number,
  j: number,
): boolean {
  if (unitProbability === 1) return true
  philox4x32(draw, ...unitKey, i >>> 0, j >>> 0, ...splitU64(seed))
  return (draw[0] as number) / 2 ** 32 < unitProbability
}

/** For a sample's mask on images of one size: whether pixel (x, y) keeps its value. */
export function keepsPixel(
  sample: Sample,
  [height, width]: readonly [number, number],
): (x: number, y: number) => boolean {
  const { masked, d, l, deltaX, deltaY, angle, reverse } = sample
  const side = Math.ceil(Math.sqrt(height * height + width * width))
  const t = (-modulo(angle, 360) * Math.PI) / 180
  const c = round15(Math.cos(t))
  const s = round15(Math.sin(t))
  const q = side / 2
  const m2 = c * -q + s * -q + q
  const m5 = -s * -q + c * -q + q
  const a0 = fix(c)
  const a1 = fix(s)
  const a2 = fix(m2 + 0.5 * c + 0.5 * s)
  const a3 = fix(-s)
  const a4 = fix(c)
  const a5 = fix(m5 + 0.5 * -s + 0.5 * c)
  const left = Math.floor((side - width) / 2)
  const top = Math.floor((side - height) / 2)

  return (x, y) => {
    if (!masked) return true
    const canvasX = x + left
    const canvasY = y + top
    const X = Math.floor((a2 + canvasX * a0 + canvasY * a1) / FRACTION) - deltaX
    const Y = Math.floor((a5 + canvasX * a3 + canvasY * a4) / FRACTION) - deltaY
    const stripe = modulo(X, d) < l || modulo(Y, d) < l
    const square = !stripe && unitDrops(sample, Math.floor(X / d), Math.floor(Y / d))
    return square === reverse
  }
}

/** The mask of an image: 1 = kept, row by row. */
export function referenceMask(sample: Sample, size: readonly [number, number]): Uint8Array {
  const [height, width] = size
  const keeps = keepsPixel(sample, size)
  const mask = new Uint8Array(height * width)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) mask[y * width + x] = keeps(x, y) ? 1 : 0
  }
  return mask
}

/** The parameters of the sample with global number `index`. */
export function referenceDraw(settings: DrawSettings, index: number): Sample {
  const { ratio, unit, rotate, reverse, unitProbability, probability, seed, epoch } = settings
  const stream = new CounterStream(seed, 0)
  stream.start(epoch, index)
  const block = () => [stream.next(), stream.next(), stream.next(), stream.next()] as const
  const below = (word: number, range: number) => Number((BigInt(word) * BigInt(range)) >> 32n)
  const [u0, u1, u2, u3] = block()
  const [v0, v1, v2, v3] = block()
  const d = unit[0] + below(u1, unit[1] - unit[0])
  const r = ratio[0] + (v1 / 2 ** 32) * (ratio[1] - ratio[0])
  return {
    masked: u0 / 2 ** 32 < probability,
    d,
    ratio: r,
    l: Math.ceil(d * r),
    deltaX: below(u2, d),
    deltaY: below(u3, d),
    angle: below(v0, rotate),
    reverse,
    unitProbability,
    unitKey: [v2, v3],
    seed: joinU64(...splitU64(seed)),
    epoch,
    index,
  }
}
