/**
 * Runs a call: what all methods do with images and a request, on host arrays and on tensors, synchronously
 * and off the main thread. What differs between methods is a {@link Method}.
 */

import {
  type ArrayRequest,
  checkArrays,
  type Dimensions,
  readDimensions,
  readDType,
} from '../arrays/batch-shape'
import { takeArrays } from '../arrays/take-arrays'
import { checkWritable, type ImageArray } from '../arrays/typed-array'
import { allocate } from '../backend/allocate'
import { native } from '../backend/native'
import { bytesPerValue, type DType } from '../core/dtype'
import { GridMaskError } from '../core/errors'
import { DeviceTensor } from './device-tensor'
import {
  type BatchOperation,
  type ExecutionTarget,
  execute,
  executeAsync,
  isEmpty,
} from './operation'
import { checkRequest, type Given } from './requests'
import { checkTensors, perform, performAsync, type TensorRequest } from './tensor-batch'

/** From this size on, native code shares a batch among threads. */
const SHARED_BYTES = 128 * 1024

/** What a method makes of a request once the batch is known. */
export interface Task<R> {
  operation: BatchOperation
  /** Where host arrays are processed. */
  target: ExecutionTarget
  /**
   * Called once the operation is done, or has begun, from one array or tensor into the other: the samples
   * numbered for it count as seen.
   */
  commit?: ((source: object, target: object) => void) | undefined
  /** What the caller gets, given the resulting images. */
  result(images: ImageArray | DeviceTensor): R
}

export interface Method<R> {
  /** What its requests may say about host arrays and about tensors. */
  readonly keys: ReadonlySet<string>
  readonly tensorKeys: ReadonlySet<string>
  prepare(given: Given, dimensions: Dimensions, dtype: DType): Task<R>
}

export function run<R>(images: unknown, request: unknown, method: Method<R>): R {
  if (DeviceTensor.is(images)) {
    const { batch, task } = prepareTensors(images, request, method)
    const result = perform(batch, task.operation)
    task.commit?.(images, result)
    return task.result(result)
  }
  const { out, arrays, dimensions, task } = prepareArrays(images, request, undefined, method)
  if (out !== undefined) checkWritable('out', out as ImageArray)
  const { tag, dtype, length } = arrays
  const target =
    (out as ImageArray | undefined) ?? allocate(tag, length, length * bytesPerValue[dtype])
  if (!isEmpty(dimensions)) execute(task.operation, images as ImageArray, target, task.target)
  task.commit?.(images as ImageArray, target)
  return task.result(target)
}

/** Takes host arrays, as {@link takeArrays} does. */
export async function runAsync<R>(
  images: unknown,
  request: unknown,
  method: Method<R>,
): Promise<R> {
  if (DeviceTensor.is(images)) {
    const { batch, task } = prepareTensors(images, request, method)
    const done = performAsync(batch, task.operation)
    task.commit?.(images, batch.target ?? {})
    return task.result(await done)
  }
  const { out, arrays, dimensions, task } = prepareArrays(images, request, images, method)
  const [source, target] = takeArrays(arrays.tag, images as ImageArray, out as ImageArray)
  try {
    const done = isEmpty(dimensions)
      ? undefined
      : executeAsync(task.operation, source, target, task.target)
    task.commit?.(images as ImageArray, target)
    await done
  } catch (error) {
    if (error instanceof GridMaskError) error.array = source
    throw error
  }
  return task.result(target)
}

function prepareArrays<R>(
  images: unknown,
  request: unknown,
  defaultOut: unknown,
  method: Method<R>,
) {
  const given: Given = checkRequest(request, method.keys)
  const out = given.out === undefined ? defaultOut : given.out
  const dimensions = readDimensions(given as Partial<ArrayRequest>)
  const arrays = checkArrays(images, out, dimensions, readDType(given.dtype))
  const task = method.prepare(given, dimensions, arrays.dtype)
  const { device, threads } = task.target
  const bytes = arrays.length * bytesPerValue[arrays.dtype]
  // By the time that the rest has been checked, the thread is nearly awake.
  if (device === 'cpu' && threads > 1 && bytes >= SHARED_BYTES) native.expectJob()
  // Schedules, plans and lists may run the caller's code, which may have changed the arrays.
  checkArrays(images, out, dimensions, arrays.dtype)
  return { out, arrays, dimensions, task }
}

function prepareTensors<R>(images: DeviceTensor, request: unknown, method: Method<R>) {
  const given: Given = checkRequest(request, method.tensorKeys)
  const task = method.prepare(given, DeviceTensor.dimensions(images), images.dtype)
  // Last, for the same reason.
  return { batch: checkTensors(images, given as Partial<TensorRequest>), task }
}
