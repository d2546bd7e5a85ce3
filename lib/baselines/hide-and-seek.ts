import { checkInteger, checkOptions, checkProbability, invalid } from '../core/check'
import type { Box } from '../core/geometry'
import { MAX_SIDE } from '../core/limits'
import {
  Baseline,
  type BaselineOptions,
  baselineKeys,
  checkRegionCount,
  type DrawRegions,
} from './baseline'

/**
 * Settings of {@link HideAndSeek}.
 *
 * @example
 * ```ts
 * const options: HideAndSeekOptions = { sizes: [4, 8], hideProbability: 0.5 }
 * ```
 */
export interface HideAndSeekOptions extends BaselineOptions {
  /**
   * Sides of the cells in pixels, 0 … 16384; one of them is drawn for each image. 0 hides nothing.
   * Default [0, 16, 32, 44, 56], the authors' values for images of 224×224.
   */
  sizes?: readonly number[] | undefined
  /** p_hide, the probability that a cell is hidden, in [0, 1]. Default 0.5, as in its paper. */
  hideProbability?: number | undefined
}

const optionKeys = new Set<string>([...baselineKeys, 'sizes', 'hideProbability'])

/** The first of its blocks of random numbers. */
const FIRST_BLOCK = 0xe0000000

const MAX_SIZES = 2 ** 16

/**
 * Hide-and-Seek (Singh, Lee 2017, arXiv 1704.04232; Singh, Yu, Sarmasi, Pradeep, Lee 2018, arXiv
 * 1811.02545), to compare GridMask with: a grid of square cells that begins in the upper left
 * corner of the image; each cell is hidden with probability p_hide (section 3 of both). Every image
 * is masked by default, except if the drawn side is 0.
 *
 * @example
 * ```ts run
 * const hiding = new HideAndSeek({ sizes: [8], seed: 42 })
 * const plan = hiding.plan({ count: 1, height: 32, width: 32 })
 * console.log(plan.at(0)?.size)   // 8
 * ```
 */
export class HideAndSeek extends Baseline<HideAndSeekOptions> {
  /**
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (also for an option that
   *   does not exist), ERR_OUT_OF_RANGE
   */
  constructor(options: HideAndSeekOptions = {}) {
    const given = checkOptions<HideAndSeekOptions>('options', options, optionKeys)
    const sizes = checkSizes(given.sizes ?? [0, 16, 32, 44, 56])
    const hide = checkProbability('hideProbability', given.hideProbability ?? 0.5)
    const settings = { sizes, hideProbability: hide }
    super(given, { probability: 1, firstBlock: FIRST_BLOCK }, settings, cells(sizes, hide))
  }
}

function checkSizes(value: unknown): number[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_SIZES) {
    const expected = `an array of 1 to ${MAX_SIZES} whole numbers`
    invalid('ERR_INVALID_ARG_TYPE', 'sizes', expected, value)
  }
  return value.map((size, i) => checkInteger(`sizes[${i}]`, size, 0, MAX_SIDE))
}

/** Cells of one of the sizes, each hidden with probability `hide`. */
export function cells(sizes: readonly number[], hide: number): DrawRegions {
  return (stream, height, width) => {
    const size = sizes[stream.below(sizes.length)] as number
    const regions: Box[] = []
    if (size === 0) return { size, regions }
    for (let y0 = 0; y0 < height; y0 += size) {
      const y1 = Math.min(y0 + size, height)
      // Hidden neighbours become one rectangle.
      let begin = -1
      for (let x0 = 0; x0 < width; x0 += size) {
        const hidden = stream.fraction() < hide
        if (hidden && begin < 0) begin = x0
        if (!hidden && begin >= 0) {
          regions.push([begin, y0, x0, y1])
          begin = -1
        }
      }
      if (begin >= 0) regions.push([begin, y0, width, y1])
      checkRegionCount('sizes', regions.length)
    }
    return { size, regions }
  }
}
