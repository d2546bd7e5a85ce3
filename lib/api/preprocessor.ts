import { type Dimensions, layouts } from '../arrays/batch-shape'
import { type ImageSides, type ImageSources, readSources } from '../arrays/image-sources'
import type { Float16ArrayLike } from '../arrays/typed-array'
import type { CudaDevice } from '../backend/cuda'
import { checkDevice, checkThreads, type DeviceId } from '../backend/devices'
import {
  checkChoice,
  checkInteger,
  checkOptions,
  checkProbability,
  checkSeed,
  invalid,
} from '../core/check'
import { checkSize, type ImageSize } from '../core/geometry'
import { MAX_SIDE } from '../core/limits'
import { type NativeSamples, SCALE_FIELDS } from '../core/native-interface'
import { Augmentation, checkPlanLength } from '../execution/augmentation'
import { DeviceTensor } from '../execution/device-tensor'
import { EncodedFills } from '../execution/mask-batch'
import { isEmpty } from '../execution/operation'
import {
  type Preprocessing,
  type PreprocessSamples,
  packScales,
} from '../execution/preprocess-arguments'
import { preprocess, preprocessAsync } from '../execution/preprocess-batch'
import {
  deviceFor,
  preprocessOnDevice,
  preprocessOnDeviceAsync,
  tensorSources,
} from '../execution/preprocess-tensors'
import { checkRequest } from '../execution/requests'
import { CROP_BLOCK, CROP_WORDS, CropDrawer, CropSettings } from '../plan/crop'
import { checkNormalization, type Normalization, scalesOf } from '../plan/normalization'
import { Plan } from '../plan/plan'
import {
  type PreprocessorParams,
  PreprocessorPlan,
  packCrops,
  unmaskedPlan,
} from '../plan/preprocessor-plan'
import { indexAt, readCount, type SampleRange } from '../plan/sample-counter'
import { GridMask } from './gridmask'
import { optionKeys } from './options'
import { Placement } from './placement'
import { checkChannels, checkCropKind, checkCrops, checkSides } from './preprocessor-checks'
import {
  type FloatType,
  floatTypes,
  type PreprocessorOptions,
  type PreprocessorPlanRequest,
  type PreprocessRequest,
  planKeys,
  preprocessKeys,
  preprocessorKeys,
} from './preprocessor-options'
import {
  type Preprocessed,
  type PreprocessedOn,
  resultChannels,
  resultSize,
} from './preprocessor-result'

type MaskOptions = NonNullable<PreprocessorOptions['gridmask']>

/** Options that a mask takes from its Preprocessor. */
const shared = ['seed', 'device', 'threads']

const maskKeys = new Set([...optionKeys].filter((key) => !shared.includes(key)))

function maskOptions(options: object): MaskOptions {
  const own = Object.entries(options).filter(([key]) => maskKeys.has(key))
  return Object.fromEntries(own) as unknown as MaskOptions
}

function makeMask(
  options: MaskOptions,
  seed: bigint,
): { gridmask: GridMask; options: MaskOptions } {
  const given = checkOptions<MaskOptions>('gridmask', options, maskKeys)
  const gridmask = new GridMask({ ...(given as MaskOptions), seed, device: 'cpu' })
  const { fill } = gridmask.options
  if (Array.isArray(fill) && fill.includes(null)) {
    const hint =
      'No channel of a result stays as it was. To leave a channel out, use the option `channels`'
    invalid('ERR_INVALID_ARG_VALUE', 'gridmask.fill', 'a number for every channel', fill, hint)
  }
  return { gridmask, options: maskOptions(gridmask.options) }
}

/**
 * Turns decoded images into the input of a model, in one pass: cropped, mirrored, normalised and masked
 * by GridMask, as floats, channel by channel. Without `gridmask` it is a fast normaliser.
 * docs/preprocessor.md says what is computed. It keeps no reference to any array after a call.
 *
 * @example
 * ```ts run
 * const preprocessor = new Preprocessor({
 *   size: [32, 32], padding: 4, crop: 'random', flip: 0.5,
 *   normalize: normalization.cifar10, gridmask: presets.cifar10, seed: 42,
 * })
 * const bytes = new Uint8Array(2 * 32 * 32 * 3)
 * const batch = preprocessor.apply(bytes, { shape: [2, 32, 32, 3], epoch: 140, index: 0 })
 * console.log(batch.length)   // 6144
 * ```
 */
