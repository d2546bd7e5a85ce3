import { checkBoolean, checkInteger, checkOptions, invalid } from '../core/check'
import { MAX_SIDE } from '../core/limits'
import { CROP_WORDS } from './crop'
import {
  checkPlanCount,
  PackedPlan,
  packSample,
  type Sample,
  type SampleParams,
  sampleKeys,
} from './plan'
import { listOf, PlanList, refusePlan } from './plan-list'

/**
 * What a Preprocessor does with one image, as you write it. Without `d` and `ratio` the image is
 * not masked.
 *
 * @example
 * ```ts
 * const crops: PreprocessorParams[] = [{ top: 0, left: 0 }, { top: 0, left: 0, flip: true }]
 * ```
 */
export interface PreprocessorParams extends Partial<SampleParams> {
  /** The crop's first row in the padded image. */
  top: number
  /** The crop's first column in the padded image. */
  left: number
  /** Whether the crop is mirrored, left to right. Default false. */
  flip?: boolean | undefined
}

/**
 * What a Preprocessor does with one image: the crop, and the parameters of the mask over it. Survives
 * `JSON.stringify` and is valid {@link PreprocessorParams} and {@link SampleParams}.
 *
 * @example
 * ```ts
 * const plan = preprocessor.plan({ count: 1, height: 480, width: 640 })
 * const sample: PreprocessorSample | undefined = plan.at(0)
 * ```
 */
export interface PreprocessorSample extends Sample {
  /** The crop's first row in the padded image. */
  top: number
  /** The crop's first column in the padded image. */
  left: number
  /** Whether the crop is mirrored, left to right. */
  flip: boolean
}

/** A sample that is not masked: its other parameters have no effect. */
const unmasked = { masked: false, d: 1, ratio: 0.5 } as const

/** The largest coordinate of a crop's corner, in an image of the largest size with as much padding. */
const MAX_CORNER = 3 * MAX_SIDE

/** The samples of a batch without masks. */
export function unmaskedPlan(
  count: number,
  seed: bigint,
  epoch: number,
  indexOf: (i: number) => number,
): PackedPlan {
  const packed = new PackedPlan(count)
  const sample: Sample = {
    ...unmasked,
    l: 1,
    deltaX: 0,
    deltaY: 0,
    angle: 0,
    reverse: false,
    unitProbability: 1,
    unitKey: [0, 0],
    seed: String(seed),
    epoch,
    index: 0,
  }
  for (let i = 0; i < count; i++) {
    sample.index = indexOf(i)
    packed.put(i, sample)
  }
  return packed
}

/** Samples as native code takes them: their masks, and {@link CROP_WORDS} words for each crop. */
export interface PackedCrops {
  readonly masks: PackedPlan
  readonly crops: Int32Array
}

/** Checks crops and packs them; `nameOf` gives the caller's name for each. */
export function packCrops(list: readonly unknown[], nameOf: (i: number) => string): PackedCrops {
  const crops = new Int32Array(list.length * CROP_WORDS)
  const masks = new PackedPlan(list.length)
  for (let i = 0; i < list.length; i++) {
    const name = nameOf(i)
    const given = checkOptions<PreprocessorParams>(name, list[i], sampleKeys)
    const { top, left, flip = false, ...mask } = given
    crops.set(
      [
        checkInteger(`${name}.top`, top, 0, MAX_CORNER),
        checkInteger(`${name}.left`, left, 0, MAX_CORNER),
        checkBoolean(`${name}.flip`, flip) ? 1 : 0,
      ],
      i * CROP_WORDS,
    )
    const isMask = mask.d !== undefined || mask.ratio !== undefined || mask.masked === true
    packSample(masks, i, name, isMask ? mask : { ...mask, ...unmasked })
  }
  return { masks, crops }
}

/**
 * The crop, flip and mask of each image of a batch. Immutable. `JSON.stringify` writes it as an array
 * of {@link PreprocessorSample}, from which {@link PreprocessorPlan.from} makes an equal one.
 *
 * @example
 * ```ts run
 * const plan = PreprocessorPlan.from([{ top: 0, left: 4, flip: true }])
 * console.log(plan.length, plan.at(0)?.left, plan.at(0)?.masked)   // 1 4 false
 * ```
 */
export class PreprocessorPlan extends PlanList<PreprocessorSample> {
  readonly #packed: PackedCrops

  /** @internal Plans come from `Preprocessor.plan()` and {@link PreprocessorPlan.from}. */
  constructor(packed: PackedCrops) {
    if (!(packed?.masks instanceof PackedPlan)) {
      const expected = 'made by PreprocessorPlan.from() or Preprocessor.plan()'
      invalid('ERR_INVALID_ARG_TYPE', 'plan', expected, packed)
    }
    super()
    this.#packed = packed
  }

  /**
   * Makes a plan from crops, one element for each image of a batch, or from the clone
   * (`structuredClone`, `postMessage`) or JSON of a plan. An element without `d` and `ratio` masks
   * nothing.
   *
   * @param samples what each image gets, in order; or a plan
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE; the
   *   message names the element, as in `plan[3].top`
   */
  static from(samples: PreprocessorPlan | readonly PreprocessorParams[]): PreprocessorPlan {
    if (typeof samples === 'object' && samples !== null && #packed in samples) return samples
    const list = listOf(samples, 'top')
    if (list === undefined) refusePlan('a PreprocessorPlan or an array of crops', samples)
    checkPlanCount(list)
    return new PreprocessorPlan(packCrops(list, (i) => `plan[${i}]`))
  }

  /** Number of images. */
  get length(): number {
    return this.#packed.masks.length
  }

  /** @internal */
  protected read(i: number): PreprocessorSample {
    const { masks, crops } = this.#packed
    const [top, left, flip] = crops.subarray(i * CROP_WORDS) as unknown as [number, number, number]
    return { top, left, flip: flip !== 0, ...masks.get(i) }
  }

  /** @internal */
  static packed(plan: PreprocessorPlan): PackedCrops {
    return plan.#packed
  }
}
