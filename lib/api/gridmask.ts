import type { Dimensions } from '../arrays/batch-shape'
import type { ImageArray } from '../arrays/typed-array'
import { checkDevice, checkThreads } from '../backend/devices'
import {
  checkBoolean,
  checkInteger,
  checkOptions,
  checkProbability,
  checkSeed,
  invalid,
} from '../core/check'
import type { DType } from '../core/dtype'
import { warnOnce } from '../core/environment'
import { GridMaskError } from '../core/errors'
import type { ImageSize } from '../core/geometry'
import { MAX_SIDE } from '../core/limits'
import type { NativeSamples } from '../core/native-interface'
import { Augmentation, checkPlanLength } from '../execution/augmentation'
import type { DeviceTensor } from '../execution/device-tensor'
import { draw } from '../execution/draw-plan'
import { type Method, run, runAsync, type Task } from '../execution/job'
import { EncodedFills, maskOperation } from '../execution/mask-batch'
import { mixed, mixOf, mixOperation } from '../execution/mix-batch'
import { type ExecutionTarget, isEmpty, layoutOf } from '../execution/operation'
import {
  type ApplyRequest,
  applyKeys,
  type Given,
  type GridMix,
  type GridMixRequest,
  type Masked,
  mixKeys,
  type TensorApplyRequest,
  type TensorGridMixRequest,
} from '../execution/requests'
import { checkRatioRange, checkRotate, checkUnit, Drawer, type Range } from '../plan/draw-settings'
import { checkFill } from '../plan/fill'
import { PackedPlan, Plan, type SampleParams } from '../plan/plan'
import { type PlanRequest, planKeys } from '../plan/requests'
import { readCount, type SampleRange } from '../plan/sample-counter'
import { type GridMaskOptions, optionKeys } from './options'
import { presets } from './presets'

type Images = ImageArray | DeviceTensor

/**
 * The GridMask augmentation (Chen, Liu, Zhao, Jia 2020, arXiv 2001.04086) with its settings, a seed
 * and an epoch. It keeps no reference to any array after a call.
 *
 * @example
 * ```ts run
 * const gridmask = new GridMask({ ...presets.imagenet, probability: 1, seed: 42 })
 * const images = new Float32Array(2 * 3 * 224 * 224).fill(1)
 * const masked = gridmask.apply(images, { shape: [2, 3, 224, 224] })
 * console.log(masked.includes(0), images.includes(0))   // true false
 * ```
 */
export class GridMask extends Augmentation<GridMaskOptions> {
  readonly #drawer: Drawer
  readonly #unit: Range | ((height: number, width: number) => Range)
  readonly #fills: EncodedFills
  readonly #target: ExecutionTarget

