/** What Cutout, Random Erasing and Hide-and-Seek share: everything but what they drop. */

import type { ArrayRequest, Dimensions } from '../arrays/batch-shape'
import type { ImageArray } from '../arrays/typed-array'
import { checkThreads } from '../backend/devices'
import { checkChoice, checkInteger, checkOptions, checkSeed, invalid } from '../core/check'
import { CounterStream } from '../core/counter-stream'
import type { DType } from '../core/dtype'
import { GridMaskError } from '../core/errors'
import type { Box } from '../core/geometry'
import { MAX_SIDE } from '../core/limits'
import { Augmentation, checkPlanLength } from '../execution/augmentation'
import { DeviceTensor } from '../execution/device-tensor'
import { type Method, run, runAsync, type Task } from '../execution/job'
import { fillOf, maskOperation } from '../execution/mask-batch'
import { type ExecutionTarget, isEmpty, layoutOf } from '../execution/operation'
import { applyKeys, type Given, type Masked } from '../execution/requests'
import { checkFill, type Fill } from '../plan/fill'
import {
  PackedRegions,
  type RegionParams,
  RegionPlan,
  type RegionSample,
  sortRegions,
} from '../plan/rectangle-plan'
import { type DrawRequest, type PlanRequest, planKeys } from '../plan/requests'
import { indexAt, readCount, type SampleRange } from '../plan/sample-counter'
import type { Schedule } from '../plan/schedule'

/**
 * Settings that all methods have.
 *
 * @example
 * ```ts
 * const options: BaselineOptions = { probability: linear({ to: 0.8, epochs: 240 }), seed: 42 }
 * ```
 */
export interface BaselineOptions {
  /**
   * The probability that a sample is masked, in [0, 1], or a function of the epoch. Default 1; for
   * {@link RandomErasing} 0.5.
   */
  probability?: number | Schedule | undefined
  /**
   * What dropped pixels become, as for GridMask: a number, one number per channel, or noise.
   * Default 0.
   */
  fill?: Fill | undefined
  /** 64-bit key of all draws, 0 … 2⁶⁴-1; also as text. Default 0. Give every run its own. */
  seed?: number | bigint | string | undefined
  /** These methods work on the CPU: 'auto', the default, is the same as 'cpu'. */
  device?: 'auto' | 'cpu' | undefined
  /**
   * Number of threads that work on a batch, as for GridMask, 1 … 1024. Default: GRIDMASK_THREADS,
   * or all.
   */
  threads?: number | undefined
}

export const baselineKeys = ['probability', 'fill', 'seed', 'device', 'threads'] as const

/**
 * The request of `apply` and `applyAsync`: the same as for GridMask, except for the kind of plan.
 *
 * @example
 * ```ts
 * const request: RegionApplyRequest = { shape: [256, 3, 32, 32], epoch: 12, index: 512 }
 * ```
 */
export interface RegionApplyRequest extends ArrayRequest, DrawRequest {
  /** Repeats a plan instead of drawing: one element for each sample. */
  plan?: RegionPlan | readonly RegionParams[] | undefined
}

/**
 * The request of `plan`.
 *
 * @example
 * ```ts
 * const request: RegionPlanRequest = { count: 256, height: 32, width: 32 }
 * ```
 */
export interface RegionPlanRequest extends PlanRequest {
  /** The images' height in pixels, 0 … 16384. */
  height: number
  /** The images' width in pixels, 0 … 16384. */
  width: number
}

/** Draws what a masked image drops. */
export type DrawRegions = (
  stream: CounterStream,
  height: number,
  width: number,
) => { size: number; regions: readonly Box[] }

/** Largest number of rectangles of a sample. */
const MAX_REGIONS = 2 ** 18

/**
 * A method that drops rectangles, with its settings, a seed and an epoch. It keeps no reference to
 * any array after a call.
 */
