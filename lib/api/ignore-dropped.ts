/** Labels for segmentation: dropped pixels can be left out of the loss. */

import { checkLength, checkOut } from '../arrays/batch-shape'
import { checkWritable, tagOf } from '../arrays/typed-array'
import { allocateBytes } from '../backend/allocate'
import { defaultThreads } from '../backend/devices'
import { expectDone } from '../backend/native'
import { checkInteger, checkOptions, invalid, isPromise } from '../core/check'
import { MAX_COUNT, MAX_SIDE } from '../core/limits'
import { maskOperation } from '../execution/mask-batch'
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
  BigUint64Array,
  BigInt64Array,
}

type LabelTag = keyof typeof labelConstructors

/**
 * A batch of label maps: one whole number for each pixel.
 *
 * @example
 * ```ts
 * const maps: LabelArray = new BigInt64Array(8 * 512 * 512)
 * ```
 */
export type LabelArray =
  | Uint8Array
  | Uint8ClampedArray
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array

/**
 * The request of {@link ignoreDropped}.
 *
 * @example
 * ```ts
 * const request: IgnoreDroppedRequest = { shape: [8, 512, 512], label: 255 }
 * ```
 */
export interface IgnoreDroppedRequest {
  /** `[n, h, w]`. Height and width at most 16384. */
  shape: readonly [n: number, height: number, width: number] | readonly number[]
  /**
   * The label for dropped pixels: a whole number that the array can hold; for a 64-bit array a
   * number or a bigint.
   */
  label: number | bigint
  /**
   * Where the result goes: an array of the same type and length. `out: labels` works in place. Must
   * not partly overlap `labels`. Default: a new array.
   */
  out?: LabelArray | undefined
}

const requestKeys = new Set(['shape', 'label', 'out'])

/**
 * Gives the pixels that a plan drops a separate label, which the loss then ignores. These are
 * exactly the pixels that `apply` and `applyPlan` fill with the same plan. The paper does not do
 * this: in its segmentation (section 4.3) a network has to infer what it cannot see, as the
 * authors' answers confirm. Use this if that asks too much of the network.
 *
 * @param labels all label maps, one after another, each of h · w pixels
 * @param plan one element for each map
 * @returns `out`, or a new array of the type of `labels`
 * @example
 * ```ts run
 * const plan = new GridMask({ ratio: 0.5, unit: 8, seed: 42 }).plan({ count: 1 })
 * const labels = new Uint8Array(16 * 16).fill(7)
 * ignoreDropped(labels, plan, { shape: [1, 16, 16], label: 255, out: labels })
 * console.log([...new Set(labels)].sort())   // [ 255, 7 ]
 * ```
 * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE,
 *   ERR_SHAPE_MISMATCH, ERR_BUFFER_DETACHED, ERR_OVERLAP, ERR_ALLOCATION; nothing has been written then
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
  // Arrays are checked last, since getters of the request and the plan run the caller's code.
  const tag = labelTag('labels', labels)
  const length = count * height * width
  checkLength('labels', labels, length)
  if (out !== undefined && out !== labels) {
    checkOut('labels', labels, tag, out, labelTag('out', out), length)
  }
  if (out !== undefined) checkWritable('out', out)
  const fill = encodeLabel(label, tag)
  const size = fill.length
  const target = out ?? new labelConstructors[tag](allocateBytes(length * size), 0, length)
  if (length > 0) {
    // Native code has no values of 64 bits, so such a label is a pixel of two values.
    const valueBytes = Math.min(size, 4)
    const layout = { count, planes: 1, height, width, pixelBytes: size, valueBytes }
    const operation = maskOperation(layout, samples, fill)
    expectDone(operation.cpu(labels, target, { threads: defaultThreads() }), 'labels')
  }
  return target
}

function checkShape(shape: unknown): [count: number, height: number, width: number] {
  if (!Array.isArray(shape) || shape.length !== 3) {
    invalid('ERR_INVALID_ARG_TYPE', 'shape', '[n, h, w]', shape, hintOnShape(shape))
  }
  return [
    checkInteger('shape[0]', shape[0], 0, MAX_COUNT),
    checkInteger('shape[1]', shape[1], 0, MAX_SIDE),
    checkInteger('shape[2]', shape[2], 0, MAX_SIDE),
  ]
}

function hintOnShape(shape: unknown): string {
  if (!Array.isArray(shape)) return ''
  if (shape.length === 2) return `One label map is [1, ${shape.join(', ')}]`
  return shape.length === 4 ? 'A pixel has one label: leave the channels out' : ''
}

/** The name of the array's type. Refuses a proxy, whatever its prototype. */
export function labelTag(name: string, value: unknown): LabelTag {
  const tag = typeof value === 'object' && value !== null ? tagOf(value) : undefined
  if (tag === undefined || !(tag in labelConstructors)) {
    const expected = `a ${Object.keys(labelConstructors).join(', ')}`
    const hint = tag?.startsWith('Float')
      ? 'For maps of other numbers, use applyPlan() on images of one channel'
      : isPromise(value)
        ? undefined
        : 'Labels are one whole number for each pixel'
    invalid('ERR_INVALID_ARG_TYPE', name, expected, value, hint)
  }
  return tag as LabelTag
}

/** The label in bytes of the array's type. */
export function encodeLabel(label: unknown, tag: LabelTag): Uint8Array {
  const bits = labelConstructors[tag].BYTES_PER_ELEMENT * 8
  const signed = /^(Big)?Int/.test(tag)
  if (bits === 64) return encodeBig(label, signed)
  const [min, max] = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1]
  if (typeof label === 'number' && Number.isInteger(label) && label < min && !signed) {
    const expected = `a whole number from ${min} to ${max}`
    const hint = 'Arrays of signed labels can hold it, such as Int16Array and Int32Array'
    invalid('ERR_OUT_OF_RANGE', 'label', expected, label, hint)
  }
  const value = checkInteger('label', label, min, max)
  const Labels = labelConstructors[tag] as Uint8ArrayConstructor
  return new Uint8Array(Labels.of(value).buffer)
}

function encodeBig(label: unknown, signed: boolean): Uint8Array {
  const value = typeof label === 'number' && Number.isSafeInteger(label) ? BigInt(label) : label
  const expected = `a whole number of 64 bits${signed ? '' : ', unsigned'}, as a number or a bigint`
  if (typeof value !== 'bigint') invalid('ERR_INVALID_ARG_TYPE', 'label', expected, label)
  if (value !== (signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value))) {
    invalid('ERR_OUT_OF_RANGE', 'label', expected, label)
  }
  return new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, value)).buffer)
}
