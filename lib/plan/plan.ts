import { SampleKind } from '../core/batch-header'
import {
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOptions,
  checkProbability,
  checkSeed,
  invalid,
} from '../core/check'
import { MAX_COUNT, MAX_UNIT } from '../core/limits'
import { allocating } from '../core/memory'
import type { NativeSamples } from '../core/native-interface'
import { joinU64, splitU64 } from '../core/u64'
import { listOf, PlanList, refusePlan } from './plan-list'

/**
 * The parameters of one sample's mask, as you write them. {@link Sample} is the same with every field
 * filled in.
 *
 * @example
 * ```ts
 * const params: SampleParams = { d: 100, ratio: 0.6, deltaX: 5, deltaY: 9, angle: 30 }
 * ```
 */
export interface SampleParams {
  /** Side of a unit in pixels, 1 … 32767 (the paper's d, Figure 4). */
  d: number
  /** Width of the kept stripe as a fraction of `d`, in (0, 1) (the paper's r, Figure 4). */
  ratio: number
  /** Width of the kept stripe in pixels. Need not be given; if it is, it must be `ceil(d · ratio)`. */
  l?: number | undefined
  /** Offset of the vertical stripes in pixels, 0 … d-1 (δx, equation 6). Default 0. */
  deltaX?: number | undefined
  /** Offset of the horizontal stripes in pixels, 0 … d-1 (δy, equation 6). Default 0. */
  deltaY?: number | undefined
  /** Rotation about the image's centre in degrees, counter-clockwise; any finite number. Default 0. */
  angle?: number | undefined
  /** Keep what GridMask drops and drop what it keeps (section 4.1.3, Table 5). Default false. */
  reverse?: boolean | undefined
  /** p_u, the probability that a unit drops its square, in [0, 1] (Table 6). Default 1. */
  unitProbability?: number | undefined
  /** Two 32-bit words that decide, with `seed`, which units drop their square. Default [0, 0]. */
  unitKey?: readonly [number, number] | readonly number[] | undefined
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
 * The parameters of one sample's mask; survives `JSON.stringify` and is valid {@link SampleParams}.
 *
 * @example
 * ```ts
 * const sample: Sample | undefined = gridmask.plan({ count: 1, epoch: 12, index: 0 }).at(0)
 * ```
 */
export interface Sample {
  /** Whether the sample is masked. */
  masked: boolean
  /** Side of a unit, pixels. */
  d: number
  /** Width of the kept stripe as a fraction of `d`. */
  ratio: number
  /** Width of the kept stripe, pixels. */
  l: number
  /** Offset of the vertical stripes, pixels. */
  deltaX: number
  /** Offset of the horizontal stripes, pixels. */
  deltaY: number
  /** Rotation about the image's centre, degrees, counter-clockwise. */
  angle: number
  /** Whether squares are kept and stripes dropped. */
  reverse: boolean
  /** p_u, the probability that a unit drops its square. */
  unitProbability: number
  /** Two 32-bit words that decide, with `seed`, which units drop their square. */
  unitKey: [number, number]
  /** The 64-bit key of all draws; text if a number cannot hold it. */
  seed: number | string
  /** The epoch that it was drawn for. */
  epoch: number
  /** Its global number in the epoch. */
  index: number
}

/** A sample of a Preprocessor's plan also has a crop, which the mask ignores. */
export const sampleKeys: ReadonlySet<string> = new Set([
  'top',
  'left',
  'flip',
  'masked',
  'd',
  'ratio',
  'l',
  'deltaX',
  'deltaY',
  'angle',
  'reverse',
  'unitProbability',
  'unitKey',
  'seed',
  'epoch',
  'index',
])

/** Bytes per sample; PackedSample in native/lattice/lattice.h has the same layout. */
export const SAMPLE_BYTES = 72

const DOUBLES = SAMPLE_BYTES / 8
const WORDS = SAMPLE_BYTES / 4

const MASKED = 1
const REVERSE = 2

/** The samples of a plan as the native code reads them. */
export class PackedPlan {
  readonly bytes: Uint8Array
  /** Views of the bytes, made when first needed: most plans are only read by native code. */
  #doubleView: Float64Array | undefined
  #wordView: Uint32Array | undefined

