/** Sizes of images, and boxes in them. */

import { checkInteger, invalid } from './check'
import { MAX_SIDE } from './limits'

/**
 * Height and width of an image in pixels, each 0 … 16384.
 *
 * @example
 * ```ts
 * const size: ImageSize = [480, 640]
 * ```
 */
export type ImageSize = readonly [height: number, width: number]

export function checkSize(value: unknown): ImageSize {
  if (!Array.isArray(value) || value.length !== 2) {
    const hint = typeof value === 'number' ? `A square is [${value}, ${value}]` : undefined
    invalid('ERR_INVALID_ARG_TYPE', 'size', '[height, width]', value, hint)
  }
  return [
    checkInteger('size[0]', value[0], 0, MAX_SIDE),
    checkInteger('size[1]', value[1], 0, MAX_SIDE),
  ]
}

/**
 * A box in pixels, from the image's upper left corner: `[x0, y0, x1, y1]`, x1 and y1 exclusive.
 *
 * @example
 * ```ts
 * const box: Box = [10, 20, 110, 220]
 * ```
 */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number]
