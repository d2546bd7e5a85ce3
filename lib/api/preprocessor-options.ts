/** The options of a Preprocessor, and the requests of its methods. */

import type { Layout, Shape } from '../arrays/batch-shape'
import type { ImageArray } from '../arrays/typed-array'
import type { DeviceId } from '../backend/devices'
import type { ImageSize } from '../core/geometry'
import type { DeviceTensor } from '../execution/device-tensor'
import type { CropKind } from '../plan/crop'
import type { Normalization } from '../plan/normalization'
import type { PreprocessorParams, PreprocessorPlan } from '../plan/preprocessor-plan'
import { type DrawRequest, drawKeys } from '../plan/requests'
import type { GridMaskOptions } from './options'

/** Types of a Preprocessor's result. */
export const floatTypes = ['float32', 'float16', 'bfloat16'] as const

/**
 * Type of a {@link Preprocessor}'s result.
 *
 * @example
 * ```ts
 * const dtype: FloatType = 'bfloat16'
 * ```
 */
export type FloatType = (typeof floatTypes)[number]

/**
 * Settings of a {@link Preprocessor}. `D` is the dtype of the result and `V` the device that makes it.
 * The type that `apply` returns follows from both.
 *
 * @example
 * ```ts
 * const options: PreprocessorOptions = {
 *   size: [224, 224], crop: 'random', flip: 0.5, channels: [0, 1, 2],
 *   normalize: normalization.imagenet, gridmask: presets.imagenet, seed: 42,
 * }
 * ```
 */
export interface PreprocessorOptions<
  D extends FloatType = FloatType,
  V extends DeviceId = 'auto' | 'cpu',
> {
  /**
   * Height and width of the result in pixels, 0 … 16384. Default: those of the images, without
   * padding; then all images of a list must have the same size.
   */
  size?: ImageSize | readonly number[] | undefined
  /** Width in pixels of the black border that an image gets before it is cropped, 0 … 16384. Default 0. */
  padding?: number | undefined
  /**
   * Which part is taken if a padded image is larger than the result. 'random': any part, drawn for
   * each image. Default 'center': the middle; if an odd number of rows or columns is left over, half
   * a pixel further up and left.
   */
  crop?: CropKind | undefined
  /** Probability that the crop is mirrored left to right, in [0, 1]. Default 0. */
  flip?: number | undefined
  /**
   * The channels of the result, each by its number in the image, from 0: `[0, 1, 2]` drops alpha,
   * `[2, 1, 0]` swaps red and blue, `[0, 0, 0]` makes three channels from grey. Default: all
   * channels; then all images of a list must have the same number of them.
   */
  channels?: readonly number[] | undefined
  /** `normalization.imagenet`, `.cifar10`, or your own. Default: values / 255. */
  normalize?: Normalization | undefined
  /**
   * Settings of the mask that is laid over the result, as for a {@link GridMask} with the same seed.
   * `fill` is a normalised value. Default: no mask.
   */
  gridmask?: Omit<GridMaskOptions, 'seed' | 'device' | 'threads'> | undefined
  /** Dtype of the result. 'float16' and 'bfloat16' are bits in a Uint16Array. Default 'float32'. */
  dtype?: D | undefined
  /** Order of the result's dimensions. Default 'NCHW'. */
  layout?: Layout | undefined
  /** 64-bit key of all draws, 0 … 2⁶⁴-1. Default 0: give every run its own. */
  seed?: number | bigint | string | undefined
  /**
   * Where to work. Default 'auto': on the CPU for images on the host, and for a tensor on its own
   * device. On a GPU the result is a {@link DeviceTensor}, whatever type the images have.
   */
  device?: V | undefined
  /**
   * Number of threads that work on a batch, including the caller's, 1 … 1024. Default: the
   * environment variable GRIDMASK_THREADS, or as many as the operating system lets the process run
   * at once.
   */
  threads?: number | undefined
}

export const preprocessorKeys = new Set<string>([
  'size',
  'padding',
  'crop',
  'flip',
  'channels',
  'normalize',
  'gridmask',
  'dtype',
  'layout',
  'seed',
  'device',
  'threads',
])

/**
 * The request of {@link Preprocessor.apply} and {@link Preprocessor.applyAsync}.
 *
 * @example
 * ```ts
 * const request: PreprocessRequest = { shape: [64, 256, 256, 3], epoch: 12, index: 640 }
 * ```
 */
export interface PreprocessRequest extends DrawRequest {
  /**
   * `[n, h, w, c]` of one array that holds all images, or `[n, c, h, w]` with layout 'NCHW'. Not
   * needed for a list, in which each image has its own size.
   */
  shape?: Shape | readonly number[] | undefined
  /** Order of that array's dimensions. Default 'NHWC', the order that decoders use. */
  layout?: Layout | undefined
  /**
   * Where the result goes. On the CPU, an array of the result's length that does not overlap the
   * images: a Float32Array, or for 'float16' and 'bfloat16' a Uint16Array (for 'float16' also a
   * Float16Array). On a GPU, a {@link DeviceTensor} of the result's shape, layout and dtype.
   * Default: a new one.
   */
  out?: ImageArray | DeviceTensor | undefined
  /** A plan to apply instead of drawing, one drawn before or your own: one element for each image. */
  plan?: PreprocessorPlan | readonly PreprocessorParams[] | undefined
  /** Where to work, instead of the Preprocessor's own `device`. */
  device?: DeviceId | undefined
}

export const preprocessKeys = new Set<string>([
  'shape',
  'layout',
  'out',
  ...drawKeys,
  'plan',
  'device',
])

/**
 * The request of {@link Preprocessor.plan}.
 *
 * @example
 * ```ts
 * const request: PreprocessorPlanRequest = { count: 2, height: [480, 375], width: [640, 500] }
 * ```
 */
export interface PreprocessorPlanRequest extends DrawRequest {
  /** Number of images. Not needed with `indices`. */
  count?: number | undefined
  /** Height of the images in pixels, before padding; an array with one for each if they differ. */
  height: number | ArrayLike<number>
  /** Width of the images in pixels, before padding; an array with one for each if they differ. */
  width: number | ArrayLike<number>
}

export const planKeys = new Set<string>([...drawKeys, 'count', 'height', 'width'])
