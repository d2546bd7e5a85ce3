import { checkEach, invalid, isPromise } from '../core/check'
import { bytesPerValue, type DType } from '../core/dtype'
import { GridMaskError } from '../core/errors'
import { bfloat16Bits, float16Bits } from '../core/float-bits'
import { allocating } from '../core/memory'
import type { EncodedFill } from '../core/native-interface'
import { checkNoise, encodeNoise, isForAll, type NoiseFill } from './noise-fill'

/**
 * What dropped pixels become: one value, one for each channel, or noise. Null leaves a channel as it is,
 * such as alpha: `[0, 0, 0, null]`.
 *
 * @example
 * ```ts
 * const fills: Fill[] = [0, [124, 116, 104], [0, 0, 0, null], { noise: 'uniform', low: -1, high: 1 }]
 * ```
 */
export type Fill = number | readonly (number | null)[] | NoiseFill

/** Checks what can be checked before the dtype and the number of channels are known. */
export function checkFill(name: string, value: unknown): Fill {
  if (typeof value === 'number') return value
  if (Array.isArray(value) && (typeof value[0] === 'number' || value[0] === null)) {
    const fill = checkEach(name, value, (number, i) => {
      if (typeof number === 'number' || number === null) return number
      invalid(
        'ERR_INVALID_ARG_TYPE',
        `${name}[${i}]`,
        'a number, or null to leave the channel as it is',
        number,
      )
    })
    if (fill.some((number) => number !== null)) return fill
    const hint = 'Null for every channel would change nothing'
    invalid('ERR_INVALID_ARG_VALUE', name, 'a number for at least one channel', value, hint)
  }
  const isList = Array.isArray(value) || ArrayBuffer.isView(value)
  if (typeof value === 'object' && value !== null && !isList && !isPromise(value)) {
    return checkNoise(name, value)
  }
  const expected = 'a number, an array of one number per channel, or noise'
  invalid('ERR_INVALID_ARG_TYPE', name, expected, value, hintOnFill(value))
}

function hintOnFill(value: unknown): string | undefined {
  if (value === 'mean') return 'The mean of normalised images is 0'
  if (typeof value === 'string' && /random|noise|uniform|normal|gauss/.test(value)) {
    return "Noise is { noise: 'uniform', low, high } or { noise: 'normal', mean, std }: docs/noise.md"
  }
  if (typeof value === 'string' && /^#|^rgb/.test(value)) {
    return 'A colour is one number for each channel, such as [124, 116, 104]'
  }
  if (ArrayBuffer.isView(value)) return '`Array.from()` makes a plain array of it'
  return undefined
}

const write: Record<DType, (view: DataView, offset: number, value: number) => void> = {
  float32: (view, offset, value) => view.setFloat32(offset, value, true),
  uint8: (view, offset, value) => view.setUint8(offset, value),
  float16: (view, offset, value) => view.setUint16(offset, float16Bits(value), true),
  bfloat16: (view, offset, value) => view.setUint16(offset, bfloat16Bits(value), true),
}

/** The fill as native code takes it, for images with this many channels and pixels. */
export function encodeFill(
  fill: Fill,
  dtype: DType,
  channels: number,
  pixels: number,
): EncodedFill {
  if (typeof fill === 'number') return encodeConstant([fill], dtype, channels)
  if ('noise' in fill) return encodeNoise(fill, dtype, channels, pixels)
  if (fill.length === channels) return encodeConstant(fill, dtype, channels)
  throw new GridMaskError(
    'ERR_SHAPE_MISMATCH',
    `Expected \`fill\` to be a number or one for each of ${channels} channels, ` +
      `but received ${fill.length} of them`,
  )
}

/**
 * The fill of one pixel in all channels, in the bytes of the dtype. If some channels stay as they are, as
 * many bytes again follow: all ones for each channel that is filled.
 */
function encodeConstant(
  fill: readonly (number | null)[],
  dtype: DType,
  channels: number,
): Uint8Array {
  const size = bytesPerValue[dtype]
  const some = fill.includes(null)
  const bytes = allocating('`fill`', () => new Uint8Array(channels * size * (some ? 2 : 1)))
  const view = new DataView(bytes.buffer)
  for (let channel = 0; channel < channels; channel++) {
    const value = fill[fill.length === 1 ? 0 : channel] as number | null
    if (value === null) continue
    if (some) bytes.fill(0xff, (channels + channel) * size, (channels + channel + 1) * size)
    if (dtype === 'uint8' && !(Number.isInteger(value) && value >= 0 && value <= 255)) {
      const hint = 'Bytes are not normalised: fill them with 255 · mean'
      invalid(
        'ERR_OUT_OF_RANGE',
        'fill',
        'a whole number from 0 to 255 for dtype uint8',
        value,
        hint,
      )
    }
    write[dtype](view, channel * size, value)
  }
  return bytes
}

/** Whether a fill is the same for all channels, however many there are. */
export function isUniformFill(fill: Fill): boolean {
  return typeof fill === 'number' || ('noise' in fill && isForAll(fill))
}
