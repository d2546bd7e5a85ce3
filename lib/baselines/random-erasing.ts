import { checkOptions, invalid } from '../core/check'
import type { Range } from '../plan/draw-settings'
import { Baseline, type BaselineOptions, baselineKeys, type DrawRegions } from './baseline'

/**
 * Settings of {@link RandomErasing}.
 *
 * @example
 * ```ts
 * const options: RandomErasingOptions = { area: [0.02, 0.33], aspect: [0.3, 3.3] }
 * ```
 */
export interface RandomErasingOptions extends BaselineOptions {
  /**
   * s, the rectangle's area as a part of the image's, drawn from [min, max) within [0, 1]. Default
   * [0.02, 0.4], s_l and s_h of its paper.
   */
  area?: readonly [min: number, max: number] | readonly number[] | undefined
  /**
   * The rectangle's height divided by its width, drawn from [min, max), above 0. Default [0.3, 1 /
   * 0.3], r₁ and r₂ of its paper.
   */
  aspect?: readonly [min: number, max: number] | readonly number[] | undefined
}

const optionKeys = new Set<string>([...baselineKeys, 'area', 'aspect'])

/** The first of its blocks of random numbers. */
const FIRST_BLOCK = 0xd0000000

/** After this many rectangles that do not fit, an image is left as it is. */
const ATTEMPTS = 100

/**
 * Random Erasing (Zhong, Zheng, Kang, Li, Yang 2017, arXiv 1708.04896), to compare GridMask with: a
 * rectangle of random area, aspect and place, drawn again until it lies within the image (Algorithm
 * 1). Half of the images are masked by default, as in its paper. The paper fills with random
 * values: `fill: { noise: 'uniform', low: 0, high: 255, shared: false }` for uint8.
 *
 * @example
 * ```ts run
 * const erasing = new RandomErasing({ probability: 1, seed: 42 })
 * const plan = erasing.plan({ count: 1, height: 32, width: 32 })
 * console.log(plan.at(0)?.regions.length)   // 1
 * ```
 */
export class RandomErasing extends Baseline<RandomErasingOptions> {
  /**
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (also for an option that
   *   does not exist), ERR_OUT_OF_RANGE
   */
  constructor(options: RandomErasingOptions = {}) {
    const given = checkOptions<RandomErasingOptions>('options', options, optionKeys)
    const area = checkRange('area', given.area ?? [0.02, 0.4], 0, 1)
    const aspect = checkRange('aspect', given.aspect ?? [0.3, 1 / 0.3], Number.MIN_VALUE, 2 ** 20)
    super(
      given,
      { probability: 0.5, firstBlock: FIRST_BLOCK },
      { area, aspect },
      rectangle(area, aspect),
    )
  }
}

function checkRange(name: string, value: unknown, least: number, most: number): Range {
  const expected = `a range [min, max) with ${least === 0 ? '0 <=' : '0 <'} min < max <= ${most}`
  if (!Array.isArray(value) || value.length !== 2 || !value.every((v) => typeof v === 'number')) {
    invalid('ERR_INVALID_ARG_TYPE', name, expected, value)
  }
  const [min, max] = value as [number, number]
  if (!(min >= least && min < max && max <= most)) {
    invalid('ERR_OUT_OF_RANGE', name, expected, value)
  }
  return [min, max]
}

function rectangle([areaMin, areaMax]: Range, [aspectMin, aspectMax]: Range): DrawRegions {
  return (words, height, width) => {
    const pixels = height * width
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const area = pixels * (areaMin + words.fraction() * (areaMax - areaMin))
      const aspect = aspectMin + words.fraction() * (aspectMax - aspectMin)
      const down = Math.floor(Math.sqrt(area * aspect) + 0.5)
      const across = Math.floor(Math.sqrt(area / aspect) + 0.5)
      const x0 = words.below(width)
      const y0 = words.below(height)
      if (x0 + across <= width && y0 + down <= height) {
        return { size: 0, regions: [[x0, y0, x0 + across, y0 + down]] }
      }
    }
    return { size: 0, regions: [] }
  }
}
