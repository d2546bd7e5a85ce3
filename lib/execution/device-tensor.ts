/// <reference lib="esnext.disposable" preserve="true" />

import * as workerThreads from 'node:worker_threads'

import {
  checkArrays,
  type Dimensions,
  type Layout,
  type Shape,
  shapeOf,
} from '../arrays/batch-shape'
import { arrayTag, checkWritable, type ImageArray, type Tag } from '../arrays/typed-array'
import { allocate } from '../backend/allocate'
import {
  type CudaDevice,
  chunkBytes,
  cudaError,
  expectCuda,
  isLost,
  isMemory,
} from '../backend/cuda'
import { defaultThreads } from '../backend/devices'
import { native } from '../backend/native'
import { allocatePinned } from '../backend/pinned'
import { checkInteger, checkOptions, invalid } from '../core/check'
import { bytesPerValue, type DType } from '../core/dtype'
import { GridMaskError } from '../core/errors'
import { inspectWith } from '../core/inspection'
import type { CudaMemory, CudaOutcome } from '../core/native-interface'
import type { Masking } from '../plan/sample-counter'
import {
  type CudaDeviceId,
  type DevicePointer,
  type DeviceTensorRequest,
  readDevice,
  readPointer,
  readUpload,
  refusePointer,
} from './device-tensor-request'

const downloadKeys = new Set(['out'])

/** The type of array for a dtype, if no array was given. */
const tags: Record<DType, Tag> = {
  float32: 'Float32Array',
  uint8: 'Uint8Array',
  float16: 'Uint16Array',
  bfloat16: 'Uint16Array',
}

/** In Node 22.10 and newer. */
const { markAsUncloneable } = workerThreads as { markAsUncloneable?: (object: object) => void }

/**
 * A batch of images in the memory of a CUDA device. `T` is the type of the array that it was made
 * from, and that `download()` returns.
 *
 * Operations on tensors are ordered by stream: they return when the work is on the tensor's stream.
 * Operations on one tensor happen in the order of the calls, even if another tensor with a
 * different stream takes part. `download()`, `downloadAsync()` and `ready()` wait. If something
 * fails on the device, the next of these calls throws it.
 *
 * `dispose()`, the end of a `using` block, or garbage collection frees the memory. Garbage collection
 * may be late: the collector does not know how much device memory a tensor holds.
 *
 * @example
 * ```ts
 * using tensor = DeviceTensor.from(images, { shape: [64, 3, 224, 224], device: 'cuda:0' })
 * gridmask.apply(tensor, { epoch, index, out: tensor })
 * const masked = await tensor.downloadAsync()
 * ```
 */
export class DeviceTensor<T extends ImageArray = ImageArray> {
  readonly #memory: CudaMemory
  readonly #tag: Tag
  readonly #device: CudaDevice
  readonly #dimensions: Dimensions
  /** The stream that it was given, if any. A new tensor like this one uses it too. */
  readonly #givenStream: bigint | undefined
  #disposed = false
  #masking: Masking | undefined

  /** As given: `[n, c, h, w]`, or `[n, h, w, c]` for layout NHWC. */
  readonly shape: Shape
  /** Order of the dimensions. */
  readonly layout: Layout
  /** Type of the values. */
  readonly dtype: DType
  /** The device's id, such as 'cuda:0'. */
  readonly device: `cuda:${number}`

  private constructor(
    memory: CudaMemory,
    tag: Tag,
    dtype: DType,
    device: CudaDevice,
    dimensions: Dimensions,
    givenStream: bigint | undefined,
    shape: Shape = Object.freeze(shapeOf(dimensions)),
  ) {
    this.#memory = memory
    this.#tag = tag
    this.#device = device
    this.#dimensions = dimensions
    this.#givenStream = givenStream
    this.dtype = dtype
    this.layout = dimensions.channelsLast ? 'NHWC' : 'NCHW'
    this.shape = shape
    this.device = device.id
    // A clone would be a tensor without memory. Older versions of Node make one.
    markAsUncloneable?.(this)
  }

