/** Requests for a plan: which samples, and their size. */

/**
 * Which draws a batch gets.
 *
 * @example
 * ```ts
 * const request: DrawRequest = { epoch: 12, indices: [7, 63, 30] }
 * ```
 */
export interface DrawRequest {
  /**
   * The epoch, ≥ 0 and below 2³², instead of the one set by `setEpoch`. It may have a fraction,
   * which the schedule uses; the draws use its floor.
   */
  epoch?: number | undefined
  /**
   * Global number of the batch's first sample in the epoch, 0 … 2⁵³-1. With several workers or
   * processes, give each batch its own. Default: the number of samples that this instance has
   * numbered in this epoch since it last entered it. If epochs alternate (2, then 1, then 2 again),
   * the count begins at 0 each time and masks repeat, so pass `index`.
   */
  index?: number | undefined
  /** The global number of each sample, instead of `index`. */
  indices?: ArrayLike<number> | undefined
}

/**
 * The request of {@link GridMask.plan}.
 *
 * @example
 * ```ts
 * const request: PlanRequest = { count: 64, epoch: 12, index: 640 }
 * ```
 */
export interface PlanRequest extends DrawRequest {
  /** Number of samples. Not needed with `indices`. */
  count?: number | undefined
  /** Height of the images in pixels; required if `unit` is a function. */
  height?: number | undefined
  /** Width of the images in pixels; required if `unit` is a function. */
  width?: number | undefined
}

export const drawKeys = ['epoch', 'index', 'indices'] as const
export const planKeys = new Set<string>([...drawKeys, 'count', 'height', 'width'])
