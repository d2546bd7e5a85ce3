/**
 * Height and width of an image in pixels, each 0 … 16384.
 *
 * @example
 * ```ts
 * const size: ImageSize = [480, 640]
 * ```
 */
export type ImageSize = readonly [height: number, width: number]

/**
 * A box in pixels, from the image's upper left corner: `[x0, y0, x1, y1]`, x1 and y1 exclusive.
 *
 * @example
 * ```ts
 * const box: Box = [10, 20, 110, 220]
 * ```
 */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number]