  constructor(
    readonly length: number,
    bytes: Uint8Array = allocating(
      `a plan of ${length} samples`,
      () => new Uint8Array(length * SAMPLE_BYTES),
    ),
  ) {
    this.bytes = bytes
  }

  get #doubles(): Float64Array {
    const { buffer, byteOffset } = this.bytes
    this.#doubleView ??= new Float64Array(buffer, byteOffset, this.length * DOUBLES)
    return this.#doubleView
  }

  get #words(): Uint32Array {
    const { buffer, byteOffset } = this.bytes
    this.#wordView ??= new Uint32Array(buffer, byteOffset, this.length * WORDS)
    return this.#wordView
  }

  /** The samples that are packed in `bytes`. */
  static over(bytes: Uint8Array): PackedPlan {
    return new PackedPlan(bytes.byteLength / SAMPLE_BYTES, bytes)
  }

  set(
    i: number,
    masked: boolean,
    d: number,
    ratio: number,
    deltaX: number,
    deltaY: number,
    angle: number,
    reverse: boolean,
    unitProbability: number,
    unitKey0: number,
    unitKey1: number,
    seedLow: number,
    seedHigh: number,
    epoch: number,
    index: number,
  ): void {
    const doubles = this.#doubles
    const words = this.#words
    const double = i * DOUBLES
    const word = i * WORDS
    doubles[double] = angle
    doubles[double + 1] = ratio
    doubles[double + 2] = unitProbability
    words[word + 6] = (masked ? MASKED : 0) | (reverse ? REVERSE : 0)
    words[word + 7] = d
    words[word + 8] = Math.ceil(d * ratio)
    words[word + 9] = deltaX
    words[word + 10] = deltaY
    words[word + 11] = unitKey0
    words[word + 12] = unitKey1
    words[word + 13] = seedLow
    words[word + 14] = seedHigh
    words[word + 15] = epoch
    words.set(splitU64(index), word + 16)
  }

  put(i: number, sample: Sample): void {
    this.set(
      i,
      sample.masked,
      sample.d,
      sample.ratio,
      sample.deltaX,
      sample.deltaY,
      sample.angle,
      sample.reverse,
      sample.unitProbability,
      ...sample.unitKey,
      ...splitU64(sample.seed),
      sample.epoch,
      sample.index,
    )
  }

  /** As native code takes them. */
  get samples(): NativeSamples {
    return { sampleKind: SampleKind.plan, data: this.bytes, first: 0, indices: undefined }
  }

  get(i: number): Sample {
    const doubles = this.#doubles
    const words = this.#words
    const double = (k: number) => doubles[i * DOUBLES + k] as number
    const word = (k: number) => words[i * WORDS + k] as number
    return {
      masked: (word(6) & MASKED) !== 0,
      d: word(7),
      ratio: double(1),
      l: word(8),
      deltaX: word(9),
      deltaY: word(10),
      angle: double(0),
      reverse: (word(6) & REVERSE) !== 0,
      unitProbability: double(2),
      unitKey: [word(11), word(12)],
      seed: joinU64(word(13), word(14)),
      epoch: word(15),
      index: word(17) * 2 ** 32 + word(16),
    }
  }
}

