/** What a Preprocessor makes of images: in which array or tensor, of which size, with which channels. */

import type { ImageSides, SourceSize } from '../arrays/image-sources'
import type { DeviceId } from '../backend/devices'
import { invalid } from '../core/check'
import { GridMaskError } from '../core/errors'
import type { ImageSize } from '../core/geometry'
import type { DeviceTensor } from '../execution/device-tensor'
import type { CudaDeviceId } from '../execution/device-tensor-request'
import type { FloatType } from './preprocessor-options'

/**
 * The array that holds a result on the host, by the result's dtype.
 *
 * @example
 * ```ts
 * const batch: Preprocessed<'float16'> = new Uint16Array(3 * 224 * 224)
 * ```
 */
export type Preprocessed<D extends FloatType> = D extends 'float32' ? Float32Array : Uint16Array

/**
 * What {@link Preprocessor.apply} makes from host arrays: a {@link DeviceTensor} on a CUDA device, else
 * an array.
 *
 * @example
 * ```ts
 * const onHost: PreprocessedOn<'float32', 'cpu'> = new Float32Array(3 * 224 * 224)
 * ```
 */
export type PreprocessedOn<D extends FloatType, V extends DeviceId> = V extends CudaDeviceId
  ? DeviceTensor<Preprocessed<D>>
  : Preprocessed<D>

/** The result's size. Refuses images that are too small for it, or unequal if there is no `size`. */
export function resultSize(
  size: ImageSize | undefined,
  padding: number,
  sizes: readonly ImageSides[],
  nameOf: (i: number) => string,
): ImageSize {
  const own = size === undefined
  const [first] = sizes
  const [height, width] = size ?? (first ? [first.height, first.width] : [0, 0])
  const padded = padding === 0 ? '' : ` when padded by ${padding} on each side`
  sizes.forEach((image, i) => {
    const fits = own
      ? image.height === height && image.width === width
      : image.height + 2 * padding >= height && image.width + 2 * padding >= width
    if (fits) return
    const expected = own
      ? `have ${height}×${width} pixels like the first, because there is no option \`size\``
      : `have at least ${height}×${width} pixels${padded}`
    const hint = own ? '' : '. Enlarge it when you decode it, or set `padding`'
    throw new GridMaskError(
      'ERR_SHAPE_MISMATCH',
      `Expected ${nameOf(i)} to ${expected}, but it has ${image.height}×${image.width}${hint}`,
    )
  })
  return [height, width]
}

function numbersBelow(count: number): number[] {
  const numbers: number[] = []
  for (let i = 0; i < count; i++) numbers.push(i)
  return numbers
}

/** The result's channels, by their numbers in each image. Refuses images that lack one of them. */
export function resultChannels(
  channels: readonly number[] | undefined,
  sizes: readonly SourceSize[],
  nameOf: (i: number) => string,
): readonly number[] {
  if (channels === undefined) {
    const count = sizes[0]?.channels ?? 0
    const other = sizes.findIndex((image) => image.channels !== count)
    if (other === -1) return numbersBelow(count)
    throw new GridMaskError(
      'ERR_SHAPE_MISMATCH',
      `Expected \`${nameOf(other)}\` to have ${count} channels like \`${nameOf(0)}\`, but it ` +
        `has ${sizes[other]?.channels}. Choose channels with the option \`channels\``,
    )
  }
  channels.forEach((channel, k) => {
    const lacks = sizes.findIndex((image) => channel >= image.channels)
    if (lacks === -1) return
    const count = sizes[lacks]?.channels as number
    const expected = `below ${count}, the number of channels of \`${nameOf(lacks)}\``
    const hint =
      count === 1
        ? 'It is grey: let the decoder make three channels of it, or take [0, 0, 0]'
        : 'They are counted from 0'
    invalid('ERR_OUT_OF_RANGE', `channels[${k}]`, expected, channel, hint)
  })
  return channels
}
