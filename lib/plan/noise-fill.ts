/** Noise as a fill: its options, their checks, and their encoding for native code. */

import {
  checkBoolean,
  checkChoice,
  checkEach,
  checkNumber,
  checkOptions,
  invalid,
} from '../core/check'
import { type DType, dtypes } from '../core/dtype'
import { GridMaskError } from '../core/errors'
import { allocating } from '../core/memory'
import { CROP_BLOCK } from './crop'

/**
 * One number for all channels, or one for each.
 *
 * @example
 * ```ts
 * const mean: PerChannel = [0.485, 0.456, 0.406]
 * ```
 */
export type PerChannel = number | readonly number[]

/**
 * Dropped pixels become uniform random numbers in [low, high): docs/noise.md.
 *
 * @example
 * ```ts
 * const fill: UniformNoise = { noise: 'uniform', low: 0, high: 255 }
 * ```
 */
export interface UniformNoise {
  /** Which noise. */
  noise: 'uniform'
  /** Finite; 0 … 255 for uint8. */
  low: PerChannel
  /** At least `low`. A value reaches it only by rounding to the dtype. */
  high: PerChannel
  /**
   * true, the default: all channels of a pixel come from one random number. false: each has its
   * own.
   */
  shared?: boolean | undefined
}

/**
 * Dropped pixels become normal random numbers, at most 5.77 · std from the mean: docs/noise.md.
 *
 * @example
 * ```ts
 * const fill: NormalNoise = { noise: 'normal', mean: [0.49, 0.48, 0.45], std: 0.2 }
 * ```
 */
export interface NormalNoise {
  /** Which noise. */
  noise: 'normal'
  /** The distribution's mean. For uint8, values are rounded and clamped to 0 … 255. */
  mean: PerChannel
  /** Its standard deviation, ≥ 0. */
  std: PerChannel
  /**
   * true, the default: all channels of a pixel come from one random number. false: each has its
   * own.
   */
  shared?: boolean | undefined
}

/**
 * Noise in place of dropped pixels. A value depends on the sample's seed, epoch and global number,
 * on the pixel and the channel, but not on the batch, the device or the layout.
 *
 * @example
 * ```ts
 * const fill: NoiseFill = { noise: 'normal', mean: 0, std: 1, shared: false }
 * ```
 */
export type NoiseFill = UniformNoise | NormalNoise

/** The distribution: uniform in [0, 1), or normal with mean 0 and standard deviation 1. */
export type NoiseKind = 'uniform' | 'normal'

/** The block of a sample's counter at which noise begins. The draws use those below. */
export const FIRST_NOISE_BLOCK = 2

/** How many pixels share a block. */
export const PIXELS_PER_BLOCK = 4

/** How many blocks a field takes in an image of this many pixels. */
export function blocksOf(pixels: number): number {
  return Math.ceil(pixels / PIXELS_PER_BLOCK)
}

/** How many fields there are counters for in an image of this many pixels. */
export function mostFields(pixels: number): number {
  return Math.floor((CROP_BLOCK - FIRST_NOISE_BLOCK) / Math.max(1, blocksOf(pixels)))
}

// In the order of NoiseKind in native/lattice/noise.h, which begins at 1. NoiseType there has the order
// of `dtypes`.
const kinds = ['uniform', 'normal'] as const

/** The names of each kind's two numbers. */
const parameters = { uniform: ['low', 'high'], normal: ['mean', 'std'] } as const

/** Encoded noise begins with kind, shared and dtype; then come the channels' numbers. */
const HEAD = 3

/** The largest finite value of each dtype. */
const largest: Record<DType, number> = {
  float32: (2 - 2 ** -23) * 2 ** 127,
  uint8: (2 - 2 ** -23) * 2 ** 127, // clamped only afterwards
  float16: 65504,
  bfloat16: (2 - 2 ** -7) * 2 ** 127,
}

/** Just above the largest normal number that 24 bits can give, √(48 · ln 2). */
const FARTHEST = 5.77

const f = Math.fround

/** Checks what can be checked before the dtype and the number of channels are known. */
export function checkNoise(name: string, value: object): NoiseFill {
  const noise = checkKind(`${name}.noise`, (value as { noise?: unknown }).noise)
  const [first, second] = parameters[noise]
  const given = checkOptions<Record<string, unknown>>(
    name,
    value,
    new Set(['noise', first, second, 'shared']),
  )
  const a = checkNumbers(`${name}.${first}`, given[first])
  const b = checkNumbers(`${name}.${second}`, given[second])
  const shared = checkBoolean(`${name}.shared`, given.shared ?? true)
  if (noise === 'normal') {
    eachChannel(b, b, (std, _, channel) => {
      if (std < 0) invalid('ERR_OUT_OF_RANGE', `${name}.std${channel}`, 'a number ≥ 0', std)
    })
    return { noise, mean: a, std: b, shared }
  }
  eachChannel(a, b, (low, high, channel) => {
    if (high >= low) return
    const expected = `at least \`${name}.low\`, ${low}`
    invalid('ERR_OUT_OF_RANGE', `${name}.high${channel}`, expected, high)
  })
  return { noise, low: a, high: b, shared }
}