  readonly #masking: Method<Images> = {
    keys: applyKeys,
    tensorKeys: applyKeys,
    prepare: (given, dimensions, dtype) => this.#mask(given, dimensions, dtype),
  }

  readonly #mixing: Method<GridMix<Images>> = {
    keys: mixKeys,
    tensorKeys: mixKeys,
    prepare: (given, dimensions, dtype) => this.#mix(given, dimensions, dtype),
  }

  /**
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (also for an option that
   *   does not exist), ERR_OUT_OF_RANGE, ERR_CUDA_UNAVAILABLE
   */
  constructor(options: GridMaskOptions) {
    refuseNone(options)
    const checked = checkOptions<GridMaskOptions>('options', options, optionKeys)
    const {
      ratio,
      unit,
      rotate = 0,
      reverse = false,
      unitProbability = 1,
      probability = 1,
    } = checked
    const { fill: fillOption = 0, seed = 0, device = 'auto', threads } = checked
    const drawn = {
      ratio: checkRatioRange('ratio', ratio),
      rotate: checkRotate(rotate),
      reverse: checkBoolean('reverse', reverse),
      unitProbability: checkProbability('unitProbability', unitProbability),
      seed: checkSeed('seed', seed),
    }
    const unitOf =
      typeof unit === 'function'
        ? (height: number, width: number) => checkUnit('unit(height, width)', unit(height, width))
        : checkUnit('unit', unit)
    const fill = checkFill('fill', fillOption)
    const target = {
      threads: checkThreads(threads),
      device: checkDevice(device),
    }
    const given = { ratio: ratio as number, unit: unit as number }
    const settings = { ...given, ...drawn, ...given, probability, fill, device }
    super({ ...settings, threads: target.threads }, probability, 0)
    this.#drawer = new Drawer(drawn)
    this.#unit = unitOf
    this.#fills = new EncodedFills(fill)
    this.#target = target
  }

  /**
   * Draws the parameters of a batch's masks without applying them. If it numbers the samples itself
   * (no `index`, no `indices`), it advances the sample counter, so the next batch gets new masks.
   *
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
   */
  plan(request: PlanRequest): Plan {
    const given = checkOptions<PlanRequest>('request', request, planKeys)
    const count = readCount(given)
    const side = (name: string, value: unknown) => {
      if (value !== undefined) return checkInteger(name, value, 0, MAX_SIDE)
      if (typeof this.#unit !== 'function') return 0
      const expected = `a whole number from 0 to ${MAX_SIDE}`
      const hint = 'The unit depends on the image size: pass `height` and `width`'
      invalid('ERR_INVALID_ARG_TYPE', name, expected, value, hint)
    }
    const height = side('height', given.height)
    const width = side('width', given.width)
    const range = this.counter.of(given, count)
    const packed =
      count === 0 ? new PackedPlan(0) : draw(count, this.#drawing(range, height, width)())
    this.counter.markSeen(range)
    return new Plan(packed)
  }

  /**
   * Masks a batch: each sample is masked with the probability of the epoch, and with its own
   * parameters. Kept values keep their bits, dropped values become `fill`. Synchronous, on all
   * cores or on the GPU. A {@link DeviceTensor} is masked on its own device, whatever the `device`
   * option says.
   *
   * @param images all samples, one after another; views at any offset and shared memory work
   * @returns `out`, or a new array of the type of `images`
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE,
   *   ERR_SHAPE_MISMATCH, ERR_BUFFER_DETACHED, ERR_OVERLAP, ERR_ALLOCATION, ERR_DISPOSED; nothing
   *   has been written. ERR_CUDA, ERR_CUDA_OUT_OF_MEMORY: the message says whether anything has
   */
  apply<T extends ImageArray>(images: T, request: ApplyRequest): Masked<T>
  apply<T extends ImageArray>(
    images: DeviceTensor<T>,
    request?: TensorApplyRequest,
  ): DeviceTensor<T>
  apply(
    images: ImageArray | DeviceTensor,
    request: ApplyRequest | TensorApplyRequest = {},
  ): ImageArray | DeviceTensor {
    return run(images, request, this.#masking)
  }

  /**
   * Like {@link GridMask.apply}, off the main thread. It takes the array as a BYOB reader does: it
   * detaches the array at once, with every view of its buffer, masks it in place, and resolves to
   * an array over the same memory. If `out` is in another buffer, both are taken, and the result
   * uses the memory of `out`. Memory that cannot be taken (of an addon, such as sharp's results; of
   * WebAssembly; of the pool of small Buffers) is copied: the array stays as it was, and the result
   * is a new array. Shared memory is not detached; do not write to it before then. A DeviceTensor is
   * not taken; without `out` the result is a new tensor.
   *
   * @param images all samples, one after another
   * @returns rejects with the errors of `apply`, and ERR_BUFFER_RESIZABLE. Nothing is detached
   *   then, except if CUDA fails: the error's `array` is the one that was taken
   */
  applyAsync<T extends ImageArray>(images: T, request: ApplyRequest): Promise<Masked<T>>
  applyAsync<T extends ImageArray>(
    images: DeviceTensor<T>,
    request?: TensorApplyRequest,
  ): Promise<DeviceTensor<T>>
  applyAsync(
    images: ImageArray | DeviceTensor,
    request: ApplyRequest | TensorApplyRequest = {},
  ): Promise<ImageArray | DeviceTensor> {
    return runAsync(images, request, this.#masking)
  }

  /**
   * GridMix (section 4.4, Table 9): masks a batch as {@link GridMask.apply} does, but a dropped
   * pixel takes the value that the sample's partner, another sample of the batch, has there. `fill`
   * is not used. Partners are drawn, as one cycle through the batch, unless you pass them. A host
   * array that is mixed on a CUDA device must fit into its memory as a whole.
   *
   * @param images all samples, one after another
   * @returns the images, `out` or new ones; the partner of each sample; and the fraction that it
   *   kept, for {@link mixLabels}
   * @throws {GridMaskError} the errors of `apply`, and for `partner` ERR_INVALID_ARG_TYPE,
   *   ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ERR_SHAPE_MISMATCH
   */
  gridmix<T extends ImageArray>(images: T, request: GridMixRequest): GridMix<Masked<T>>
  gridmix<T extends ImageArray>(
    images: DeviceTensor<T>,
    request?: TensorGridMixRequest,
  ): GridMix<DeviceTensor<T>>
  gridmix(
    images: ImageArray | DeviceTensor,
    request: GridMixRequest | TensorGridMixRequest = {},
  ): GridMix<ImageArray | DeviceTensor> {
    return run(images, request, this.#mixing)
  }

  /**
   * Like {@link GridMask.gridmix}, off the main thread. It takes the array as {@link
   * GridMask.applyAsync} does: it detaches the array at once, mixes it in place, and resolves with
   * one over the same memory.
   *
   * @param images all samples, one after another
   * @returns rejects with the errors of `gridmix`, and ERR_BUFFER_RESIZABLE. Nothing is detached
   *   then, except if CUDA fails: the error's `array` is the one that was taken
   */
  gridmixAsync<T extends ImageArray>(
    images: T,
    request: GridMixRequest,
  ): Promise<GridMix<Masked<T>>>
  gridmixAsync<T extends ImageArray>(
    images: DeviceTensor<T>,
    request?: TensorGridMixRequest,
  ): Promise<GridMix<DeviceTensor<T>>>
  gridmixAsync(
    images: ImageArray | DeviceTensor,
    request: GridMixRequest | TensorGridMixRequest = {},
  ): Promise<GridMix<ImageArray | DeviceTensor>> {
    return runAsync(images, request, this.#mixing)
  }

  #mask(given: Given, dimensions: Dimensions, dtype: DType): Task<Images> {
    const { count, height, width } = dimensions
    const fill = this.#fills.of(dtype, dimensions)
    const { samples, commit } = this.samplesOf<NativeSamples>(
      given,
      count,
      (plan) => checkPlan(plan as Plan, count).samples,
      // Native code draws what it masks, without a plan in between.
      (range) =>
        isEmpty(dimensions) ? new PackedPlan(0).samples : this.#drawing(range, height, width)(),
    )
    return {
      commit,
      operation: maskOperation(layoutOf(dtype, dimensions), samples, fill),
      target: this.#target,
      result: (images) => images,
    }
  }

  #mix(given: Given, dimensions: Dimensions, dtype: DType): Task<GridMix<Images>> {
    const { count, height, width } = dimensions
    const { samples, commit } = this.samplesOf<() => NativeSamples>(
      given,
      count,
      (value) => {
        const plan = checkPlan(value as Plan, count)
        return () => plan.samples
      },
      // Partners are drawn even for a batch without pixels, for whose size there may be no unit.
      (range) => this.#drawing(range, height, width, isEmpty(dimensions) ? [1, 1] : undefined),
    )
    const mix = mixOf(samples, given.partner, dimensions, this.#target.threads)
    return {
      commit,
      operation: mixOperation(layoutOf(dtype, dimensions), mix),
      target: this.#target,
      result: (images) => mixed(images, mix),
    }
  }

  /**
   * @internal Samples of a size for native code to draw: at any time, while their settings last until the
   * next ones are asked for.
   */
  static drawing(
    gridmask: GridMask,
    range: SampleRange,
    [height, width]: ImageSize,
  ): () => NativeSamples {
    return gridmask.#drawing(range, height, width)
  }

  #drawing(
    { epoch, first, indices }: SampleRange,
    height: number,
    width: number,
    unit: Range = typeof this.#unit === 'function' ? this.#unit(height, width) : this.#unit,
  ): () => NativeSamples {
    const probability = this.probabilityAt(epoch)
    warnOfLargeUnit(unit, height, width)
    return () => this.#drawer.samples(unit, probability, Math.floor(epoch), first, indices)
  }
}

/** Refuses what a misspelt preset leaves: undefined, or an object without `ratio` and `unit`. */
function refuseNone(options: unknown): void {
  const isObject = typeof options === 'object' && options !== null
  if (options !== undefined && !(isObject && !('ratio' in options) && !('unit' in options))) return
  const hint = `The presets are ${Object.keys(presets).join(', ')}`
  if (options === undefined) {
    invalid('ERR_INVALID_ARG_TYPE', 'options', 'an object', options, hint)
  }
  const key = Object.keys(options as object).find((name) => !optionKeys.has(name))
  if (key !== undefined) return // checkOptions() reports it
  throw new GridMaskError(
    'ERR_INVALID_ARG_TYPE',
    'Expected `options` to have `ratio` and `unit`, but received neither. If it is a preset, ' +
      `check its name. ${hint}`,
  )
}

/** If the unit is much larger than the images, most of them stay as they are and a few are lost whole. */
function warnOfLargeUnit([min]: Range, height: number, width: number): void {
  const longer = Math.max(height, width)
  if (longer === 0 || min <= 2 * longer) return
  warnOnce(
    'GRIDMASK_UNIT',
    `\`unit\` is at least ${min} pixels, far larger than the images of ${height}×${width}: most stay as ` +
      'they are, some lose everything. Choose a unit from half the shorter side to all of it: ' +
      'docs/choosing.md',
  )
}

/** A plan of the batch's length, packed. */
export function checkPlan(value: Plan | readonly SampleParams[], count: number): PackedPlan {
  const packed = Plan.packed(Plan.from(value))
  checkPlanLength(packed.length, count)
  return packed
}
