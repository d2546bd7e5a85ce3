/** Requests for a new DeviceTensor, from a host array or over other code's memory, and their checks. */

import {
  checkArrays,
  type Dimensions,
  type Layout,
  readDimensions,
  readDType,
  type Shape,
} from '../arrays/batch-shape'
import type { ImageArray, Tag } from '../arrays/typed-array'
import { type CudaDevice, cudaDevice } from '../backend/cuda'
import { checkCudaDevice } from '../backend/devices'
import { checkChoice, checkOptions, invalid } from '../core/check'
import { bytesPerValue, type DType, dtypes } from '../core/dtype'

/**
 * A CUDA device: 'cuda' is the first one.
 *
 * @example
 * ```ts
 * const device: CudaDeviceId = 'cuda:0'
 * ```
 */
export type CudaDeviceId = 'cuda' | `cuda:${number}`

/**
 * The request of {@link DeviceTensor.from}.
 *
 * @example
 * ```ts
 * const request: DeviceTensorRequest = { shape: [64, 3, 224, 224], device: 'cuda:0' }
 * ```
 */
export interface DeviceTensorRequest {
  /** `[n, c, h, w]`, or `[n, h, w, c]` for layout NHWC. Height and width at most 16384. */
  shape: Shape | readonly number[]
  /** Default 'NCHW'. */
  layout?: Layout | undefined
  /**
   * Required for a Uint16Array, which holds 'float16' or 'bfloat16'. Otherwise the type of the
   * array decides.
   */
  dtype?: DType | undefined
  /** Default 'cuda', the first device. */
  device?: CudaDeviceId | undefined
  /**
   * The `CUstream` (or `cudaStream_t`) that orders all work on the tensor; it must outlive the
   * tensor. Default: a stream of this package, the same for all tensors of a device in this thread.
   */
  stream?: bigint | undefined
}

/**
 * The request of {@link DeviceTensor.wrap}.
 *
 * @example
 * ```ts
 * const request: DevicePointer = { pointer, shape: [64, 3, 224, 224], dtype: 'float32', stream }
 * ```
 */
export interface DevicePointer {
  /** Address of the first value; aligned to the dtype's size. */
  pointer: bigint
  /** `[n, c, h, w]`, or `[n, h, w, c]` for layout NHWC; without gaps. */
  shape: Shape | readonly number[]
  /** Type of the values. */
  dtype: DType
  /** Default 'NCHW'. */
  layout?: Layout | undefined
  /** The device that the memory belongs to. Default 'cuda', the first one. */
  device?: CudaDeviceId | undefined
  /**
   * The `CUstream` (or `cudaStream_t`) on which other code works with this memory. It orders all
   * work on the tensor, and must outlive it. Default 0n, the default stream, which waits for all
   * streams that were not created as non-blocking. Not 2n, which is a different stream in every
   * thread.
   */
  stream?: bigint | undefined
}

const fromKeys = new Set(['shape', 'layout', 'dtype', 'device', 'stream'])
const wrapKeys = new Set(['pointer', 'shape', 'dtype', 'layout', 'device', 'stream'])

const PER_THREAD_STREAM = 2n
const WORD = 1n << 64n

/** A checked request. */
interface Checked {
  dimensions: Dimensions
  dtype: DType
  device: CudaDevice
}

export function readUpload(
  images: ImageArray,
  request: DeviceTensorRequest,
): Checked & { tag: Tag; stream: bigint | undefined } {
  const given = checkOptions<DeviceTensorRequest>('request', request, fromKeys)
  const dimensions = readDimensions(given)
  const { tag, dtype } = checkArrays(images, undefined, dimensions, readDType(given.dtype))
  const stream = given.stream === undefined ? undefined : checkStream(given.stream)
  return { dimensions, dtype, device: readDevice(given.device), tag, stream }
}

export function readPointer(request: DevicePointer): Checked & { pointer: bigint; stream: bigint } {
  const given = checkOptions<DevicePointer>('request', request, wrapKeys)
  const dimensions = readDimensions(given)
  const dtype = checkChoice('dtype', given.dtype, dtypes)
  const pointer = checkWord('pointer', given.pointer, 1n)
  const stream = checkStream(given.stream ?? 0n)
  if (pointer % BigInt(bytesPerValue[dtype]) !== 0n) {
    const expected = `a multiple of ${bytesPerValue[dtype]}, the size of a ${dtype}`
    invalid('ERR_INVALID_ARG_VALUE', 'pointer', expected, pointer)
  }
  return { dimensions, dtype, device: readDevice(given.device), pointer, stream }
}

/** The device that a request names, ready to use. */
export function readDevice(value: unknown): CudaDevice {
  return value === undefined ? cudaDevice('cuda') : checkCudaDevice(value)
}

function checkStream(value: unknown): bigint {
  const stream = checkWord('stream', value, 0n)
  if (stream !== PER_THREAD_STREAM) return stream
  const expected = 'a stream that is the same for every thread'
  invalid('ERR_INVALID_ARG_VALUE', 'stream', expected, stream)
}

function checkWord(name: string, value: unknown, min: bigint): bigint {
  const expected = `a bigint from ${min} to 2⁶⁴-1`
  if (typeof value !== 'bigint') invalid('ERR_INVALID_ARG_TYPE', name, expected, value)
  if (value < min || value >= WORD) invalid('ERR_OUT_OF_RANGE', name, expected, value)
  return value
}

/** Refuses a pointer, with the problem that native code found. */
export function refusePointer(
  problem: string,
  pointer: bigint,
  bytes: number,
  { id }: CudaDevice,
): never {
  const expected: Record<string, string> = {
    host: `an address of memory of ${id}, not of the host`,
    device: `an address of memory of ${id}, not of another device`,
    range: `followed by ${bytes} bytes of its allocation, as \`shape\` says`,
  }
  const otherwise = 'an address of memory that CUDA has allocated'
  invalid('ERR_INVALID_ARG_VALUE', 'pointer', expected[problem] ?? otherwise, pointer)
}
