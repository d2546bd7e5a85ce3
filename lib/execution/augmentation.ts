/** A batch of host arrays, masked by an augmentation: `apply` and `applyAsync` of all of them. */

import { checkArrays, type Dimensions, readDimensions, readDType } from '../arrays/batch-shape'
import { takeArrays } from '../arrays/take-arrays'
import type { ImageArray } from '../arrays/typed-array'
import { checkOptions, invalid } from '../core/check'
import { GridMaskError } from '../core/errors'
import type { NativeSamples } from '../core/native-interface'
import type { Fill } from '../plan/fill'
import { drawKeys } from '../plan/requests'
import type { SampleCounter, SampleRange } from '../plan/sample-counter'
import { fillOf, isEmpty, type Place, run, runAsync } from './host-masks'
import { type ApplyRequest, applyKeys } from './requests'
import { targetOf } from './target'

/** The request of a batch, whose properties are known but not checked. */
export type Given = Partial<Omit<ApplyRequest, 'out' | 'plan'> & { out: unknown; plan: unknown }>

/** A batch's samples: replayed, or drawn for the samples of these numbers. */
export interface Drawn {
  samples: NativeSamples
  numbers: SampleRange | undefined
}

/** What there is to know of an augmentation. */
export interface Augmentation {
  readonly numbering: SampleCounter
  readonly fill: Fill
  readonly place: Place
  samplesOf(given: Given, dimensions: Dimensions): Drawn
}

export function applyToArrays(
  images: unknown,
  request: unknown,
  augmentation: Augmentation,
): ImageArray {
  const { out, numbers, masking } = prepare(images, request, undefined, augmentation)
  const target = targetOf(out, masking.arrays)
  if (!isEmpty(masking.dimensions)) run(images as ImageArray, target, masking)
  if (numbers !== undefined) augmentation.numbering.markSeen(numbers)
  return target
}

export async function applyToArraysAsync(
  images: unknown,
  request: unknown,
  augmentation: Augmentation,
): Promise<ImageArray> {
  const { out, numbers, masking } = prepare(images, request, images, augmentation)
  const { arrays, dimensions } = masking
  const [source, target] = takeArrays(arrays.tag, images as ImageArray, out as ImageArray)
  const done = isEmpty(dimensions) ? undefined : runAsync(source, target, masking)
  if (numbers !== undefined) augmentation.numbering.markSeen(numbers)
  try {
    await done
  } catch (error) {
    if (error instanceof GridMaskError) error.array = source
    throw error
  }
  return target
}

function prepare(
  images: unknown,
  request: unknown,
  defaultOut: unknown,
  augmentation: Augmentation,
) {
  const given: Given = checkOptions<Given>('request', request, applyKeys)
  const out = given.out ?? defaultOut
  const dimensions = readDimensions(given as Partial<ApplyRequest>)
  const arrays = checkArrays(images, out, dimensions, readDType(given.dtype))
  const fill = fillOf(augmentation.fill, arrays, dimensions)
  const { samples, numbers } = augmentation.samplesOf(given, dimensions)
  // The request's getters and the schedule are the caller's code: the arrays may have changed.
  checkArrays(images, out, dimensions, arrays.dtype)
  return { out, numbers, masking: { samples, arrays, dimensions, fill, place: augmentation.place } }
}

/** A plan says which samples it has: a request that has one names no others. */
export function refuseDraws(given: Given): void {
  for (const key of drawKeys) {
    if (given[key] !== undefined) {
      invalid('ERR_INVALID_ARG_VALUE', key, 'left out where a `plan` is given', given[key])
    }
  }
}

/** Refuses a plan that is not of the batch's length. */
export function checkPlanLength(length: number, count: number): void {
  if (length === count) return
  throw new GridMaskError(
    'ERR_SHAPE_MISMATCH',
    `Expected \`plan\` to have one element for each of ${count} samples, but received ${length}`,
  )
}
