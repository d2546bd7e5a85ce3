/**
 * Random draws: docs/geometry-and-draws.md. The same (seed, epoch, index) gives the same parameters
 * for ever; test/draws holds vectors that must never change.
 */
import { invalid } from './check'
import { philox4x32 } from './philox'
import { MAX_UNIT, type PackedPlan } from './plan'

/** A whole-number range [min, max). */
export type Range = readonly [min: number, max: number]

/** What is drawn from, validated. A fixed value is a range in which min = max. */
export interface DrawSettings {
  ratio: Range
  unit: Range | ((height: number, width: number) => Range)
  rotate: number
  reverse: boolean
  unitProbability: number
  seedLow: number
  seedHigh: number
}

const block0 = new Uint32Array(4)
const block1 = new Uint32Array(4)

/** `⌊word · range / 2³²⌋`, exact for range ≤ 2²¹. */
function scaled(word: number, range: number): number {
  return Math.floor((word * range) / 2 ** 32)
}

/** Draws sample `i` of a plan: the one with global number `index`, in epoch `⌊epoch⌋`. */
export function drawSample(
  packed: PackedPlan,
  i: number,
  settings: DrawSettings,
  unit: Range,
  index: number,
  epoch: number,
  probability: number,
): void {
  const low = index >>> 0
  const high = Math.floor(index / 2 ** 32)
  const { ratio, seedLow, seedHigh } = settings
  philox4x32(block0, low, high, epoch, 0, seedLow, seedHigh)
  philox4x32(block1, low, high, epoch, 1, seedLow, seedHigh)
  const [u0, u1, u2, u3] = block0 as unknown as [number, number, number, number]
  const [v0, v1, v2, v3] = block1 as unknown as [number, number, number, number]
  const d = unit[0] + scaled(u1, unit[1] - unit[0])
  packed.set(
    i,
    u0 / 2 ** 32 < probability,
    d,
    ratio[0] + (v1 / 2 ** 32) * (ratio[1] - ratio[0]),
    scaled(u2, d),
    scaled(u3, d),
    scaled(v0, settings.rotate),
    settings.reverse,
    settings.unitProbability,
    v2,
    v3,
    seedLow,
    seedHigh,
  )
}

/** The `unit` option as a range of whole numbers. `name` is what the caller knows it as. */
export function checkUnit(name: string, value: unknown): Range {
  const expected = `a whole number or a range [min, max) of them, from 1 to ${MAX_UNIT}`
  const [min, max] = Array.isArray(value) ? value : [value, value]
  if (
    typeof min !== 'number' ||
    typeof max !== 'number' ||
    (Array.isArray(value) && value.length !== 2)
  ) {
    invalid('ERR_INVALID_ARG_TYPE', name, expected, value)
  }
  const last = Array.isArray(value) ? max - 1 : max
  if (
    !(Number.isInteger(min) && Number.isInteger(max) && min >= 1 && min <= last && last <= MAX_UNIT)
  ) {
    invalid('ERR_OUT_OF_RANGE', name, expected, value)
  }
  return [min, max]
}

/** The `ratio` option as a range. */
export function checkRatioRange(name: string, value: unknown): Range {
  const expected = 'a number in (0, 1) or a range [min, max) within it'
  const [min, max] = Array.isArray(value) ? value : [value, value]
  if (
    typeof min !== 'number' ||
    typeof max !== 'number' ||
    (Array.isArray(value) && value.length !== 2)
  ) {
    invalid('ERR_INVALID_ARG_TYPE', name, expected, value)
  }
  const inOrder = Array.isArray(value) ? min < max && max <= 1 : max < 1
  if (!(min > 0 && inOrder)) invalid('ERR_OUT_OF_RANGE', name, expected, value)
  return [min, max]
}
