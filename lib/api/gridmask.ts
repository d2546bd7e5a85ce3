import { checkArrays, type Dimensions, readDimensions, readDType } from '../arrays/batch-shape'
import { takeArrays } from '../arrays/take-arrays'
import type { ImageArray } from '../arrays/typed-array'
import { checkDevice, checkThreads, defaultThreads } from '../backend/devices'
import {
  checkBoolean,
  checkInteger,
  checkOptions,
  checkProbability,
  checkSeed,
} from '../core/check'
import { GridMaskError } from '../core/errors'
import { MAX_SIDE } from '../core/limits'
import type { NativeSamples } from '../core/native-interface'
import {
  type Augmentation,
  applyToArrays,
  applyToArraysAsync,
  checkPlanLength,
  type Drawn,
  type Given,
  refuseDraws,
} from '../execution/augmentation'
import { DeviceTensor } from '../execution/device-tensor'
import { draw } from '../execution/draw-plan'
import { fillOf, isEmpty } from '../execution/host-masks'
import { mixOf, mixTensors, runMix, runMixAsync } from '../execution/mix-batch'
import {
  type ApplyRequest,
  applyKeys,
  type GridMix,
  type GridMixRequest,
  type Masked,
  mixKeys,
  type TensorApplyRequest,
  type TensorGridMixRequest,
} from '../execution/requests'
import { targetOf } from '../execution/target'
import { checkTensors, maskTensors, perform, performAsync } from '../execution/tensor-batch'
import { checkRatioRange, checkUnit, Drawer, type Range } from '../plan/draw-settings'
import { checkFill } from '../plan/fill'
import { PackedPlan, Plan, type SampleParams } from '../plan/plan'
import { type PlanRequest, planKeys } from '../plan/requests'
import { readCount, SampleCounter, type SampleRange } from '../plan/sample-counter'
import { type GridMaskOptions, optionKeys } from './options'

/**
 * The GridMask augmentation (Chen, Liu, Zhao, Jia 2020, arXiv 2001.04086) with its settings, a seed
 * and an epoch. Holds no reference to any array after a call.
 */
export class GridMask {
  readonly #drawer: Drawer
  readonly #unit: Range | ((height: number, width: number) => Range)
  readonly #numbering: SampleCounter
  readonly #self: Augmentation

