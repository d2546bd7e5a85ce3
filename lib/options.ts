/** What a GridMask is made of and asked for: settings, requests, and the names that they know. */
import type { DeviceTensor } from './device-tensor'
import type { DeviceId } from './devices'
import type { Fill } from './fill'
import type { Plan, SampleParams } from './plan'
import { type ArrayRequest, arrayRequestKeys } from './request'
import type { Schedule } from './schedule'

/** Settings of a {@link GridMask}. */
export interface GridMaskOptions {
  /**
   * r, the width of the kept stripe as a fraction of the unit, in (0, 1): the larger, the more is
   * kept, about `1 - (1-r)²` of the image (section 3, equation 3). A pair [min, max) is drawn from
   * for each sample. Other libraries mean the dropped part by "ratio": see the converters.
   */
  ratio: number | readonly [min: number, max: number]
  /**
   * d, the unit's side in pixels, 1 … 32767 (section 3, "Choice of d"). A pair [min, max) is drawn
   * from for each sample, max exclusive (equation 5); a function gives either for an image's size.
   */
  unit:
    | number
    | readonly [min: number, max: number]
    | ((height: number, width: number) => number | readonly [min: number, max: number])
  /** Angles are whole degrees drawn from 0 … rotate-1; 0 … 360. Default 0: no rotation. */
  rotate?: number
  /** Keep the squares, drop the stripes (RevGridMask, Table 5). Default false. */
  reverse?: boolean
  /** p_u, the probability that a unit drops its square, in [0, 1] (Table 6). Default 1. */
  unitProbability?: number
  /**
   * p, the probability that a sample is masked, in [0, 1], or a function of the epoch such as
   * {@link linear} (section 3, "The Scheme to Use GridMask"). Default 1.
   */
  probability?: number | Schedule
  /**
   * What dropped pixels become: a number, one for each channel, or {@link NoiseFill}, such as
   * `{ noise: 'uniform', low: -1, high: 1 }`. Default 0, the mean colour of normalised images. For
   * uint8 images 0 … 255.
   */
  fill?: Fill
  /** 64-bit key of all draws, 0 … 2⁶⁴-1. Default 0: give every run its own. */
  seed?: number | bigint
  /** Where to work. 'auto', the default, is the fastest that is there; results are the same. */
  device?: DeviceId
  /**
   * Threads that work on a batch, the caller's included, 1 … 1024. Default: the environment variable
   * GRIDMASK_THREADS, or what the operating system lets the process run at a time.
   */
  threads?: number
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

/** Which draws a batch gets. */
export interface DrawRequest {
  /**
   * The epoch, ≥ 0 and below 2³², instead of the one set by `setEpoch`. May have a fraction, which
   * the schedule sees; the draws use its floor.
   */
  epoch?: number
  /**
   * Global number of the batch's first sample in the epoch, 0 … 2⁵³-1. With several workers or
   * processes, give each batch its own. Default: how many samples this instance has numbered so far.
   */
  index?: number
  /** The global number of each sample, instead of `index`. */
  indices?: ArrayLike<number>
}

/** The request of {@link GridMask.apply} and {@link GridMask.applyAsync}. */
export interface ApplyRequest extends ArrayRequest, DrawRequest {
  /** Do again what a plan says, instead of drawing: one element for each sample. */
  plan?: Plan | readonly SampleParams[]
}

/**
 * The request of {@link GridMask.apply} on a {@link DeviceTensor}. What the tensor says of itself
 * need not be repeated.
 */
export interface TensorApplyRequest extends Partial<Omit<ApplyRequest, 'out'>> {
  /**
   * Where the result goes: a tensor of the same device, shape, layout and dtype. `out: images` works
   * in place. Default: a new tensor.
   */
  out?: DeviceTensor
}

/** What GridMix made of a batch. */
export interface GridMix<T> {
  /** The mixed images. */
  images: T
  /** `partner[i]` is the sample whose pixels sample i got where its own were dropped. */
  partner: Int32Array
  /**
   * The fraction of each sample's pixels that stayed its own, exactly; 1 for a sample that is not
   * masked, or is its own partner.
   */
  lambda: Float64Array
}

/** With whom a batch's samples are mixed. */
export interface PartnerRequest {
  /**
   * For each sample the one whose pixels it gets where its own are dropped: a permutation of
   * 0 … n-1, in which a sample may be its own partner and then stays as it is. Default: drawn from
   * what each sample's plan says it is (seed, epoch, index).
   */
  partner?: ArrayLike<number>
}

/** The request of {@link GridMask.gridmix} and {@link GridMask.gridmixAsync}. */
export interface GridMixRequest extends ApplyRequest, PartnerRequest {}

/**
 * The request of {@link GridMask.gridmix} on a {@link DeviceTensor}. What the tensor says of itself
 * need not be repeated.
 */
export interface TensorGridMixRequest extends TensorApplyRequest, PartnerRequest {}

/** The request of {@link GridMask.plan}. */
export interface PlanRequest extends DrawRequest {
  /** Number of samples. Not needed with `indices`. */
  count?: number
  /** The images' height in pixels; needed where `unit` is a function. */
  height?: number
  /** The images' width in pixels; needed where `unit` is a function. */
  width?: number
}

export const drawKeys = ['epoch', 'index', 'indices'] as const
export const applyKeys = new Set<string>([...arrayRequestKeys, ...drawKeys, 'plan'])
export const mixKeys = new Set<string>([...applyKeys, 'partner'])
export const planKeys = new Set<string>([...drawKeys, 'count', 'height', 'width'])

/** The result's type: a Node `Buffer` comes back as the Uint8Array that it is. */
export type Masked<T extends ArrayBufferView> = T extends Uint8Array & { readUInt8: unknown }
  ? Uint8Array
  : T
