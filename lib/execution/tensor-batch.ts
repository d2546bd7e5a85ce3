/** Operations on batches that lie on a device. */

import { type ArrayRequest, readDimensions, readDType, type Shape } from '../arrays/batch-shape'
import { expectCuda, isMemory } from '../backend/cuda'
import { invalid } from '../core/check'
import { GridMaskError } from '../core/errors'
import type { CudaOutcome } from '../core/native-interface'
import { DeviceTensor } from './device-tensor'
import { type BatchOperation, isEmpty } from './operation'

/** A checked batch. Without `target`, a new tensor will be made. */
export interface TensorBatch {
  source: DeviceTensor
  target: DeviceTensor | undefined
}

/**
 * Checks a request against the tensors. It need not repeat what they say about themselves, but if it
 * does, it must agree.
 */
export function checkTensors(images: DeviceTensor, given: Partial<TensorRequest>): TensorBatch {
  const { out } = given
  DeviceTensor.memory(images, 'images')
  agrees('shape', given.shape, images, given)
  agrees('layout', given.layout, images, given)
  agrees('dtype', given.dtype, images, given)
  if (out === undefined || out === images) return { source: images, target: out }
  if (!DeviceTensor.is(out)) {
    invalid('ERR_INVALID_ARG_TYPE', 'out', 'a DeviceTensor like `images`', out)
  }
  DeviceTensor.memory(out, 'out')
  for (const key of tensorFacts) {
    if (key === 'shape' ? isSameShape(out.shape, images.shape) : out[key] === images[key]) continue
    throw new GridMaskError(
      key === 'shape' || key === 'layout' ? 'ERR_SHAPE_MISMATCH' : 'ERR_INVALID_ARG_VALUE',
      `Expected \`out\` to have ${key} ${images[key]} like \`images\`, but received ${out[key]}`,
    )
  }
  return { source: images, target: out }
}

const tensorFacts = ['device', 'dtype', 'layout', 'shape'] as const

function isSameShape(a: Shape, b: Shape): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3]
}

/** What a request may say about tensors. */
export type TensorRequest = Partial<Pick<ArrayRequest, 'shape' | 'layout' | 'dtype'>> & {
  out?: DeviceTensor | undefined
}

/** Refuses a property of a request that contradicts the tensor. */
export function agrees(
  key: 'shape' | 'layout' | 'dtype',
  value: unknown,
  images: DeviceTensor,
  given: Partial<TensorRequest>,
): void {
  if (value === undefined) return
  if (key === 'dtype') readDType(value)
  else readDimensions({ layout: given.layout ?? images.layout, shape: given.shape ?? images.shape })
  if (String(value) === String(images[key])) return
  throw new GridMaskError(
    'ERR_SHAPE_MISMATCH',
    `Expected \`${key}\` to be that of the tensor, ${images[key]}, or left out, but received ${value}`,
  )
}

/** Returns when the work is on the stream of the target. */
export function perform(batch: TensorBatch, operation: BatchOperation): DeviceTensor {
  const { source, target } = batch
  if (isEmpty(DeviceTensor.dimensions(source))) return target ?? source.like()
  const memory = DeviceTensor.memory(source)
  const where =
    target === undefined ? DeviceTensor.givenStream(source) : DeviceTensor.memory(target)
  const outcome = operation.cuda(memory, where)
  if (isMemory(outcome)) return source.like(outcome)
  expectPerformed(outcome, batch, operation)
  return target as DeviceTensor
}

/** Resolves when the work is done. Throws at once if it cannot start. */
export function performAsync(batch: TensorBatch, operation: BatchOperation): Promise<DeviceTensor> {
  const result = perform(batch, operation)
  return Promise.resolve(DeviceTensor.completion(result)).then((outcome) => {
    if (outcome === 0) return result
    if (typeof outcome === 'object') outcome.wrote = true
    // Frees a result that nobody will see. If the driver refuses, the first error is already on its way.
    if (batch.target === undefined) DeviceTensor.discard(result)
    expectPerformed(outcome, batch, operation)
    return result
  })
}

function expectPerformed(
  outcome: CudaOutcome,
  { source, target }: TensorBatch,
  { description: { doing, done }, expect }: BatchOperation,
): void {
  if (outcome === 0) return
  expect?.(outcome)
  const { device } = source
  if (target === undefined) {
    const bytes = DeviceTensor.bytes(source)
    expectCuda(outcome, `${doing} a batch on ${device} into a new one of ${bytes} bytes`)
  }
  const name = target === source ? 'images' : 'out'
  const after = `. The content of \`${name}\` is now undefined: it may be partly ${done}`
  expectCuda(outcome, `${doing} a batch on ${device}`, after)
}
