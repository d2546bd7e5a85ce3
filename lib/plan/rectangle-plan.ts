/** Plans of masks that drop rectangles: docs/baselines.md. */

import { SampleKind } from '../core/batch-header'
import {
  checkBoolean,
  checkEach,
  checkInteger,
  checkOptions,
  checkSeed,
  invalid,
} from '../core/check'
import type { Box } from '../core/geometry'
import { MAX_SIDE } from '../core/limits'
import { allocating } from '../core/memory'
import type { NativeSamples } from '../core/native-interface'
import { joinU64, splitU64 } from '../core/u64'
import { listOf, PlanList, refusePlan } from './plan-list'

/**
 * What the mask of one sample drops, as you write it. {@link RegionSample} is the same with every
 * field filled in.
 *
 * @example
 * ```ts
 * const params: RegionParams = { regions: [[0, 0, 8, 8]] }
 * ```
 */
export interface RegionParams {
  /**
   * The dropped rectangles, `[x0, y0, x1, y1]` each, in whole pixels from the image's upper left
   * corner, 0 … 16384, x1 and y1 exclusive. They may overlap; parts beyond the image do not count.
   */
  regions: readonly (Box | readonly number[])[]
  /** The side that was drawn for squares or cells, in pixels; for information only. Default 0. */
  size?: number | undefined
  /** The 64-bit key of all draws; text if a number cannot hold it. Default 0. */
  seed?: number | bigint | string | undefined
  /** The epoch for anything else that is drawn for the sample, 0 … 2³²-1. Default 0. */
  epoch?: number | undefined
  /** The sample's global number in the epoch, 0 … 2⁵³-1. Default 0. */
  index?: number | undefined
  /** false: the sample is left as it is. Default true. */
  masked?: boolean | undefined
}

/**
 * What one sample's mask drops; survives `JSON.stringify` and is valid {@link RegionParams}.
 *
 * @example
 * ```ts
 * const plan = new Cutout({ size: 16 }).plan({ count: 1, height: 32, width: 32 })
 * const sample: RegionSample | undefined = plan.at(0)
 * ```
 */
export interface RegionSample {
  /** Whether the sample was to be masked. */
  masked: boolean
  /** Sorted by y0, then x0; none is empty. */
  regions: [x0: number, y0: number, x1: number, y1: number][]
  /** The side that was drawn for its squares or cells, in pixels; 0 if there was none. */
  size: number
  /** The 64-bit key of all draws; text if a number cannot hold it. */
  seed: number | string
  /** The epoch that it was drawn for. */
  epoch: number
  /** Its global number in the epoch. */
  index: number
}

const sampleKeys = new Set(['masked', 'regions', 'size', 'seed', 'epoch', 'index'])

/** Words per sample's header and per rectangle; native/lattice/rectangles.h has the same layout. */
const HEADER = 8
const REGION = 4

/** The samples of a plan as native code reads them: all headers, then all rectangles. */
export class PackedRegions {
  private constructor(
    readonly length: number,
    readonly words: Uint32Array,
  ) {}

  /** The samples that are packed in `words`. */
  static over(words: Uint32Array, length: number): PackedRegions {
    return new PackedRegions(length, words)
  }

  static of(samples: readonly RegionSample[]): PackedRegions {
    const total = samples.reduce((sum, { regions }) => sum + regions.length, 0)
    const length = samples.length * HEADER + total * REGION
    const words = allocating('a plan', () => new Uint32Array(length))
    let end = 0
    samples.forEach(({ masked, regions, size, seed, epoch, index }, i) => {
      for (const region of regions) words.set(region, samples.length * HEADER + end++ * REGION)
      const header = [end, masked ? 1 : 0, size, ...splitU64(seed), ...splitU64(index), epoch]
      words.set(header, i * HEADER)
    })
    return new PackedRegions(samples.length, words)
  }

  /** As native code takes them. */
  get samples(): NativeSamples {
    return { sampleKind: SampleKind.rectangles, data: this.words, first: 0, indices: undefined }
  }

  get(i: number): RegionSample {
    const word = (k: number) => this.words[i * HEADER + k] as number
    const regions: RegionSample['regions'] = []
    for (let r = i === 0 ? 0 : word(-HEADER); r < word(0); r++) {
      const at = this.length * HEADER + r * REGION
      regions.push([...this.words.subarray(at, at + REGION)] as [number, number, number, number])
    }
    return {
      masked: word(1) !== 0,
      regions,
      size: word(2),
      seed: joinU64(word(3), word(4)),
      epoch: word(7),
      index: word(6) * 2 ** 32 + word(5),
    }
  }
}