function checkKind(name: string, value: unknown): NoiseKind {
  if (value === 'gaussian' || value === 'gauss') {
    invalid(
      'ERR_INVALID_ARG_VALUE',
      name,
      "'uniform' or 'normal'",
      value,
      "It is called 'normal' here",
    )
  }
  return checkChoice(name, value, kinds)
}

function checkNumbers(name: string, value: unknown): PerChannel {
  const expected = 'a finite float32 number, or an array of one per channel'
  const finite = (x: number) => Number.isFinite(f(x))
  if (!Array.isArray(value)) return checkNumber(name, value, expected, finite)
  if (value.length === 0) invalid('ERR_INVALID_ARG_TYPE', name, expected, value)
  return checkEach(name, value, (x, i) =>
    checkNumber(`${name}[${i}]`, x, 'a finite float32 number', finite),
  )
}

/** Calls `use` for each pair of numbers, with the channel as an error names it. */
function eachChannel(
  a: PerChannel,
  b: PerChannel,
  use: (a: number, b: number, channel: string) => void,
): void {
  const counts = [a, b].map((numbers) => (typeof numbers === 'number' ? 0 : numbers.length))
  const count = Math.max(...counts)
  if (count === 0) use(a as number, b as number, '')
  // Arrays of different lengths are refused once the number of channels is known.
  for (let i = 0; i < count; i++) {
    const [x, y] = [of(a, i), of(b, i)]
    if (x !== undefined && y !== undefined) use(x, y, `[${i}]`)
  }
}

function of(numbers: PerChannel, channel: number): number | undefined {
  return typeof numbers === 'number' ? numbers : numbers[channel]
}

/** Whether all channels have the same numbers. */
export function isForAll(fill: NoiseFill): boolean {
  return numbersOf(fill).every((numbers) => typeof numbers === 'number')
}

function numbersOf(fill: NoiseFill): [PerChannel, PerChannel] {
  return fill.noise === 'uniform' ? [fill.low, fill.high] : [fill.mean, fill.std]
}

/** The noise as native code takes it, for images of this many pixels. */
export function encodeNoise(
  fill: NoiseFill,
  dtype: DType,
  channels: number,
  pixels: number,
): Float32Array {
  const { noise, shared = true } = fill
  const numbers = numbersOf(fill)
  for (const [k, each] of numbers.entries()) {
    if (typeof each === 'number' || each.length === channels) continue
    throw new GridMaskError(
      'ERR_SHAPE_MISMATCH',
      `Expected \`fill.${parameters[noise][k]}\` to be a number or one for each of ${channels} ` +
        `channels, but received ${each.length} of them`,
    )
  }
  if (!shared && channels > mostFields(pixels)) {
    throw new GridMaskError(
      'ERR_OUT_OF_RANGE',
      `Expected \`fill.shared\` to be true for images of ${channels} channels of ${pixels} pixels: ` +
        `there are numbers for only ${mostFields(pixels)} separate channels`,
    )
  }
  const encoded = allocating('`fill`', () => new Float32Array(HEAD + 2 * channels))
  encoded.set([kinds.indexOf(noise) + 1, shared ? 1 : 0, dtypes.indexOf(dtype)])
  for (let channel = 0; channel < channels; channel++) {
    const [a, b] = numbers.map((each) => of(each, channel)) as [number, number]
    checkRange(noise, dtype, a, b)
    encoded.set([a, b], HEAD + 2 * channel)
  }
  return encoded
}

/** Refuses noise with values that the dtype cannot hold. */
function checkRange(noise: NoiseKind, dtype: DType, a: number, b: number): void {
  const [first, second] = parameters[noise]
  const most = largest[dtype]
  if (noise === 'normal') {
    if (Math.abs(a) + FARTHEST * b <= most) return
    const expected = `such that mean ± ${FARTHEST} · std is finite in ${dtype}`
    invalid('ERR_OUT_OF_RANGE', `fill.${second}`, expected, b)
  }
  if (dtype === 'uint8') {
    const expected = 'a number from 0 to 255 for dtype uint8'
    if (a < 0) invalid('ERR_OUT_OF_RANGE', `fill.${first}`, expected, a)
    if (b > 255) invalid('ERR_OUT_OF_RANGE', `fill.${second}`, expected, b)
  }
  const finite = `finite in ${dtype}, as high - low must be in float32`
  if (a < -most) invalid('ERR_OUT_OF_RANGE', `fill.${first}`, finite, a)
  if (b > most || !Number.isFinite(f(f(b) - f(a)))) {
    invalid('ERR_OUT_OF_RANGE', `fill.${second}`, finite, b)
  }
}

/** Noise as {@link encodeNoise} writes it. */
export interface EncodedNoise {
  kind: NoiseKind
  shared: boolean
  dtype: DType
  numbers: Float32Array
}

/** Decodes what {@link encodeNoise} wrote. */
export function decodeNoise(encoded: Float32Array): EncodedNoise {
  const [kind, shared, dtype] = encoded as unknown as [number, number, number]
  return {
    kind: kinds[kind - 1] as NoiseKind,
    shared: shared === 1,
    dtype: dtypes[dtype] as DType,
    numbers: encoded.subarray(HEAD),
  }
}
