/** Takes images that are only read, for work off the main thread. */
import type { SourceArray } from './image-sources'
import { transferred } from './take-arrays'
import {
  bufferOf,
  byteLengthOf,
  isShared,
  lengthOf,
  offsetOf,
  type Tag,
  tagOf,
  viewOf,
} from './typed-array'

/**
 * The same images in memory that nobody else can detach or resize in the meantime. An array that fills its
 * buffer is taken, and so detached. One that is part of a buffer, such as a small Buffer or an image of a
 * data set in one array, is copied, as is one that cannot be taken. Shared memory is used in place.
 *
 * @param takeTarget takes the target; called after the copies, for which there may be no memory
 */
export function takeSources<T>(
  arrays: readonly SourceArray[],
  takeTarget: () => T,
): [sources: SourceArray[], target: T] {
  const parts = arrays.map((array) => (isPart(array) ? copyOf(array) : undefined))
  const target = takeTarget()
  // An image may be in the list twice.
  const taken = new Map<ArrayBufferLike, ArrayBuffer | undefined>()
  const sources = arrays.map((array, i) => {
    const part = parts[i]
    if (part !== undefined) return part
    const tag = tagOf(array) as Tag
    const buffer = bufferOf(array)
    if (isShared(buffer)) {
      return viewOf(tag, buffer, offsetOf(array), lengthOf(array)) as SourceArray
    }
    if (!taken.has(buffer)) taken.set(buffer, transferred(buffer as ArrayBuffer))
    const own = taken.get(buffer)
    if (own === undefined) return copyOf(array)
    return viewOf(tag, own, 0, own.byteLength / bytesOf(tag)) as SourceArray
  })
  return [sources, target]
}

function bytesOf(tag: Tag): number {
  return tag === 'Float32Array' ? 4 : 1
}

function isPart(array: SourceArray): boolean {
  const buffer = bufferOf(array)
  return !isShared(buffer) && byteLengthOf(array) !== buffer.byteLength
}

function copyOf(array: SourceArray): SourceArray {
  const tag = tagOf(array) as Tag
  const view = viewOf(tag, bufferOf(array), offsetOf(array), lengthOf(array))
  return (view as Uint8Array).slice()
}