export class Preprocessor<
  D extends FloatType = 'float32',
  V extends DeviceId = 'auto',
> extends Augmentation<PreprocessorOptions<D, V>> {
  readonly #size: ImageSize | undefined
  readonly #padding: number
  readonly #crops: CropSettings
  readonly #channels: readonly number[] | undefined
  readonly #normalize: Normalization | undefined
  /** Of the last call. */
  #scales: Float32Array = new Float32Array(0)
  readonly #gridmask: GridMask | undefined
  readonly #fills: EncodedFills
  readonly #dtype: FloatType
  readonly #channelsLast: boolean
  readonly #seed: bigint
  readonly #device: 'auto' | 'cpu' | CudaDevice
  readonly #threads: number

  /**
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE (also for an option that
   *   does not exist), ERR_OUT_OF_RANGE, ERR_SHAPE_MISMATCH, ERR_CUDA_UNAVAILABLE
   */
  constructor(options: PreprocessorOptions<D, V> = {}) {
    const given = checkOptions<PreprocessorOptions<D, V>>('options', options, preprocessorKeys)
    const { size, padding = 0, crop = 'center', flip = 0, channels, normalize, gridmask } = given
    const { dtype = 'float32', layout = 'NCHW', seed = 0, device = 'auto', threads } = given
    const target = checkDevice(device)
    const checked = {
      padding: checkInteger('padding', padding, 0, MAX_SIDE),
      crop: checkCropKind(crop),
      flip: checkProbability('flip', flip),
      dtype: checkChoice('dtype', dtype, floatTypes) as D,
      layout: checkChoice('layout', layout, layouts),
      seed: checkSeed('seed', seed),
      device: device as V,
      threads: checkThreads(threads),
    }
    const picked = channels === undefined ? undefined : checkChannels(channels)
    const known = picked?.length
    const optional = {
      ...(size === undefined ? {} : { size: checkSize(size) }),
      ...(picked === undefined ? {} : { channels: picked }),
      ...(normalize === undefined
        ? {}
        : { normalize: checkNormalization('normalize', normalize, known) }),
    }
    const mask = gridmask === undefined ? undefined : makeMask(gridmask, checked.seed)
    const fills = new EncodedFills(mask?.options.fill ?? 0)
    if (known !== undefined) fills.check(checked.dtype, known)
    const settings = { ...optional, ...(mask && { gridmask: mask.options }), ...checked }
    super(settings, mask?.gridmask.options.probability ?? 0, mask === undefined ? CROP_BLOCK : 0)
    this.#size = optional.size
    this.#padding = checked.padding
    this.#crops = new CropSettings(checked.crop, checked.flip, checked.seed)
    this.#channels = optional.channels
    this.#normalize = optional.normalize
    this.#gridmask = mask?.gridmask
    this.#fills = fills
    this.#dtype = checked.dtype
    this.#channelsLast = checked.layout === 'NHWC'
    this.#seed = checked.seed
    this.#device = device === 'auto' ? 'auto' : target
    this.#threads = checked.threads
  }

  /** @ignore As for every augmentation; the mask's schedule becomes null too. */
  override toJSON(): object {
    const gridmask = this.#gridmask && { gridmask: maskOptions(this.#gridmask.toJSON()) }
    return { ...super.toJSON(), ...gridmask }
  }

  /**
   * Draws the crop, flip and mask of each image of a batch without applying them. If it numbers the
   * samples itself (no `index`, no `indices`), it advances the sample counter, so the next batch gets
   * new ones.
   *
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE,
   *   ERR_SHAPE_MISMATCH
   */
  plan(request: PreprocessorPlanRequest): PreprocessorPlan {
    const given = checkOptions<PreprocessorPlanRequest>('request', request, planKeys)
    const count = readCount(given)
    const heights = checkSides('height', given.height, count)
    const widths = checkSides('width', given.width, count)
    const sizes = Array.from({ length: count }, (_, i) => ({
      height: heights(i),
      width: widths(i),
      channels: 0,
    }))
    const size = resultSize(this.#size, this.#padding, sizes, (i) => `image ${i} of the plan`)
    const range = this.counter.of(given, count)
    const crops = this.#drawCrops(range, sizes, size)
    const masks = this.#drawMasks(range, size) ?? this.#noMasks(range)
    this.counter.markSeen(range)
    return new PreprocessorPlan({ masks, crops })
  }

  /**
   * Makes a batch from images, synchronously: on all cores, or on a GPU if `device` names one or the
   * images are a {@link DeviceTensor} there. On a GPU the result is a DeviceTensor too, and the call
   * returns when the images have been read and the work is on the result's stream.
   *
   * @param images one array with all images, one after another, or a list with one element for each:
   *   `{ data, info }` from sharp, `ImageData`, or `{ data, width, height, channels }`. Views at any
   *   offset and shared memory work. Values are in 0…255, in a Float32Array as in bytes, and in
   *   tensors of 'uint8' and 'float32'
   * @param request which samples, and how the images are laid out; `out` decides the result's type
   * @returns `out`, or a new array or tensor: [n, c, h, w], or [n, h, w, c] with layout 'NHWC'
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE,
   *   ERR_SHAPE_MISMATCH, ERR_BUFFER_DETACHED, ERR_OVERLAP, ERR_CUDA_UNAVAILABLE, ERR_DISPOSED;
   *   with these, nothing has been written. ERR_CUDA, ERR_CUDA_OUT_OF_MEMORY: the message says
   *   whether anything has
   */
  apply<T extends Preprocessed<D> | Float16ArrayLike | DeviceTensor>(
    images: ImageSources | DeviceTensor,
    request: PreprocessRequest & { out: T },
  ): T
  apply(images: DeviceTensor, request?: PreprocessRequest): DeviceTensor<Preprocessed<D>>
  apply<W extends DeviceId>(
    images: ImageSources,
    request: PreprocessRequest & { device: W },
  ): PreprocessedOn<D, W>
  apply(images: ImageSources, request?: PreprocessRequest): PreprocessedOn<D, V>
  apply(images: ImageSources | DeviceTensor, request: PreprocessRequest = {}): unknown {
    const { preprocessing, commit } = this.#prepare(images, request)
    const onHost = preprocessing.device === 'cpu'
    const result = onHost ? preprocess(preprocessing) : preprocessOnDevice(preprocessing)
    commit?.(result, result)
    return result
  }

  /**
   * As {@link Preprocessor.apply}, off the main thread. An array of an image that fills its buffer is
   * taken, as by {@link GridMask.applyAsync}: it is detached at once. An array that is part of a
   * buffer, or that cannot be taken, is copied. `out` is taken, and the result lies in its memory.
   * Shared memory is not detached, and tensors are not taken: leave both alone until the promise
   * settles.
   *
   * @param images as for `apply`
   * @param request as for `apply`
   * @returns a promise that rejects with the errors of `apply`, and ERR_BUFFER_RESIZABLE. Then
   *   nothing is detached, unless CUDA failed: if the images are one array, the error's `array`
   *   returns it
   */
  applyAsync<T extends Preprocessed<D> | Float16ArrayLike | DeviceTensor>(
    images: ImageSources | DeviceTensor,
    request: PreprocessRequest & { out: T },
  ): Promise<T>
  applyAsync(
    images: DeviceTensor,
    request?: PreprocessRequest,
  ): Promise<DeviceTensor<Preprocessed<D>>>
  applyAsync<W extends DeviceId>(
    images: ImageSources,
    request: PreprocessRequest & { device: W },
  ): Promise<PreprocessedOn<D, W>>
  applyAsync(images: ImageSources, request?: PreprocessRequest): Promise<PreprocessedOn<D, V>>
  async applyAsync(
    images: ImageSources | DeviceTensor,
    request: PreprocessRequest = {},
  ): Promise<unknown> {
    const { preprocessing, commit } = this.#prepare(images, request)
    const onHost = preprocessing.device === 'cpu'
    const [result, done] = onHost
      ? preprocessAsync(preprocessing)
      : preprocessOnDeviceAsync(preprocessing)
    commit?.(result, result)
    await done
    return result
  }

  /**
   * Moves the boxes, keypoints and label map of an image as the crop and flip of a sample move its
   * pixels.
   *
   * @param size the image's height and width, before padding
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE,
   *   ERR_SHAPE_MISMATCH
   */
  placement(sample: PreprocessorParams, size: ImageSize | readonly number[]): Placement {
    const [height, width] = checkSize(size)
    const result = resultSize(this.#size, this.#padding, [{ height, width }], () => '`size`')
    const { crops } = packCrops([sample], () => 'sample')
    checkCrops('sample', crops, [{ height, width }], this.#padding, result)
    const [top, left, flip] = crops as unknown as [number, number, number]
    const corner = [top - this.#padding, left - this.#padding] as const
    return new Placement([height, width], result, corner, flip !== 0)
  }

  #prepare(images: unknown, request: unknown) {
    const all = checkRequest(request, preprocessKeys)
    const given = all as Partial<PreprocessRequest>
    const device = deviceFor(images, given, this.#device)
    const tensor = DeviceTensor.is(images) ? images : undefined
    const sources =
      tensor === undefined ? readSources(images, given) : tensorSources(tensor, given as object)
    const { count, sizes, nameOf } = sources
    // If there are no images, none is too small or lacks a channel.
    const against = (option: unknown) => (count === 0 && option !== undefined ? [] : sizes)
    const sidesOf = against(this.#size)
    const size = resultSize(this.#size, this.#padding, sidesOf, (i) => `\`${nameOf(i)}\``)
    const channels = resultChannels(this.#channels, against(this.#channels), nameOf)
    const [height, width] = size
    const dimensions: Dimensions = {
      count,
      channels: channels.length,
      height,
      width,
      channelsLast: this.#channelsLast,
    }
    const dtype = this.#dtype
    // Of an empty list without the option `channels`, nothing says how many channels there are.
    const unknown = sizes.length === 0 && this.#channels === undefined
    const { samples, commit } = this.samplesOf<PreprocessSamples>(
      all,
      count,
      (value) => this.#replay(value, count, sizes, size),
      // Native code draws, without a plan in between.
      (range) => ({
        crops: () => this.#crops.at(Math.floor(range.epoch)),
        masks: isEmpty(dimensions) ? undefined : this.#drawnMasks(range, size),
        first: range.first,
        indices: range.indices,
      }),
    )
    const preprocessing: Preprocessing = {
      sources,
      tensor,
      padding: this.#padding,
      samples,
      scales: unknown ? new Float32Array(0) : this.#scalesOf(channels),
      dimensions,
      dtype,
      fill: unknown ? new Uint8Array(0) : this.#fills.of(dtype, dimensions),
      out: given.out,
      device,
      threads: this.#threads,
    }
    return { preprocessing, commit }
  }

  /** Packed again only if the channels differ; native code does not write to it. */
  #scalesOf(channels: readonly number[]): Float32Array {
    if (this.#scales.length !== channels.length * SCALE_FIELDS.length) {
      this.#scales = packScales(channels, scalesOf(this.#normalize, channels.length))
    }
    return this.#scales
  }

  #replay(value: unknown, count: number, sizes: readonly ImageSides[], size: ImageSize) {
    const { masks, crops } = PreprocessorPlan.packed(
      PreprocessorPlan.from(value as PreprocessorPlan),
    )
    checkPlanLength(masks.length, count)
    checkCrops('plan', crops, sizes, this.#padding, size)
    return { crops: () => crops, masks: () => masks.samples, first: 0, indices: undefined }
  }

  #drawnMasks(range: SampleRange, size: ImageSize): (() => NativeSamples) | undefined {
    return this.#gridmask && GridMask.drawing(this.#gridmask, range, size)
  }

  #drawCrops(
    { epoch, ...numbers }: SampleRange,
    sizes: readonly ImageSides[],
    [height, width]: ImageSize,
  ): Int32Array {
    const drawer = new CropDrawer(this.#crops.at(Math.floor(epoch)))
    const crops = new Int32Array(sizes.length * CROP_WORDS)
    const padding = 2 * this.#padding
    sizes.forEach((image, i) => {
      const rows = image.height + padding - height
      const columns = image.width + padding - width
      crops.set(drawer.draw(indexAt(numbers, i), rows, columns), i * CROP_WORDS)
    })
    return crops
  }

  #drawMasks({ count, epoch, first, indices }: SampleRange, [height, width]: ImageSize) {
    if (this.#gridmask === undefined) return undefined
    const which = indices === undefined ? { index: first } : { indices }
    return Plan.packed(this.#gridmask.plan({ count, epoch, ...which, height, width }))
  }

  #noMasks({ count, epoch, ...numbers }: SampleRange) {
    return unmaskedPlan(count, this.#seed, Math.floor(epoch), (i) => indexAt(numbers, i))
  }
}
