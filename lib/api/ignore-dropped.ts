/** Segmentation's labels: dropped pixels can be left out of the loss. */

import { checkLength, checkOut } from '../arrays/batch-shape'
import { tagOf } from '../arrays/typed-array'
import { allocateBytes } from '../backend/allocate'
import { defaultThreads } from '../backend/devices'
import { expectDone, native } from '../backend/native'
import { checkInteger, checkOptions, invalid } from '../core/check'
import { MAX_COUNT, MAX_SIDE } from '../core/limits'
import { maskHeader } from '../execution/host-masks'
import type { Masked } from '../execution/requests'
import type { Plan, SampleParams } from '../plan/plan'
import { checkPlan } from './gridmask'

export const labelConstructors = {
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
}

type LabelTag = keyof typeof labelConstructors

/** A batch of label maps: one whole number for each pixel. */
export type LabelArray =
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array

/** The request of {@link ignoreDropped}. */
export interface IgnoreDroppedRequest {
  /** `[n, h, w]`. Height and width at most 16384. */
  shape: readonly [number, number, number]
  /** What the labels of dropped pixels become: a whole number that the array's type can hold. */
  label: number
  /**
   * Where the result goes: an array of the same type and length. `out: labels` works in place. May
   * not overlap `labels` in part. Default: a new array.
   */
  out?: LabelArray
}

const requestKeys = new Set(['shape', 'label', 'out'])

/**
 * Gives the pixels that a plan drops a label of their own, which the loss then ignores: exactly those
 * that `apply` and `applyPlan` fill with the same plan. The paper does not do this: in its
 * segmentation (section 4.3) a network has to tell what it cannot see, as the authors' answers
 * confirm. So it is a choice, for tasks in which that asks too much.
 *
 * @param labels all label maps, one after another, each of h · w pixels
 * @param plan one element for each map
 * @returns `out`, or a new array of the type of `labels`
 * @example
 * const plan = gridmask.plan({ count: 8 })
 * gridmask.apply(images, { shape: [8, 3, 512, 512], plan, out: images })
 * ignoreDropped(labels, plan, { shape: [8, 512, 512], label: 255, out: labels })
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE,
 *   ERR_SHAPE_MISMATCH, ERR_BUFFER_DETACHED, ERR_OVERLAP; nothing has been written then
 */
export function ignoreDropped<T extends LabelArray>(
  labels: T,
  plan: Plan | readonly SampleParams[],
  request: IgnoreDroppedRequest,
): Masked<T>
export function ignoreDropped(
  labels: LabelArray,
  plan: Plan | readonly SampleParams[],
  request: IgnoreDroppedRequest,
): LabelArray {
  const given = checkOptions<IgnoreDroppedRequest>('request', request, requestKeys)
  const { label, out } = given
  const [count, height, width] = checkShape(given.shape)
  const { samples } = checkPlan(plan, count)
  // The arrays last, since the request's and the plan's getters are the caller's code.
  const tag = labelTag('labels', labels)
  const length = count * height * width
  checkLength('labels', labels, length)
  if (out !== undefined && out !== labels) {
    checkOut('labels', labels, tag, out, labelTag('out', out), length)
  }
  const fill = encodeLabel(label, tag)
  const size = fill.length
  const target = out ?? new labelConstructors[tag](allocateBytes(length * size), 0, length)
  if (length > 0) {
    const layout = { count, planes: 1, height, width, pixelBytes: size, valueBytes: size }
    const header = maskHeader(layout, samples, defaultThreads())
    const status = native.apply(header, labels, target, samples.data, undefined, fill)
    expectDone(status, 'labels')
  }
  return target
}

function checkShape(shape: unknown): [count: number, height: number, width: number] {
  if (!Array.isArray(shape) || shape.length !== 3) {
    invalid('ERR_INVALID_ARG_TYPE', 'shape', '[n, h, w]', shape)
  }
  return [
    checkInteger('shape[0]', shape[0], 0, MAX_COUNT),
    checkInteger('shape[1]', shape[1], 0, MAX_SIDE),
    checkInteger('shape[2]', shape[2], 0, MAX_SIDE),
  ]
}

/** Name of the array's own type: undefined for a proxy, whatever its prototype. */
export function labelTag(name: string, value: unknown): LabelTag {
  const tag = typeof value === 'object' && value !== null ? tagOf(value) : undefined
  if (tag === undefined || !(tag in labelConstructors)) {
    invalid('ERR_INVALID_ARG_TYPE', name, `a ${Object.keys(labelConstructors).join(', ')}`, value)
  }
  return tag as LabelTag
}

/** The label in the array's own bytes. */
export function encodeLabel(label: unknown, tag: LabelTag): Uint8Array {
  const bits = labelConstructors[tag].BYTES_PER_ELEMENT * 8
  const [min, max] = tag.startsWith('Int')
    ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]
    : [0, 2 ** bits - 1]
  const value = checkInteger('label', label, min, max)
  return new Uint8Array(labelConstructors[tag].of(value).buffer)
}
