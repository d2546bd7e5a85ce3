/**
 * The settings of draws: docs/geometry-and-draws.md. The draws themselves are in
 * native/lattice/sample_draws.h and, in plain TypeScript, in referenceDraw() of reference.ts.
 */

import { SampleKind } from '../core/batch-header'
import { checkInteger, invalid } from '../core/check'
import { MAX_UNIT } from '../core/limits'
import type { NativeSamples } from '../core/native-interface'
import { splitU64 } from '../core/u64'

/** A range [min, max). */
export type Range = readonly [min: number, max: number]

/** Validated settings. A fixed value is a range with min = max. */
export interface DrawSettings {
  ratio: Range
  unit: Range
  rotate: number
  reverse: boolean
  unitProbability: number
  /** The probability that a sample is masked at all. */
  probability: number
  seed: bigint
  /** A whole number. */
  epoch: number
}

/** {@link DrawSettings} in the order of native/lattice/sample_draws.h, packed once and adjusted for each draw. */
export class Drawer {
  readonly #numbers: Float64Array

  constructor(settings: Omit<DrawSettings, 'unit' | 'probability' | 'epoch'>) {
    const { ratio, rotate, reverse, unitProbability, seed } = settings
    const fixed = [rotate, reverse ? 1 : 0, unitProbability]
    this.#numbers = Float64Array.of(...ratio, 0, 0, ...fixed, 0, ...splitU64(seed), 0)
  }

  /**
   * What native code draws samples from, which are numbered from `first` on, or by `indices`. The next call
   * overwrites it. `epoch` is a whole number.
   */
  samples(
    unit: Range,
    probability: number,
    epoch: number,
    first: number,
    indices: Float64Array | undefined,
  ): NativeSamples {
    const numbers = this.#numbers
    numbers[2] = unit[0]
    numbers[3] = unit[1]
    numbers[7] = probability
    numbers[10] = epoch
    return { sampleKind: SampleKind.draws, data: numbers, first, indices }
  }
}

/** The ends of a range, or one number as both. Checks only that they are numbers. */
function readRange(name: string, expected: string, value: unknown): Range {
  const [min, max] = Array.isArray(value) ? value : [value, value]
  if (
    typeof min !== 'number' ||
    typeof max !== 'number' ||
    (Array.isArray(value) && value.length !== 2)
  ) {
    invalid('ERR_INVALID_ARG_TYPE', name, expected, value)
  }
  return [min, max]
}

/** The `unit` option as a range of whole numbers. `name` is the caller's name for it. */
export function checkUnit(name: string, value: unknown): Range {
  const expected = `a whole number or a range [min, max) of them, from 1 to ${MAX_UNIT}`
  const [min, max] = readRange(name, expected, value)
  const last = Array.isArray(value) ? max - 1 : max
  if (
    !(Number.isInteger(min) && Number.isInteger(max) && min >= 1 && min <= last && last <= MAX_UNIT)
  ) {
    const hint =
      min > 0 && max <= 1 && min + max !== 2
        ? 'For fractions of the image, pass a function: (height, width) => …, in whole pixels'
        : hintOnRange(value, min, max)
    invalid('ERR_OUT_OF_RANGE', name, expected, value, hint)
  }
  return [min, max]
}

/** A hint if the ends of a range [min, max) are in the wrong order. */
function hintOnRange(value: unknown, min: number, max: number): string {
  if (!Array.isArray(value)) return ''
  if (min > max) return `The smaller number comes first: [${max}, ${min}]`
  return min === max ? `The upper end is exclusive: for one value, pass ${min} alone` : ''
}

/** The `rotate` option. */
export function checkRotate(value: unknown): number {
  const hint =
    value === true
      ? 'Any angle is 360'
      : Array.isArray(value)
        ? 'Pass only the upper end, which is exclusive: angles begin at 0'
        : typeof value === 'number' && !Number.isInteger(value)
          ? 'It is in whole degrees'
          : undefined
  if (hint !== undefined) {
    const code = typeof value === 'number' ? 'ERR_OUT_OF_RANGE' : 'ERR_INVALID_ARG_TYPE'
    invalid(code, 'rotate', 'a whole number from 0 to 360', value, hint)
  }
  return checkInteger('rotate', value, 0, 360)
}

/** The `ratio` option as a range. */
export function checkRatioRange(name: string, value: unknown): Range {
  const expected = 'a number in (0, 1) or a range [min, max) within it'
  const [min, max] = readRange(name, expected, value)
  const inOrder = Array.isArray(value) ? min < max && max <= 1 : max < 1
  if (!(min > 0 && inOrder)) {
    const hint =
      Array.isArray(value) && min >= 1 && max > min && max <= 100
        ? `${min} to ${max} % is [${min / 100}, ${max / 100}]`
        : hintOnRange(value, min, max) || undefined
    invalid('ERR_OUT_OF_RANGE', name, expected, value, hint)
  }
  return [min, max]
}
