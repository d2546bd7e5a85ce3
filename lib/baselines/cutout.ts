import { checkInteger, checkNumber, checkOptions, invalid } from '../core/check'
import { Coverage } from '../core/coverage'
import type { Box } from '../core/geometry'
import { MAX_SIDE } from '../core/limits'
import type { Range } from '../plan/draw-settings'
import {
  Baseline,
  type BaselineOptions,
  baselineKeys,
  checkRegionCount,
  type DrawRegions,
} from './baseline'

/**
 * Settings of {@link Cutout}.
 *
 * @example
 * ```ts
 * const options: CutoutOptions = { size: [40, 81], keep: 0.75 }
 * ```
 */
export interface CutoutOptions extends BaselineOptions {
  /**
   * Side of the square in pixels, 1 … 32768. From a pair [min, max) a side is drawn for each image,
   * max exclusive. Default 16, as in its paper for CIFAR-10 (section 4.1).
   */
  size?: number | readonly [min: number, max: number] | readonly number[] | undefined
  /**
   * Drops several squares of one side until at most this part of the image is kept; in (0, 1). This
   * is the "multi-region Cutout" that GridMask is compared with (section 3, Figure 5), there with
   * 0.75. Default: one square.
   */
  keep?: number | undefined
}

const optionKeys = new Set<string>([...baselineKeys, 'size', 'keep'])

/** The first of its blocks of random numbers. */
const FIRST_BLOCK = 0xc0000000

/**
 * Cutout (DeVries, Taylor 2017, arXiv 1708.04552), to compare GridMask with: a square centred on any
 * pixel of the image, clipped at its border (section 3.2). Every image is masked by default.
 *
 * @example
 * ```ts run
 * const cutout = new Cutout({ size: 8, seed: 42 })
 * const masked = cutout.apply(new Uint8Array(32 * 32).fill(1), { shape: [1, 1, 32, 32] })
 * console.log(masked.includes(0))   // true
 * ```
 */
export class Cutout extends Baseline<CutoutOptions> {
  /**
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (also for an option that
   *   does not exist), ERR_OUT_OF_RANGE
   */
  constructor(options: CutoutOptions = {}) {
    const given = checkOptions<CutoutOptions>('options', options, optionKeys)
    const size = checkSize(given.size ?? 16)
    const keep =
      given.keep === undefined
        ? undefined
        : checkNumber('keep', given.keep, 'a number in (0, 1)', (k) => k > 0 && k < 1)
    const settings = { size: given.size ?? 16, ...(keep === undefined ? {} : { keep }) }
    super(given, { probability: 1, firstBlock: FIRST_BLOCK }, settings, squares(size, keep))
  }
}

function checkSize(value: unknown): Range {
  if (!Array.isArray(value)) {
    const size = checkInteger('size', value, 1, 2 * MAX_SIDE)
    return [size, size + 1]
  }
  if (value.length !== 2) {
    invalid('ERR_INVALID_ARG_TYPE', 'size', 'a whole number or a range [min, max) of them', value)
  }
  const min = checkInteger('size[0]', value[0], 1, 2 * MAX_SIDE)
  return [min, checkInteger('size[1]', value[1], min + 1, 2 * MAX_SIDE + 1)]
}

/**
 * Squares centred on pixels of the image, clipped at its border: one, or as many as it takes to keep no
 * more than `keep` of the image. `border` and `sizes` are for other readings of Figure 5: squares inside
 * the image, each of its own size.
 */
export function squares(
  [min, max]: Range,
  keep: number | undefined,
  border: 'clipped' | 'inside' = 'clipped',
  sizes: 'alike' | 'each' = 'alike',
): DrawRegions {
  let coverage = new Coverage(0, 0)
  return (stream, height, width) => {
    const pixels = height * width
    const regions: Box[] = []
    let size = min + stream.below(max - min)
    const first = size
    // Inside, a corner is drawn, otherwise a centre. A square larger than the image lies at its corner.
    const begin = (side: number) =>
      border === 'inside'
        ? stream.below(Math.max(side - size, 0) + 1)
        : stream.below(side) - Math.floor(size / 2)
    const next = (): Box => {
      const [x0, y0] = [begin(width), begin(height)]
      const [x1, y1] = [Math.min(x0 + size, width), Math.min(y0 + size, height)]
      return [Math.max(x0, 0), Math.max(y0, 0), x1, y1]
    }
    if (keep === undefined) return { size, regions: [next()] }
    if (coverage.height !== height || coverage.width !== width) {
      coverage = new Coverage(height, width)
    }
    coverage.clear()
    for (let kept = pixels; kept > keep * pixels; ) {
      if (sizes === 'each' && regions.length > 0) size = min + stream.below(max - min)
      const region = next()
      kept -= coverage.cover(...region)
      regions.push(region)
      checkRegionCount('size', regions.length)
    }
    return { size: first, regions }
  }
}