  /**
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (also for an option that
   *   does not exist), ERR_OUT_OF_RANGE, ERR_CUDA_UNAVAILABLE
   */
  constructor(options: GridMaskOptions) {
    const given = checkOptions<GridMaskOptions>('options', options, optionKeys)
    const { unit, rotate = 0, reverse = false, unitProbability = 1, probability = 1 } = given
    this.#drawer = new Drawer({
      ratio: checkRatioRange('ratio', given.ratio),
      rotate: checkInteger('rotate', rotate, 0, 360),
      reverse: checkBoolean('reverse', reverse),
      unitProbability: checkProbability('unitProbability', unitProbability),
      seed: checkSeed('seed', given.seed ?? 0),
    })
    this.#unit =
      typeof unit === 'function'
        ? (height, width) => checkUnit('unit(height, width)', unit(height, width))
        : checkUnit('unit', unit)
    this.#numbering = new SampleCounter(probability)
    const fill = checkFill('fill', given.fill ?? 0)
    const threads =
      given.threads === undefined ? defaultThreads() : checkThreads('threads', given.threads)
    this.#self = {
      numbering: this.#numbering,
      fill,
      place: { device: checkDevice(given.device), threads },
      samplesOf: (request, dimensions) => this.#samplesOf(request, dimensions),
    }
  }

  /** The epoch that `setEpoch` set; 0 at first. */
  get epoch(): number {
    return this.#numbering.epoch
  }

  /**
   * Sets the epoch of the calls that name none, and starts to number samples at 0 again. Only a
   * fraction that goes on within the same epoch (12.25, then 12.5) goes on with the numbers too.
   *
   * @param epoch ≥ 0 and below 2³²; may have a fraction
   * @throws {GridMaskError} ERR_OUT_OF_RANGE, ERR_INVALID_ARG_TYPE
   */
  setEpoch(epoch: number): void {
    this.#numbering.setEpoch(epoch)
  }

  /**
   * The probability that a sample is masked at an epoch.
   *
   * @param epoch default: the epoch set
   * @throws {GridMaskError} ERR_OUT_OF_RANGE for the epoch, or if the schedule leaves [0, 1]
   */
  probabilityAt(epoch: number = this.#numbering.epoch): number {
    return this.#numbering.probabilityAt(epoch)
  }

  /**
   * Draws the parameters of a batch's masks without applying them. Samples that it numbers itself
   * (no `index`, no `indices`) count as seen, so that the next batch draws anew.
   *
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE
   */
  plan(request: PlanRequest): Plan {
    const given = checkOptions<PlanRequest>('request', request, planKeys)
    const count = readCount(given)
    const side = (name: string, value: unknown) => {
      const needed = typeof this.#unit === 'function'
      return value === undefined && !needed ? 0 : checkInteger(name, value, 0, MAX_SIDE)
    }
    const height = side('height', given.height)
    const width = side('width', given.width)
    const numbers = this.#numbering.of(given, count)
    const packed =
      count === 0 ? new PackedPlan(0) : draw(count, this.#samples(numbers, height, width))
    this.#numbering.markSeen(numbers)
    return new Plan(packed)
  }

  /**
   * Masks a batch: each sample is masked with the probability of the epoch, with parameters of its
   * own. Kept values keep their bits, dropped ones become `fill`. Synchronous, on all cores or on
   * the GPU. A {@link DeviceTensor} is masked on its own device, whatever the `device` option says.
   *
   * @param images all samples, one after another; views at any offset and shared memory work
   * @returns `out`, or a new array of the type of `images`
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE,
   *   ERR_SHAPE_MISMATCH, ERR_BUFFER_DETACHED, ERR_OVERLAP, ERR_DISPOSED; nothing has been written
   *   then. ERR_CUDA, ERR_CUDA_OUT_OF_MEMORY: the message says if anything has
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
    if (DeviceTensor.is(images)) {
      const { batch, samples, numbers, fill } = this.#prepareTensor(images, request)
      const result = perform(batch, maskTensors(batch, samples, fill))
      if (numbers !== undefined) this.#numbering.markSeen(numbers)
      return result
    }
    return applyToArrays(images, request, this.#self)
  }

  /**
   * As {@link GridMask.apply}, off the main thread. Takes the array as a BYOB reader does: detaches
   * it at once, with every view of its buffer, masks it in place, and resolves to an array over the
   * same memory. With `out` in another buffer both are taken, and the result lies in the memory of
   * `out`. Shared memory is not detached; nobody should write to it meanwhile. Of a DeviceTensor
   * nothing is taken; without `out` the result is a new tensor.
   *
   * @returns rejects with what `apply` throws, and ERR_BUFFER_RESIZABLE; nothing is detached then,
   *   but where CUDA fails: the error's `array` is the one that was taken
   */
  applyAsync<T extends ImageArray>(images: T, request: ApplyRequest): Promise<Masked<T>>
  applyAsync<T extends ImageArray>(
    images: DeviceTensor<T>,
    request?: TensorApplyRequest,
  ): Promise<DeviceTensor<T>>
  async applyAsync(
    images: ImageArray | DeviceTensor,
    request: ApplyRequest | TensorApplyRequest = {},
  ): Promise<ImageArray | DeviceTensor> {
    if (DeviceTensor.is(images)) {
      const { batch, samples, numbers, fill } = this.#prepareTensor(images, request)
      const done = performAsync(batch, maskTensors(batch, samples, fill))
      if (numbers !== undefined) this.#numbering.markSeen(numbers)
      return done
    }
    return applyToArraysAsync(images, request, this.#self)
  }

  /**
   * GridMix (section 4.4, Table 9): masks a batch as {@link GridMask.apply} does, but what is dropped
   * of a sample becomes what its partner has there, another sample of the batch; `fill` is not used.
   * Partners are drawn, one cycle through the batch, or given. A host array is mixed on the CPU
   * where `device` is 'auto'; with 'cuda' the whole batch has to fit the device's memory.
   *
   * @returns the images, `out` or new ones; whose pixels each sample got; and how much it kept, for
   *   {@link mixLabels}
   * @throws {GridMaskError} what `apply` throws, and for `partner` ERR_INVALID_ARG_TYPE,
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
    if (DeviceTensor.is(images)) {
      const { batch, mix, numbers } = this.#prepareTensorMix(images, request)
      const result = perform(batch, mixTensors(images, mix))
      if (numbers !== undefined) this.#numbering.markSeen(numbers)
      return { images: result, partner: mix.partner, lambda: mix.lambda }
    }
    const { out, arrays, mix, numbers } = this.#prepareMix(images, request, undefined)
    const target = targetOf(out, arrays)
    runMix(images, target, mix, arrays, this.#self.place)
    if (numbers !== undefined) this.#numbering.markSeen(numbers)
    return { images: target, partner: mix.partner, lambda: mix.lambda }
  }

  /**
   * As {@link GridMask.gridmix}, off the main thread. Takes the array as
   * {@link GridMask.applyAsync} does: detaches it at once, mixes it in place, and resolves with one
   * over the same memory.
   *
   * @returns rejects with what `gridmix` throws, and ERR_BUFFER_RESIZABLE; nothing is detached then,
   *   but where CUDA fails: the error's `array` is the one that was taken
   */
  gridmixAsync<T extends ImageArray>(
    images: T,
    request: GridMixRequest,
  ): Promise<GridMix<Masked<T>>>
  gridmixAsync<T extends ImageArray>(
    images: DeviceTensor<T>,
    request?: TensorGridMixRequest,
  ): Promise<GridMix<DeviceTensor<T>>>
  async gridmixAsync(
    images: ImageArray | DeviceTensor,
    request: GridMixRequest | TensorGridMixRequest = {},
  ): Promise<GridMix<ImageArray | DeviceTensor>> {
    if (DeviceTensor.is(images)) {
      const { batch, mix, numbers } = this.#prepareTensorMix(images, request)
      const done = performAsync(batch, mixTensors(images, mix))
      if (numbers !== undefined) this.#numbering.markSeen(numbers)
      return { images: await done, partner: mix.partner, lambda: mix.lambda }
    }
    const { out, arrays, mix, numbers } = this.#prepareMix(images, request, images)
    const [source, target] = takeArrays(arrays.tag, images, out as ImageArray)
    const done = runMixAsync(source, target, mix, arrays, this.#self.place)
    if (numbers !== undefined) this.#numbering.markSeen(numbers)
    try {
      await done
    } catch (error) {
      if (error instanceof GridMaskError) error.array = source
      throw error
    }
    return { images: target, partner: mix.partner, lambda: mix.lambda }
  }

  #prepareTensor(images: DeviceTensor, request: unknown) {
    const given = checkOptions<TensorApplyRequest>('request', request, applyKeys)
    const dimensions = DeviceTensor.dimensions(images)
    const fill = fillOf(this.#self.fill, images, dimensions)
    const drawn = this.#samplesOf(given, dimensions)
    // Last, since the request's getters and the schedule are the caller's code.
    return { batch: checkTensors(images, given), fill, ...drawn }
  }

  #prepareTensorMix(images: DeviceTensor, request: unknown) {
    const given = checkOptions<TensorGridMixRequest>('request', request, mixKeys)
    const { mix, numbers } = this.#mixOf(given, DeviceTensor.dimensions(images))
    // Last, for the reason given above.
    return { batch: checkTensors(images, given), mix, numbers }
  }

  #prepareMix(images: unknown, request: unknown, defaultOut: ImageArray | undefined) {
    const given = checkOptions<GridMixRequest>('request', request, mixKeys)
    const out = given.out ?? defaultOut
    const dimensions = readDimensions(given)
    const arrays = checkArrays(images, out, dimensions, readDType(given.dtype))
    const { mix, numbers } = this.#mixOf(given, dimensions)
    checkArrays(images, out, dimensions, arrays.dtype)
    return { out, arrays, mix, numbers }
  }

  #mixOf(given: Partial<GridMixRequest | TensorGridMixRequest>, dimensions: Dimensions) {
    const { count, height, width } = dimensions
    let plan: PackedPlan
    let numbers: SampleRange | undefined
    if (given.plan === undefined) {
      numbers = this.#numbering.of(given, count)
      // Partners are drawn for a batch without pixels too; a unit for its size need not exist.
      const samples = isEmpty(dimensions)
        ? this.#drawer.samples([1, 1], 0, Math.floor(numbers.epoch), numbers.first, numbers.indices)
        : this.#samples(numbers, height, width)
      plan = count === 0 ? new PackedPlan(0) : draw(count, samples)
    } else {
      refuseDraws(given)
      plan = checkPlan(given.plan as Plan, count)
    }
    return { mix: mixOf(plan, given.partner, dimensions, this.#self.place.threads), numbers }
  }

  #samplesOf(given: Given, dimensions: Dimensions): Drawn {
    const { count, height, width } = dimensions
    if (given.plan !== undefined) {
      refuseDraws(given)
      return { samples: checkPlan(given.plan as Plan, count).samples, numbers: undefined }
    }
    const numbers = this.#numbering.of(given, count)
    const samples = isEmpty(dimensions)
      ? new PackedPlan(0).samples
      : this.#samples(numbers, height, width)
    return { samples, numbers }
  }

  #samples({ epoch, first, indices }: SampleRange, height: number, width: number): NativeSamples {
    const probability = this.probabilityAt(epoch)
    const unit = typeof this.#unit === 'function' ? this.#unit(height, width) : this.#unit
    return this.#drawer.samples(unit, probability, Math.floor(epoch), first, indices)
  }
}

/** A plan of the batch's length, packed. */
export function checkPlan(value: Plan | readonly SampleParams[], count: number): PackedPlan {
  const plan = Plan.from(value)
  checkPlanLength(plan.length, count)
  return Plan.packed(plan)
}
