import { checkLength } from '../arrays/batch-shape'
import { checkNumber, invalid } from '../core/check'
import type { Box, ImageSize } from '../core/geometry'
import { encodeLabel, type LabelArray, labelConstructors, labelTag } from './ignore-dropped'
import { checkBox } from './mask-queries'

/**
 * A point in pixels, from the upper left corner of the image: the centre of the first pixel is
 * [0.5, 0.5].
 *
 * @example
 * ```ts
 * const point: Point = [12.5, 30]
 * ```
 */
export type Point = readonly [x: number, y: number]

/**
 * Moves boxes, points and labels of an image as the crop and flip of one sample move its pixels.
 * Coordinates are those of {@link Box}. What you pass is in pixels of the image, what you get in
 * pixels of the result.
 *
 * @example
 * ```ts run
 * const preprocessor = new Preprocessor({ size: [32, 32], padding: 4 })
 * const placement = preprocessor.placement({ top: 0, left: 8 }, [32, 32])
 * console.log(placement.boxes([[10, 10, 20, 20]]))   // [ [ 6, 14, 16, 24 ] ]
 * ```
 */
export class Placement {
  readonly #image: ImageSize
  readonly #result: ImageSize
  readonly #corner: readonly [top: number, left: number]
  readonly #flip: boolean

  /** @internal From `Preprocessor.placement()`. */
  constructor(
    image: ImageSize,
    result: ImageSize,
    corner: readonly [top: number, left: number],
    flip: boolean,
  ) {
    this.#image = image
    this.#result = result
    this.#corner = corner
    this.#flip = flip
  }

  /**
   * Moves boxes and cuts them to the result. A box outside the result has no area left. It keeps
   * its place in the list, so that labels still belong to their boxes. `visibleFraction` takes the
   * boxes as they are.
   *
   * @param boxes `[x0, y0, x1, y1]` each, in pixels of the image
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  boxes(
    boxes: readonly (Box | ArrayLike<number>)[],
  ): [x0: number, y0: number, x1: number, y1: number][] {
    if (!Array.isArray(boxes)) {
      invalid('ERR_INVALID_ARG_TYPE', 'boxes', 'an array of [x0, y0, x1, y1]', boxes)
    }
    const [height, width] = this.#result
    const clamp = (value: number, side: number) => Math.min(Math.max(value, 0), side)
    return Array.from(boxes as readonly unknown[], (box, i) => {
      const [x0, y0, x1, y1] = checkBox(`boxes[${i}]`, box)
      const [[a, top], [b, bottom]] = [this.#move([x0, y0]), this.#move([x1, y1])]
      const [left, right] = this.#flip ? [b, a] : [a, b]
      return [clamp(left, width), clamp(top, height), clamp(right, width), clamp(bottom, height)]
    })
  }

  /**
   * Moves points, which may end up outside the result. After a flip, exchange the names of left and
   * right points yourself, such as those of a body.
   *
   * @param points `[x, y]` each, in pixels of the image
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
   */
  keypoints(points: readonly (Point | ArrayLike<number>)[]): [x: number, y: number][] {
    if (!Array.isArray(points)) {
      invalid('ERR_INVALID_ARG_TYPE', 'points', 'an array of [x, y]', points)
    }
    return Array.from(points as readonly unknown[], (point, i) => {
      const name = `points[${i}]`
      const isPoint = Array.isArray(point) || ArrayBuffer.isView(point)
      if (!isPoint || (point as ArrayLike<unknown>).length !== 2) {
        invalid('ERR_INVALID_ARG_TYPE', name, 'two numbers [x, y]', point)
      }
      const [x, y] = Array.from(point as ArrayLike<unknown>)
      return this.#move([
        checkNumber(`${name}[0]`, x, 'a number'),
        checkNumber(`${name}[1]`, y, 'a number'),
      ])
    })
  }

  /**
   * Makes the label map of the result from that of the image, one number per pixel, row by row.
   *
   * @param labels the image's labels, h · w whole numbers
   * @param label the label for pixels outside the image, such as one that the loss ignores
   * @returns a new array of the type of `labels`
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_SHAPE_MISMATCH,
   *   ERR_BUFFER_DETACHED
   */
  labels<T extends LabelArray>(labels: T, label: number | bigint): T {
    const tag = labelTag('labels', labels)
    // Typed as if there were one kind of array. A label is a number or a bigint, like the elements.
    const Labels = labelConstructors[tag] as Uint8ArrayConstructor
    const [outside] = new Labels(encodeLabel(label, tag).buffer as ArrayBuffer)
    const source = labels as Uint8Array
    const [rows, columns] = this.#image
    const product = `one for each pixel of an image of ${rows}×${columns}`
    checkLength('labels', labels, rows * columns, () => '', product)
    const [height, width] = this.#result
    const [top, left] = this.#corner
    const result = new Labels(height * width).fill(outside as number)
    const begin = Math.max(0, -left)
    const end = Math.min(width, columns - left)
    for (let y = Math.max(0, -top); y < Math.min(height, rows - top) && begin < end; y++) {
      const from = (y + top) * columns + left
      const to = y * width
      if (this.#flip) {
        for (let x = begin; x < end; x++) {
          result[to + width - 1 - x] = source[from + x] as number
        }
      } else {
        result.set(source.subarray(from + begin, from + end), to + begin)
      }
    }
    return result as unknown as T
  }

  #move([x, y]: Point): [x: number, y: number] {
    const [top, left] = this.#corner
    const moved = x - left
    return [this.#flip ? this.#result[1] - moved : moved, y - top]
  }
}
