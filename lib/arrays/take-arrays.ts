/**
 * Takes arrays for work off the main thread. While native code reads and writes an ArrayBuffer, the caller
 * could shrink it, or transfer it and let the new owner be collected; native code would then touch freed
 * memory. It is safe once transferred to a buffer that nobody else has. Memory that cannot be transferred
 * is copied.
 */
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import { GridMaskError } from '../core/errors'
import {
  bufferLengthOf,
  bufferOf,
  byteLengthOf,
  checkWritable,
  type ImageArray,
  isShared,
  lengthOf,
  offsetOf,
  sameMemory,
  type Tag,
  viewOf,
} from './typed-array'

/**
 * The same two arrays over buffers that nobody else has. Detaches the caller's arrays. If `images` cannot
 * be detached, the result has a copy of them.
 */
export function takeArrays(
  tag: Tag,
  images: ImageArray,
  out: ImageArray,
): [source: ImageArray, target: ImageArray] {
  const own = [...new Set([bufferOf(images), bufferOf(out)])].filter(
    (buffer) => !isShared(buffer),
  ) as ArrayBuffer[]
  refuseResizable('images', images)
  refuseResizable('out', out)
  // Otherwise Node would take `images` before it finds that it cannot take `out`.
  if (!sameMemory(images, out)) checkWritable('out', out)
  const views = [images, out].map((array) => ({
    buffer: bufferOf(array),
    offset: offsetOf(array),
    length: lengthOf(array),
  }))
  const over = (taken: Map<ArrayBufferLike, ArrayBuffer>) =>
    views.map(({ buffer, offset, length }) =>
      viewOf(tag, taken.get(buffer) ?? buffer, offset, length),
    ) as [ImageArray, ImageArray]

  const taken = transfer(own)
  if (taken !== undefined) return over(taken)
  // Before `out` is taken, since there may be no memory for the copy.
  const copy = copyOf(tag, images)
  if (sameMemory(images, out)) return [copy, copy]
  const outBuffer = bufferOf(out)
  const takenOut =
    isShared(outBuffer) || outBuffer === bufferOf(images)
      ? undefined
      : transfer([outBuffer as ArrayBuffer])
  if (takenOut === undefined && !isShared(outBuffer)) throw untransferable()
  return [copy, over(takenOut ?? new Map())[1]]
}

/** The same for an `out` whose source is not taken with it. */
export function takeOut(tag: Tag, out: ImageArray): ImageArray {
  const [buffer, offset, length] = [bufferOf(out), offsetOf(out), lengthOf(out)]
  if (isShared(buffer)) return viewOf(tag, buffer, offset, length)
  refuseResizable('out', out)
  const taken = transferred(buffer as ArrayBuffer)
  if (taken === undefined) throw untransferable()
  return viewOf(tag, taken, offset, length)
}

function refuseResizable(name: string, array: ArrayBufferView): void {
  if (!(bufferOf(array) as { resizable?: boolean }).resizable) return
  throw new GridMaskError(
    'ERR_BUFFER_RESIZABLE',
    `Expected \`${name}\` to have a buffer of fixed length for applyAsync(), but received one that ` +
      `can be resized. Copy it with \`${name}.slice()\`, or use apply()`,
  )
}

/** Takes all buffers; or none, and returns undefined. */
function transfer(buffers: ArrayBuffer[]): Map<ArrayBufferLike, ArrayBuffer> | undefined {
  // Node 20 copies a buffer that cannot be transferred, and would still take the other one.
  if (buffers.length > 1 && !buffers.every(isTransferable)) return undefined
  const lengths = buffers.map(bufferLengthOf)
  let received: ArrayBuffer[]
  try {
    received = moved(buffers)
  } catch {
    return undefined
  }
  if (buffers.some((buffer, i) => lengths[i] !== 0 && bufferLengthOf(buffer) !== 0)) {
    return undefined
  }
  return new Map(buffers.map((buffer, i) => [buffer, received[i] as ArrayBuffer]))
}

/** A buffer's memory in a buffer that nobody else has; undefined if it cannot be taken. */
export function transferred(buffer: ArrayBuffer): ArrayBuffer | undefined {
  return transfer([buffer])?.get(buffer)
}

/** Naming a buffer twice is an error, except in Node 20 for one that it cannot transfer. */
function isTransferable(buffer: ArrayBuffer): boolean {
  try {
    moved([buffer, buffer])
    return false
  } catch {
    return true
  }
}

function moved(buffers: ArrayBuffer[]): ArrayBuffer[] {
  // Jest's jsdom environment has none, nor has a context of node:vm.
  if (typeof structuredClone === 'function') return structuredClone(buffers, { transfer: buffers })
  const { port1, port2 } = new MessageChannel()
  try {
    port1.postMessage(buffers, buffers)
    return (receiveMessageOnPort(port2) as { message: ArrayBuffer[] }).message
  } finally {
    port1.close()
    port2.close()
  }
}

function copyOf(tag: Tag, array: ImageArray): ImageArray {
  try {
    const view = viewOf(tag, bufferOf(array), offsetOf(array), lengthOf(array))
    return (view as Uint8Array).slice()
  } catch (cause) {
    throw new GridMaskError(
      'ERR_OUT_OF_RANGE',
      `Could not allocate ${byteLengthOf(array)} bytes for a copy of \`images\`, which applyAsync() ` +
        'needs because their memory cannot be taken; apply() needs no copy',
      { cause },
    )
  }
}

function untransferable(): GridMaskError {
  return new GridMaskError(
    'ERR_INVALID_ARG_VALUE',
    'Expected `out` to have memory that applyAsync() can take, but it belongs to something else ' +
      '(WebAssembly, an addon, the pool that small Buffers share) or is immutable. Leave ' +
      '`out` out, or use apply()',
  )
}