export abstract class Baseline<Options extends BaselineOptions> extends Augmentation<Options> {
  readonly #seed: bigint
  readonly #stream: CounterStream
  readonly #draw: DrawRegions
  readonly #fill: Fill
  readonly #target: ExecutionTarget
  readonly #method: Method<ImageArray | DeviceTensor> = {
    keys: applyKeys,
    tensorKeys: applyKeys,
    prepare: (given, dimensions, dtype) => this.#mask(given, dimensions, dtype),
  }

  /** @internal */
  protected constructor(
    given: Partial<Options>,
    defaults: { probability: number; firstBlock: number },
    settings: Omit<Options, keyof BaselineOptions>,
    draw: DrawRegions,
  ) {
    const { probability = defaults.probability, threads, device = 'auto' } = given
    const seed = checkSeed('seed', given.seed === undefined ? 0 : given.seed)
    const fill = checkFill('fill', given.fill === undefined ? 0 : given.fill)
    checkChoice('device', device, ['auto', 'cpu'])
    const target = {
      device: 'cpu',
      threads: checkThreads(threads),
    } as const
    const common = { probability, fill, seed, device, threads: target.threads }
    super({ ...settings, ...common } as Options & typeof common, probability, defaults.firstBlock)
    this.#seed = seed
    this.#stream = new CounterStream(seed, defaults.firstBlock)
    this.#draw = draw
    this.#fill = fill
    this.#target = target
  }

  /**
   * Draws the rectangles for a batch without applying them. If it numbers the samples itself (no
   * `index`, no `indices`), it advances the sample counter, so the next batch gets new masks.
   *
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
   */
  plan(request: RegionPlanRequest): RegionPlan {
    const given = checkOptions<RegionPlanRequest>('request', request, planKeys)
    const count = readCount(given)
    const height = checkInteger('height', given.height, 0, MAX_SIDE)
    const width = checkInteger('width', given.width, 0, MAX_SIDE)
    const range = this.counter.of(given, count)
    const packed = this.#drawAll(range, height, width)
    this.counter.markSeen(range)
    return new RegionPlan(packed)
  }

  /**
   * Masks a batch: each sample with the probability of the epoch. Kept values keep their bits,
   * dropped values become `fill`. Synchronous, on all cores.
   *
   * @param images all samples, one after another; views at any offset and shared memory work
   * @returns `out`, or a new array of the type of `images`
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE,
   *   ERR_SHAPE_MISMATCH, ERR_BUFFER_DETACHED, ERR_OVERLAP, ERR_ALLOCATION; nothing has been written
   *   then
   */
  apply<T extends ImageArray>(images: T, request: RegionApplyRequest): Masked<T> {
    refuseTensor(images)
    return run(images, request, this.#method) as Masked<T>
  }

  /**
   * Like `apply`, off the main thread. Like GridMask's `applyAsync`, it takes the array and
   * resolves to one over the same memory.
   *
   * @param images all samples, one after another
   * @returns rejects with the errors of `apply`, and ERR_BUFFER_RESIZABLE; nothing is detached then
   */
  async applyAsync<T extends ImageArray>(
    images: T,
    request: RegionApplyRequest,
  ): Promise<Masked<T>> {
    refuseTensor(images)
    return (await runAsync(images, request, this.#method)) as Masked<T>
  }

  #mask(given: Given, dimensions: Dimensions, dtype: DType): Task<ImageArray | DeviceTensor> {
    const { count, height, width } = dimensions
    const fill = fillOf(this.#fill, dtype, dimensions)
    const { samples, ...drawn } = this.samplesOf(
      given,
      count,
      (value) => {
        const packed = RegionPlan.packed(RegionPlan.from(value as RegionPlan))
        checkPlanLength(packed.length, count)
        return packed.samples
      },
      (range) =>
        isEmpty(dimensions)
          ? PackedRegions.of([]).samples
          : this.#drawAll(range, height, width).samples,
    )
    return {
      ...drawn,
      operation: maskOperation(layoutOf(dtype, dimensions), samples, fill),
      target: this.#target,
      result: (images) => images,
    }
  }

  #drawAll({ count, epoch, ...numbers }: SampleRange, height: number, width: number) {
    const probability = this.probabilityAt(epoch)
    const whole = Math.floor(epoch)
    const seed = String(this.#seed)
    const samples: RegionSample[] = []
    for (let i = 0; i < count; i++) {
      const index = indexAt(numbers, i)
      this.#stream.start(whole, index)
      const masked = this.#stream.fraction() < probability
      const drawn = masked ? this.#draw(this.#stream, height, width) : { size: 0, regions: [] }
      const regions = sortRegions(drawn.regions)
      samples.push({ masked, regions, size: drawn.size, seed, epoch: whole, index })
    }
    return PackedRegions.of(samples)
  }
}

function refuseTensor(images: unknown): void {
  if (!DeviceTensor.is(images)) return
  invalid(
    'ERR_INVALID_ARG_TYPE',
    'images',
    'an array on the host, since this method works on the CPU (see `download()`)',
    images,
  )
}

/** Stops before a plan takes too much memory. `name` is the option that is to blame. */
export function checkRegionCount(name: string, count: number): void {
  if (count <= MAX_REGIONS) return
  throw new GridMaskError(
    'ERR_OUT_OF_RANGE',
    `Expected \`${name}\` to need at most ${MAX_REGIONS} rectangles for an image, but it needs more`,
  )
}
