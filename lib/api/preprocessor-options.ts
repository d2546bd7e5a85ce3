/** What a Preprocessor is made of and asked for. */

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
 * Settings of a {@link Preprocessor}. `D` is the type of the result, `V` where it is made: the types of
 * results follow from them.
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
   * Height and width of the result in pixels, 0 … 16384. Default: the images' own, without the
   * padding; all of a list are of the same size then.
   */
  size?: ImageSize | readonly number[] | undefined
  /** Pixels of black around an image before it is cropped, 0 … 16384. Default 0. */
  padding?: number | undefined
  /**
   * Where an image, padded, is larger than the result: which part is taken. 'random': any, drawn for
   * each. Default 'center': the middle; with an odd number of rows or columns over, half a pixel
   * further up and left.
   */
  crop?: CropKind | undefined
  /** The chance that the crop is mirrored, left to right, in [0, 1]. Default 0. */
  flip?: number | undefined
  /**
   * Which channels of an image the result has, counted from 0, in their order there: `[0, 1, 2]` drops
   * alpha, `[2, 1, 0]` swaps red and blue, `[0, 0, 0]` makes three of grey. Default: all; images of
   * a list have as many then.
   */
  channels?: readonly number[] | undefined
  /** `normalization.imagenet`, `.cifar10`, or your own. Default: values / 255. */
  normalize?: Normalization | undefined
  /**
   * Settings of the mask that is laid over the result, as of a {@link GridMask} with the same seed;
   * `fill` counts as normalised. Default: no mask.
   */
  gridmask?: Omit<GridMaskOptions, 'seed' | 'device' | 'threads'> | undefined
  /** Type of the result. 'float16' and 'bfloat16' come as their bits in a Uint16Array. Default 'float32'. */
  dtype?: D | undefined
  /** Order of the result's dimensions. Default 'NCHW'. */
  layout?: Layout | undefined
  /** 64-bit key of all draws, 0 … 2⁶⁴-1. Default 0: give every run its own. */
  seed?: number | bigint | string | undefined
  /**
   * Where to work. Default 'auto', which is the CPU for images on the host. On a GPU the result is a
   * {@link DeviceTensor}, whatever the images are in. Tensors are worked on where they are.
   */
  device?: V | undefined
  /**
   * Number of threads that work on a batch, including the caller's, 1 … 1024. Default: the
   * environment variable GRIDMASK_THREADS, or as many as the operating system lets the process run
   * at a time.
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
   * needed for a list, whose images say it themselves.
   */
  shape?: Shape | readonly number[] | undefined
  /** Order of that array's dimensions. Default 'NHWC', as decoders give images. */
  layout?: Layout | undefined
  /**
   * Where the result goes: a Float32Array, or for 'float16' and 'bfloat16' a Uint16Array (for the
   * former a Float16Array too), of the result's length, apart from the images; on a GPU a
   * {@link DeviceTensor} of the result's shape, layout and dtype. Default: a new one.
   */
  out?: ImageArray | DeviceTensor | undefined
  /** Do again what a plan says, or what you choose, instead of drawing: one element an image. */
  plan?: PreprocessorPlan | readonly PreprocessorParams[] | undefined
  /** Where to work, instead of the Preprocessor's own `device`. */
  device?: DeviceId | undefined
}

export const preprocessKeys = new Set<string>([
  ...drawKeys,
  'shape',
  'layout',
  'out',
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
  /** The images' height in pixels, before padding; one for each where they differ. */
  height: number | ArrayLike<number>
  /** The images' width in pixels, before padding; one for each where they differ. */
  width: number | ArrayLike<number>
}

export const planKeys = new Set<string>([...drawKeys, 'count', 'height', 'width'])
