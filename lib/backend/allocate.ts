/** Memory for results. */
import { Buffer, constants } from 'node:buffer'
import { type ImageArray, type Tag, viewOf } from '../arrays/typed-array'
import { allocating } from '../core/memory'
import { native } from './native'

/** From here on the pages of new memory are worth asking for in bulk, bytes. */
const LARGE = 4 * 2 ** 20

/** New memory, whose content is not defined: every byte will be written. */
export function allocateBytes(bytes: number): ArrayBuffer {
  return allocating(`the result, ${bytes} bytes (an array passed as \`out\` needs none)`, () => {
    // Node 20's Buffers end at 4 GiB, its arrays of floats do not.
    const { buffer } =
      bytes <= constants.MAX_LENGTH
        ? Buffer.allocUnsafeSlow(bytes)
        : { buffer: new ArrayBuffer(bytes) }
    if (bytes >= LARGE) {
      native.useLargePages(new Uint8Array(buffer, 0, Math.min(bytes, constants.MAX_LENGTH)))
    }
    return buffer
  })
}

/** New memory as an array of the type that `tag` names. */
export function allocate(tag: Tag, length: number, bytes: number): ImageArray {
  return viewOf(tag, allocateBytes(bytes), 0, length)
}