/** Checks the parameters of sample i and packs them; `name` is the caller's name for them. */
export function packSample(packed: PackedPlan, i: number, name: string, params: unknown): void {
  const given = checkOptions<SampleParams>(name, params, sampleKeys)
  const d = checkInteger(`${name}.d`, given.d, 1, MAX_UNIT)
  const ratio = checkRatio(`${name}.ratio`, given.ratio)
  const l = Math.ceil(d * ratio)
  if (given.l !== undefined && checkInteger(`${name}.l`, given.l, 1, d) !== l) {
    invalid('ERR_INVALID_ARG_VALUE', `${name}.l`, `ceil(d · ratio) = ${l}`, given.l)
  }
  const { unitKey = [0, 0], seed: seedValue = 0 } = given
  if (!Array.isArray(unitKey) || unitKey.length !== 2) {
    invalid('ERR_INVALID_ARG_TYPE', `${name}.unitKey`, 'two 32-bit words', unitKey)
  }
  const seed = checkSeed(`${name}.seed`, seedValue)
  packed.set(
    i,
    checkBoolean(`${name}.masked`, given.masked ?? true),
    d,
    ratio,
    checkInteger(`${name}.deltaX`, given.deltaX ?? 0, 0, d - 1),
    checkInteger(`${name}.deltaY`, given.deltaY ?? 0, 0, d - 1),
    checkNumber(`${name}.angle`, given.angle ?? 0, 'a finite number of degrees'),
    checkBoolean(`${name}.reverse`, given.reverse ?? false),
    checkProbability(`${name}.unitProbability`, given.unitProbability ?? 1),
    checkInteger(`${name}.unitKey[0]`, unitKey[0], 0, 0xffffffff),
    checkInteger(`${name}.unitKey[1]`, unitKey[1], 0, 0xffffffff),
    ...splitU64(seed),
    checkInteger(`${name}.epoch`, given.epoch ?? 0, 0, 0xffffffff),
    checkInteger(`${name}.index`, given.index ?? 0, 0, Number.MAX_SAFE_INTEGER),
  )
}

export function checkRatio(name: string, value: unknown): number {
  return checkNumber(name, value, 'a number in (0, 1)', (r) => r > 0 && r < 1)
}

/** Refuses a list of more samples than a batch can have, before memory is taken for them. */
export function checkPlanCount(list: readonly unknown[]): void {
  if (list.length <= MAX_COUNT) return
  invalid('ERR_OUT_OF_RANGE', 'plan', `of at most ${MAX_COUNT} samples`, list)
}

/** The parameters of one mask, packed. */
export function packParams(name: string, params: SampleParams): PackedPlan {
  const packed = new PackedPlan(1)
  packSample(packed, 0, name, params)
  return packed
}

/**
 * The parameters of each sample of a batch, drawn or given: everything that `apply` did, to
 * inspect, store or repeat. Immutable. `JSON.stringify` writes it as an array of {@link Sample},
 * from which {@link Plan.from} makes an equal one.
 *
 * @example
 * ```ts run
 * const plan = Plan.from([{ d: 8, ratio: 0.5 }, { d: 8, ratio: 0.5, masked: false }])
 * console.log(plan.length, plan.at(0)?.l, plan.at(-1)?.masked)   // 2 4 false
 * ```
 */
export class Plan extends PlanList<Sample> {
  readonly #packed: PackedPlan

  /** @internal Plans come from `GridMask.plan()` and {@link Plan.from}. */
  constructor(packed: PackedPlan) {
    if (!(packed instanceof PackedPlan)) {
      invalid('ERR_INVALID_ARG_TYPE', 'plan', 'made by Plan.from() or GridMask.plan()', packed)
    }
    super()
    this.#packed = packed
  }

  /**
   * Makes a plan from parameters, one element for each sample of a batch, or from the clone
   * (`structuredClone`, `postMessage`) or JSON of a plan.
   *
   * @param samples what each sample gets, in order; or a plan
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE; the
   *   message names the element, as in `plan[3].ratio`
   */
  static from(samples: Plan | readonly SampleParams[]): Plan {
    if (typeof samples === 'object' && samples !== null && #packed in samples) return samples
    const list = listOf(samples, 'd')
    if (list === undefined) {
      refusePlan('a Plan or an array of parameters', samples)
    }
    checkPlanCount(list)
    const packed = new PackedPlan(list.length)
    for (let i = 0; i < packed.length; i++) packSample(packed, i, `plan[${i}]`, list[i])
    return new Plan(packed)
  }

  /** Number of samples. */
  get length(): number {
    return this.#packed.length
  }

  /** @internal */
  protected read(i: number): Sample {
    return this.#packed.get(i)
  }

  /** @internal */
  static packed(plan: Plan): PackedPlan {
    return plan.#packed
  }
}
