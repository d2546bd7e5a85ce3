/**
 * Taking arrays for work off the main thread. While native code reads and writes an ArrayBuffer,
 * the caller could shrink it, or transfer it and let the new owner be collected: both end in a
 * stray access. Transferred to a buffer that nobody else knows, it is safe.
 */
import { types } from 'node:util'
import { GridMaskError } from '../core/errors'
import type { Tag } from './typed-array'
import { bufferOf, type ImageArray, lengthOf, offsetOf, viewOf } from './typed-array'

/** The same two arrays over buffers that only the result knows. Detaches the caller's. */
export function takeArrays(
  tag: Tag,
  images: ImageArray,
  out: ImageArray,
): [source: ImageArray, target: ImageArray] {
  const own = [...new Set([bufferOf(images), bufferOf(out)])].filter(
    (buffer): buffer is ArrayBuffer => !types.isSharedArrayBuffer(buffer),
  )
  for (const buffer of own) {
    if (!(buffer as { resizable?: boolean }).resizable) continue
    throw new GridMaskError(
      'ERR_BUFFER_RESIZABLE',
      'Expected an array of fixed length for applyAsync(), but received one whose buffer can be ' +
        'resized. Copy it with slice(), or use apply()',
    )
  }
  const views = [images, out].map((array) => ({
    buffer: bufferOf(array),
    offset: offsetOf(array),
    length: lengthOf(array),
  }))
  const taken = transfer(own)
  const [source, target] = views.map(({ buffer, offset, length }) =>
    viewOf(tag, taken.get(buffer as ArrayBuffer) ?? buffer, offset, length),
  )
  return [source as ImageArray, target as ImageArray]
}

/** All or none. */
function transfer(buffers: ArrayBuffer[]): Map<ArrayBufferLike, ArrayBuffer> {
  // Node 20 copies a buffer that cannot be transferred, and would take the other one nonetheless.
  if (buffers.length > 1 && !buffers.every(isTransferable)) throw untransferable(undefined)
  const views = buffers.map((buffer) => new Uint8Array(buffer))
  let received: ArrayBuffer[]
  try {
    received = structuredClone(buffers, { transfer: buffers })
  } catch (cause) {
    throw untransferable(cause)
  }
  if (views.some((view) => lengthOf(view) !== 0)) throw untransferable(undefined)
  return new Map(buffers.map((buffer, i) => [buffer, received[i] as ArrayBuffer]))
}

/** What a buffer held, in one that nobody else knows; undefined where it cannot be taken. */
export function transferred(buffer: ArrayBuffer): ArrayBuffer | undefined {
  try {
    return transfer([buffer]).get(buffer)
  } catch {
    return undefined
  }
}

/** To name a buffer twice is an error, but not in Node 20 for one that it passes over. */
function isTransferable(buffer: ArrayBuffer): boolean {
  try {
    structuredClone(undefined, { transfer: [buffer, buffer] })
    return false
  } catch {
    return true
  }
}

function untransferable(cause: unknown): GridMaskError {
  return new GridMaskError(
    'ERR_INVALID_ARG_VALUE',
    'Expected an array whose buffer can be transferred for applyAsync(), but received one of ' +
      'WebAssembly memory, or of the pool that small Buffers share. Copy it with slice()',
    { cause },
  )
}
