import { checkNumber, checkOptions, invalid } from '../core/check'
import { GridMaskError } from '../core/errors'
import type { PerChannel } from './noise-fill'

/**
 * Mean and standard deviation of the channels of a data set, for values in 0…1.
 *
 * @example
 * ```ts
 * const own: Normalization = { mean: 0.5, std: 0.25 }
 * ```
 */
export interface Normalization {
  /** The value that becomes 0: one number for all channels of the result, or one per channel. */
  mean: PerChannel
  /**
   * The distance from the mean that becomes 1; above 0. One number for all channels, or one per
   * channel.
   */
  std: PerChannel
}

/**
 * The usual statistics, of red, green and blue.
 *
 * @example
 * ```ts run
 * console.log(normalization.imagenet.mean)   // [ 0.485, 0.456, 0.406 ]
 * ```
 */
export const normalization: Readonly<Record<'imagenet' | 'cifar10', Readonly<Normalization>>> =
  Object.freeze({
    imagenet: Object.freeze({
      mean: Object.freeze([0.485, 0.456, 0.406]),
      std: Object.freeze([0.229, 0.224, 0.225]),
    }),
    cifar10: Object.freeze({
      mean: Object.freeze([0.4914, 0.4822, 0.4465]),
      std: Object.freeze([0.247, 0.2435, 0.2616]),
    }),
  })

const keys = new Set(['mean', 'std'])

/** The smallest normal number of float32. */
const SMALLEST = 2 ** -126

/** Checks statistics, as far as that can be done if the number of channels is not known yet. */
export function checkNormalization(
  name: string,
  value: unknown,
  channels: number | undefined,
): Normalization {
  const given = checkOptions<Normalization>(name, value, keys)
  const mean = checkEach(`${name}.mean`, given.mean, 'a number', () => true)
  const std = checkEach(`${name}.std`, given.std, 'a number above 0', (s) => s > 0)
  if (channels !== undefined) checkLengths({ mean, std }, channels)
  const [means, stds] = [lengthOf(mean), lengthOf(std)]
  if (means > 0 && stds > 0 && means !== stds) {
    throw new GridMaskError(
      'ERR_SHAPE_MISMATCH',
      `Expected \`${name}.mean\` and \`${name}.std\` to have as many numbers as each other, but ` +
        `received ${means} and ${stds}`,
    )
  }
  for (let channel = 0; channel < Math.max(means, stds, 1); channel++) {
    const [m, s] = [at(mean, channel), at(std, channel)]
    if (m > 1 && s > 1) {
      const expected = 'the mean of values in 0…1 (divide a mean and std of values in 0…255 by 255)'
      invalid('ERR_OUT_OF_RANGE', `${name}.mean`, expected, m)
    }
    const [a, b] = scaleOf(m, s)
    if (!(a >= SMALLEST && Number.isFinite(a))) {
      const expected = 'such that 1 / (255 · std) fits float32'
      invalid('ERR_OUT_OF_RANGE', `${name}.std`, expected, s)
    }
    if (!Number.isFinite(b)) {
      const expected = `such that mean / std fits float32, where std is ${s}`
      invalid('ERR_OUT_OF_RANGE', `${name}.mean`, expected, m)
    }
  }
  return { mean, std }
}

function checkEach(
  name: string,
  value: unknown,
  expected: string,
  holds: (value: number) => boolean,
): PerChannel {
  if (!Array.isArray(value)) {
    return checkNumber(name, value, `${expected}, or an array of one per channel`, holds)
  }
  if (value.length === 0) {
    invalid('ERR_INVALID_ARG_TYPE', name, `${expected}, or an array of one per channel`, value)
  }
  return Array.from(value, (number, i) => checkNumber(`${name}[${i}]`, number, expected, holds))
}

function lengthOf(numbers: PerChannel): number {
  return typeof numbers === 'number' ? 0 : numbers.length
}

function at(numbers: PerChannel, channel: number): number {
  return typeof numbers === 'number' ? numbers : (numbers[channel] as number)
}

/** A hint for images of one or four channels if three were meant. */
function hintOnChannels(channels: number, length: number): string {
  if (length !== 3) return ''
  if (channels === 4) return '. `channels: [0, 1, 2]` leaves alpha out'
  return channels === 1 ? '. `channels: [0, 0, 0]` makes three channels from grey' : ''
}

/** A value v of 0…255 becomes v · a + b. */
export type Scale = readonly [a: number, b: number]

function scaleOf(mean: number, std: number): Scale {
  return [Math.fround(1 / (255 * std)), Math.fround(-mean / std)]
}

function checkLengths(normalize: Normalization, channels: number): void {
  for (const key of ['mean', 'std'] as const) {
    const length = lengthOf(normalize[key])
    if (length === 0 || length === channels) continue
    throw new GridMaskError(
      'ERR_SHAPE_MISMATCH',
      `Expected \`normalize.${key}\` to be a number or one for each of the result's ${channels} ` +
        `channels, but received ${length} of them${hintOnChannels(channels, length)}`,
    )
  }
}

/** The scale of each channel. */
export function scalesOf(normalize: Normalization | undefined, channels: number): Scale[] {
  // Adding -0 changes no value; adding 0 would change -0.
  if (normalize === undefined) return new Array(channels).fill([Math.fround(1 / 255), -0])
  checkLengths(normalize, channels)
  return Array.from({ length: channels }, (_, channel) =>
    scaleOf(at(normalize.mean, channel), at(normalize.std, channel)),
  )
}