/** The rectangles that are not empty, sorted for scanning. */
export function sortRegions(regions: readonly Box[]): RegionSample['regions'] {
  return regions
    .filter(([x0, y0, x1, y1]) => x0 < x1 && y0 < y1)
    .map(([...region]) => region as [number, number, number, number])
    .sort((a, b) => a[1] - b[1] || a[0] - b[0] || a[3] - b[3] || a[2] - b[2])
}

function checkRegion(name: string, value: unknown): Box {
  if (!Array.isArray(value) || value.length !== 4) {
    invalid('ERR_INVALID_ARG_TYPE', name, 'four whole numbers [x0, y0, x1, y1]', value)
  }
  const x0 = checkInteger(`${name}[0]`, value[0], 0, MAX_SIDE)
  const y0 = checkInteger(`${name}[1]`, value[1], 0, MAX_SIDE)
  const x1 = checkInteger(`${name}[2]`, value[2], x0, MAX_SIDE)
  return [x0, y0, x1, checkInteger(`${name}[3]`, value[3], y0, MAX_SIDE)]
}

function checkSample(name: string, params: unknown): RegionSample {
  const given = checkOptions<RegionParams>(name, params, sampleKeys)
  const { regions } = given
  if (!Array.isArray(regions)) {
    invalid('ERR_INVALID_ARG_TYPE', `${name}.regions`, 'an array of [x0, y0, x1, y1]', regions)
  }
  const seed = checkSeed(`${name}.seed`, given.seed ?? 0)
  return {
    masked: checkBoolean(`${name}.masked`, given.masked ?? true),
    regions: sortRegions(
      checkEach(`${name}.regions`, regions, (region, r) =>
        checkRegion(`${name}.regions[${r}]`, region),
      ),
    ),
    size: checkInteger(`${name}.size`, given.size ?? 0, 0, 2 * MAX_SIDE),
    seed: String(seed),
    epoch: checkInteger(`${name}.epoch`, given.epoch ?? 0, 0, 0xffffffff),
    index: checkInteger(`${name}.index`, given.index ?? 0, 0, Number.MAX_SAFE_INTEGER),
  }
}

/** One sample, checked and packed. `name` is the caller's name for it. */
export function packRegions(name: string, params: RegionParams): PackedRegions {
  return PackedRegions.of([checkSample(name, params)])
}

/**
 * The rectangles drawn for, or given to, each sample of a batch. Immutable. `JSON.stringify` writes it
 * as an array of {@link RegionSample}, from which {@link RegionPlan.from} makes an equal one.
 *
 * @example
 * ```ts run
 * const plan = RegionPlan.from([{ regions: [[0, 0, 8, 8]] }])
 * console.log(plan.length, plan.at(0)?.regions)   // 1 [ [ 0, 0, 8, 8 ] ]
 * ```
 */
export class RegionPlan extends PlanList<RegionSample> {
  readonly #packed: PackedRegions

  /** @internal Plans come from `plan()` of a method and {@link RegionPlan.from}. */
  constructor(packed: PackedRegions) {
    if (!(packed instanceof PackedRegions)) {
      invalid('ERR_INVALID_ARG_TYPE', 'plan', 'made by RegionPlan.from() or a plan()', packed)
    }
    super()
    this.#packed = packed
  }

  /**
   * Makes a plan from rectangles, one element for each sample of a batch, or from the clone
   * (`structuredClone`, `postMessage`) or JSON of a plan.
   *
   * @param samples what each sample gets, in order; or a plan
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE; the
   *   message names the element, as in `plan[3].regions[0]`
   */
  static from(samples: RegionPlan | readonly RegionParams[]): RegionPlan {
    if (typeof samples === 'object' && samples !== null && #packed in samples) return samples
    const list = listOf(samples, 'regions')
    if (list === undefined) {
      refusePlan('a RegionPlan or an array of rectangles', samples)
    }
    const checked = checkEach('plan', list, (params, i) => checkSample(`plan[${i}]`, params))
    return new RegionPlan(PackedRegions.of(checked))
  }

  /** Number of samples. */
  get length(): number {
    return this.#packed.length
  }

  /** @internal */
  protected read(i: number): RegionSample {
    return this.#packed.get(i)
  }

  /** @internal */
  static packed(plan: RegionPlan): PackedRegions {
    return plan.#packed
  }
}