  /**
   * Copies a batch to a device. It returns when `images` has been read. If `images` is in pinned
   * memory (of {@link DeviceTensor.allocateHost}, or of other code), it returns when the copy is on
   * the stream, and the device reads the array until `ready()` resolves.
   *
   * @param images all samples, one after another
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE,
   *   ERR_SHAPE_MISMATCH, ERR_BUFFER_DETACHED, ERR_CUDA_UNAVAILABLE, ERR_CUDA_OUT_OF_MEMORY,
   *   ERR_CUDA
   */
  static from<T extends ImageArray>(images: T, request: DeviceTensorRequest): DeviceTensor<T> {
    const { tag, dtype, dimensions, stream, device } = readUpload(images, request)
    const tensor = DeviceTensor.#allocate<T>(tag, dtype, device, dimensions, stream)
    const outcome = native.cuda.upload(tensor.#memory, images, chunkBytes(), defaultThreads())
    if (outcome !== 0) {
      const error = cudaError(outcome, `copying images to ${device.id}`)
      tensor.#release()
      throw error
    }
    return tensor
  }

  /**
   * Makes a tensor from memory that belongs to other CUDA code in the process. The memory must stay
   * allocated while the tensor is used. Disposing of the tensor does not free it.
   *
   * @throws {GridMaskError} ERR_INVALID_ARG_VALUE if the pointer does not point to memory of that
   *   device, or the allocation is too small for the shape; ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE,
   *   ERR_CUDA_UNAVAILABLE, ERR_CUDA
   */
  static wrap(request: DevicePointer): DeviceTensor {
    const { pointer, dtype, dimensions, stream, device } = readPointer(request)
    const bytes = byteLength(dimensions, dtype)
    const memory = native.cuda.wrap(device.number, pointer, bytes, stream)
    if (typeof memory === 'string') refusePointer(memory, pointer, bytes, device)
    if (!isMemory(memory)) throw cudaError(memory, `checking a pointer of ${device.id}`)
    return new DeviceTensor(memory, tags[dtype], dtype, device, dimensions, undefined)
  }

  /**
   * Allocates pinned host memory, for arrays that go to a device. With `from()` the device
   * reads it directly, and with `download({ out })` the device writes it directly. Pinning 40 MB
   * takes some milliseconds, so keep the memory for many batches.
   *
   * @param bytes the length
   * @param device default 'cuda', the first one
   * @returns shared memory, filled with zeros, for a typed array
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE,
   *   ERR_CUDA_UNAVAILABLE, ERR_CUDA_OUT_OF_MEMORY, ERR_CUDA
   */
  static allocateHost(bytes: number, device?: CudaDeviceId): SharedArrayBuffer {
    checkInteger('bytes', bytes, 0, Number.MAX_SAFE_INTEGER)
    return allocatePinned(bytes, readDevice(device))
  }

  /**
   * Returns memory that is kept for reuse to the driver: the memory of disposed tensors, and the
   * pinned memory that host arrays are staged in. This happens automatically if an allocation finds
   * no memory.
   *
   * @param device default 'cuda', the first one
   * @throws {GridMaskError} ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_CUDA_UNAVAILABLE, ERR_CUDA
   */
  static emptyCache(device?: CudaDeviceId): void {
    const { id, number } = readDevice(device)
    expectCuda(native.cuda.emptyCache(number), `returning unused memory of ${id}`)
  }

  /** Address of the first value on the device; 0n if there is none. Throws ERR_DISPOSED. */
  get pointer(): bigint {
    return native.cuda.pointer(this.#live())
  }

  /**
   * The `CUstream` that orders the work on the tensor. Other CUDA code in the process can put its
   * work on this stream, or record an event there and wait for it. Throws ERR_DISPOSED.
   */
  get stream(): bigint {
    return native.cuda.stream(this.#live())
  }

  /** Whether the tensor was disposed of. */
  get disposed(): boolean {
    return this.#disposed
  }

  /**
   * Copies the batch to the host, after all earlier operations on the tensor.
   *
   * @param request `out`: an array of the type and length of the result to copy into. Default: a
   *   new array
   * @throws {GridMaskError} ERR_DISPOSED, ERR_CUDA, ERR_INVALID_ARG_TYPE, ERR_SHAPE_MISMATCH,
   *   ERR_BUFFER_DETACHED
   */
  download(request: { out?: T | undefined } = {}): T {
    const { out } = checkOptions<{ out?: T }>('request', request, downloadKeys)
    const memory = this.#live()
    if (out !== undefined) {
      const tag = arrayTag('out', out)
      if (tag !== this.#tag) invalid('ERR_INVALID_ARG_TYPE', 'out', `a ${this.#tag}`, out)
      checkArrays(out, undefined, this.#dimensions, this.dtype)
      checkWritable('out', out)
    }
    const target = out ?? this.#newArray()
    expectCuda(
      native.cuda.download(memory, target, chunkBytes(), defaultThreads(), false) as CudaOutcome,
      `copying images from ${this.device}`,
      out === undefined ? '' : '. `out` has been partly written',
    )
    return target as T
  }

  /**
   * Like {@link DeviceTensor.download}, off the main thread. It resolves to what the tensor holds
   * at the time of the call, whatever happens to the tensor in the meantime. Rejects with the errors
   * of `download()`.
   */
  async downloadAsync(): Promise<T> {
    const memory = this.#live()
    const target = this.#newArray()
    expectCuda(
      await native.cuda.download(memory, target, chunkBytes(), defaultThreads(), true),
      `copying images from ${this.device}`,
    )
    return target as T
  }

  /**
   * Resolves when all earlier operations on the tensor are done.
   *
   * @returns rejects with ERR_CUDA if something has failed on the device, and with ERR_DISPOSED
   */
  async ready(): Promise<void> {
    const outcome = await native.cuda.ready(this.#live())
    expectCuda(outcome, `waiting for ${this.device}`)
  }

  /**
   * Frees the memory in stream order: earlier operations finish first, but the call does not wait for
   * them. A second call does nothing.
   *
   * @throws {GridMaskError} ERR_CUDA if the driver refuses; the tensor is disposed of all the same.
   *   Nothing is thrown if the context of the device is lost, since its memory is lost with it
   */
  dispose(): void {
    if (this.#disposed) return
    const outcome = this.#release()
    if (!isLost(outcome)) expectCuda(outcome, `freeing memory of ${this.device}`)
  }

  /** As `dispose()`, at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose()
  }

  /** @internal A new tensor like this one, of new memory, by default with undefined content. */
  like(memory?: CudaMemory): DeviceTensor<T> {
    const { dtype } = this
    const own = this.#dimensions
    const stream = this.#givenStream
    return memory === undefined
      ? DeviceTensor.#allocate<T>(this.#tag, dtype, this.#device, own, stream)
      : new DeviceTensor<T>(memory, this.#tag, dtype, this.#device, own, stream, this.shape)
  }

  /** @internal A new tensor with undefined content. */
  static make(device: CudaDevice, dtype: DType, dimensions: Dimensions): DeviceTensor {
    return DeviceTensor.#allocate(tags[dtype], dtype, device, dimensions, undefined)
  }

  /**
   * @internal A new tensor on the device and the stream of this one, of new memory, by default with undefined
   * content.
   */
  beside(dtype: DType, dimensions: Dimensions, memory?: CudaMemory): DeviceTensor {
    const device = this.#device
    const stream = this.#givenStream
    return memory === undefined
      ? DeviceTensor.#allocate(tags[dtype], dtype, device, dimensions, stream)
      : new DeviceTensor(memory, tags[dtype], dtype, device, dimensions, stream)
  }

  /** @internal */
  static deviceOf(tensor: DeviceTensor): CudaDevice {
    return tensor.#device
  }

  /** @internal Frees a tensor that nobody has seen, whatever the driver says. */
  static discard(tensor: DeviceTensor): void {
    tensor.#release()
  }

  /** @internal Checks a private field, which no proxy or prototype can fake. */
  static is(value: unknown): value is DeviceTensor {
    return typeof value === 'object' && value !== null && #memory in value
  }

  /** @internal `name` is the caller's name for the tensor. */
  static memory(tensor: DeviceTensor, name?: string): CudaMemory {
    return tensor.#live(name)
  }

  /** @internal How the work on a tensor ended; a promise if it has not yet. */
  static completion(tensor: DeviceTensor): CudaOutcome | Promise<CudaOutcome> {
    return tensor.#disposed ? 0 : native.cuda.ready(tensor.#memory)
  }

  /** @internal What masked it last, for masked-before.ts. */
  static masking(tensor: DeviceTensor): Masking | undefined {
    return tensor.#masking
  }

  /** @internal */
  static noteMasking(tensor: DeviceTensor, masking: Masking): void {
    tensor.#masking = masking
  }

  /** @internal */
  static givenStream(tensor: DeviceTensor): bigint | undefined {
    return tensor.#givenStream
  }

  /** @internal */
  static bytes(tensor: DeviceTensor): number {
    return byteLength(tensor.#dimensions, tensor.dtype)
  }

  /** @internal */
  static dimensions(tensor: DeviceTensor): Dimensions {
    return tensor.#dimensions
  }

  static #allocate<T extends ImageArray>(
    tag: Tag,
    dtype: DType,
    device: CudaDevice,
    dimensions: Dimensions,
    stream: bigint | undefined,
  ): DeviceTensor<T> {
    const bytes = byteLength(dimensions, dtype)
    const memory = native.cuda.allocate(device.number, bytes, stream)
    if (!isMemory(memory)) throw cudaError(memory, `allocating ${bytes} bytes on ${device.id}`)
    return new DeviceTensor<T>(memory, tag, dtype, device, dimensions, stream)
  }

  #newArray(): ImageArray {
    const bytes = byteLength(this.#dimensions, this.dtype)
    return allocate(this.#tag, bytes / bytesPerValue[this.dtype], bytes)
  }

  #live(name?: string): CudaMemory {
    if (this.#disposed) {
      const expected = name === undefined ? 'a tensor' : `\`${name}\` to be a tensor`
      throw new GridMaskError(
        'ERR_DISPOSED',
        `Expected ${expected} that still has its memory, but it was disposed of, by dispose() or ` +
          'at the end of a `using` block',
      )
    }
    return this.#memory
  }

  #release(): CudaOutcome {
    this.#disposed = true
    return native.cuda.dispose(this.#memory)
  }
}

inspectWith(DeviceTensor.prototype, ({ device, shape, layout, dtype, disposed }, inspect) => {
  return `DeviceTensor ${inspect({ device, shape, layout, dtype, disposed })}`
})

/** Throws if there are more than a number can hold. */
export function byteLength({ count, channels, height, width }: Dimensions, dtype: DType): number {
  const bytes = count * channels * height * width * bytesPerValue[dtype]
  if (bytes <= Number.MAX_SAFE_INTEGER) return bytes
  invalid('ERR_OUT_OF_RANGE', 'shape', 'of at most 2⁵³ bytes', bytes)
}
