/** Requests for a batch, and the names of their properties. */
import { type ArrayRequest, arrayRequestKeys } from '../arrays/batch-shape'
import { checkOptions, refuseOption } from '../core/check'
import type { Plan, SampleParams } from '../plan/plan'
import { type DrawRequest, drawKeys } from '../plan/requests'
import type { DeviceTensor } from './device-tensor'

/**
 * The request of {@link GridMask.apply} and {@link GridMask.applyAsync}.
 *
 * @example
 * ```ts
 * const request: ApplyRequest = { shape: [64, 224, 224, 3], layout: 'NHWC', epoch: 12, index: 640 }
 * ```
 */
export interface ApplyRequest extends ArrayRequest, DrawRequest {
  /** Repeats a plan instead of drawing: one element for each sample. */
  plan?: Plan | readonly SampleParams[] | undefined
}

/**
 * The request of {@link GridMask.apply} on a {@link DeviceTensor}. You need not repeat what the
 * tensor has.
 *
 * @example
 * ```ts
 * const request: TensorApplyRequest = { epoch: 12, index: 640, out: batch }
 * ```
 */
export interface TensorApplyRequest extends Partial<Omit<ApplyRequest, 'out'>> {
  /**
   * Where the result goes: a tensor of the same device, shape, layout and dtype. `out: images` works
   * in place. Default: a new tensor.
   */
  out?: DeviceTensor | undefined
}

/**
 * The result of GridMix.
 *
 * @example
 * ```ts
 * const { partner, lambda }: GridMix<Float32Array> = gridmask.gridmix(images, { shape })
 * ```
 */
export interface GridMix<T> {
  /** The mixed images. */
  images: T
  /** `partner[i]` is the sample whose pixels replaced the dropped ones of sample i. */
  partner: Int32Array
  /**
   * The exact fraction of its own pixels that each sample kept; 1 for a sample that is not masked,
   * or is its own partner. For a {@link DeviceTensor} it is counted when it is first read, so that
   * the call need not wait for it.
   */
  lambda: Float64Array
}

/**
 * The partners of a batch's samples.
 *
 * @example
 * ```ts
 * const request: PartnerRequest = { partner: [1, 2, 0] }
 * ```
 */
export interface PartnerRequest {
  /**
   * For each sample, the one whose pixels replace its dropped ones: a permutation of 0 … n-1. A
   * sample that is its own partner stays as it is. Default: drawn from the seed, epoch and index of each
   * sample.
   */
  partner?: ArrayLike<number> | undefined
}

/**
 * The request of {@link GridMask.gridmix} and {@link GridMask.gridmixAsync}.
 *
 * @example
 * ```ts
 * const request: GridMixRequest = { shape: [2, 3, 224, 224], partner: [1, 0] }
 * ```
 */
export interface GridMixRequest extends ApplyRequest, PartnerRequest {}

/**
 * The request of {@link GridMask.gridmix} on a {@link DeviceTensor}. You need not repeat what the
 * tensor has.
 *
 * @example
 * ```ts
 * const request: TensorGridMixRequest = { epoch: 12, index: 640 }
 * ```
 */
export interface TensorGridMixRequest extends TensorApplyRequest, PartnerRequest {}

export const applyKeys = new Set<string>([...arrayRequestKeys, ...drawKeys, 'plan'])
export const mixKeys = new Set<string>([...applyKeys, 'partner'])

/** A request. Nothing of it has been checked but its names. */
export type Given = Readonly<ReturnType<typeof nothing>>

/** All that requests of any method can say: one hidden class, whatever they leave out. */
function nothing() {
  const none: unknown = undefined
  return {
    shape: none,
    layout: none,
    dtype: none,
    out: none,
    epoch: none,
    index: none,
    indices: none,
    plan: none,
    partner: none,
    fill: none,
    device: none,
  }
}

/**
 * Like {@link checkOptions}, for calls that have to be fast. In V8 before Node 22, each object of
 * `{ ...request, out }` has a hidden class of its own: there, reading a property by its name takes 0.1 µs,
 * but not in a loop over the object's names.
 */
export function checkRequest(request: unknown, known: ReadonlySet<string>): Given {
  // Of an instance, such a loop leaves out what getters of its class return.
  const isPlain =
    typeof request === 'object' &&
    request !== null &&
    Object.getPrototypeOf(request) === Object.prototype
  const values = isPlain
    ? (request as Record<string, unknown>)
    : checkOptions<Record<string, unknown>>('request', request, known)
  const given = nothing()
  for (const key in values) {
    if (!known.has(key)) refuseOption('request', key, known)
    const value = values[key]
    switch (key) {
      case 'shape':
        given.shape = value
        break
      case 'layout':
        given.layout = value
        break
      case 'dtype':
        given.dtype = value
        break
      case 'out':
        given.out = value
        break
      case 'epoch':
        given.epoch = value
        break
      case 'index':
        given.index = value
        break
      case 'indices':
        given.indices = value
        break
      default:
        given[key as 'plan' | 'partner' | 'fill' | 'device'] = value
    }
  }
  return given
}

/**
 * The type of the result: for a Node `Buffer` it is a Uint8Array.
 *
 * @example
 * ```ts
 * const masked: Masked<Float32Array> = gridmask.apply(images, { shape })
 * ```
 */
export type Masked<T extends ArrayBufferView> = T extends Uint8Array & { readUInt8: unknown }
  ? Uint8Array
  : T
