/** The settings of a GridMask. */

import type { DeviceId } from '../backend/devices'
import type { Fill } from '../plan/fill'
import type { Schedule } from '../plan/schedule'

/**
 * Settings of {@link GridMask}.
 *
 * @example
 * ```ts
 * const options: GridMaskOptions = { ratio: [0.4, 0.6], unit: [96, 224], rotate: 360, seed: 42 }
 * ```
 */
export interface GridMaskOptions {
  /**
   * r, the width of the kept stripe as a fraction of the unit, in (0, 1). A larger r keeps more,
   * about `1 - (1-r)²` of the image (section 3, equation 3). From a pair [min, max) a value is
   * drawn for each sample. Other libraries mean the dropped part by "ratio": see the converters.
   */
  ratio: number | readonly [min: number, max: number] | readonly number[]
  /**
   * d, the side of the unit in pixels, 1 … 32767 (section 3, "Choice of d"). From a pair [min, max)
   * a value is drawn for each sample, max exclusive (equation 5). A function returns either for the
   * size of an image.
   */
  unit:
    | number
    | readonly [min: number, max: number]
    | readonly number[]
    | ((
        height: number,
        width: number,
      ) => number | readonly [min: number, max: number] | readonly number[])
  /** Angles are drawn from 0 … rotate-1 whole degrees. 0 … 360; default 0: no rotation. */
  rotate?: number | undefined
  /** Keep the squares, drop the stripes (RevGridMask, Table 5). Default false. */
  reverse?: boolean | undefined
  /** p_u, the probability that a unit drops its square, in [0, 1] (Table 6). Default 1. */
  unitProbability?: number | undefined
  /**
   * p, the probability that a sample is masked, in [0, 1], or a function of the epoch such as
   * {@link linear} (section 3, "The Scheme to Use GridMask"). Default 1.
   */
  probability?: number | Schedule | undefined
  /**
   * What dropped pixels become: a number, one number per channel (null leaves a channel such as
   * alpha as it is), or {@link NoiseFill}, such as `{ noise: 'uniform', low: -1, high: 1 }`. Default
   * 0, the mean colour of normalised images. For uint8 images 0 … 255.
   */
  fill?: Fill | undefined
  /** 64-bit key of all draws, 0 … 2⁶⁴-1; also as text. Default 0. Give every run its own. */
  seed?: number | bigint | string | undefined
  /**
   * Where host arrays are masked: 'cpu', 'cuda' (the first GPU) or 'cuda:N'. Default 'auto', the
   * CPU, which is faster than a transfer to a GPU and back. A {@link DeviceTensor} is masked on its
   * own device. Results are the same.
   */
  device?: DeviceId | undefined
  /**
   * Number of threads that work on a batch, including the caller's, 1 … 1024. Default: the
   * environment variable GRIDMASK_THREADS, or as many as the operating system lets the process run
   * at once.
   */
  threads?: number | undefined
}

export const optionKeys = new Set([
  'ratio',
  'unit',
  'rotate',
  'reverse',
  'unitProbability',
  'probability',
  'fill',
  'seed',
  'device',
  'threads',
])
