/** Requests for a batch, and the names of their properties. */
import type { ArrayRequest } from '../arrays/batch-shape'
import type { Plan, SampleParams } from '../plan/plan'
import type { DrawRequest } from '../plan/requests'
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

type Read<T> = { [K in keyof Required<T>]: unknown }

/** All that a request says. Its names are those that are known. */
export function readApply(request: Partial<ApplyRequest>): Read<ApplyRequest> {
  const { shape, layout, dtype, out, epoch, index, indices, plan } = request
  return { shape, layout, dtype, out, epoch, index, indices, plan }
}
/** Not with `...`, whose objects V8 handles slowly. */
export function readMix(request: Partial<GridMixRequest>): Read<GridMixRequest> {
  const { shape, layout, dtype, out, epoch, index, indices, plan, partner } = request
  return { shape, layout, dtype, out, epoch, index, indices, plan, partner }
}

export const applyKeys = new Set(Object.keys(readApply({})))
export const mixKeys = new Set(Object.keys(readMix({})))

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
