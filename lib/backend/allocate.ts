/** Memory for results. */
import { Buffer, constants } from 'node:buffer'
import { type ImageArray, type Tag, viewOf } from '../arrays/typed-array'
import { allocating } from '../core/memory'
import { native } from './native'

/** From this size on, asking for large pages for new memory pays, bytes. */
const LARGE = 4 * 2 ** 20

/** New memory with undefined content: every byte will be written. */
export function allocateBytes(bytes: number): ArrayBuffer {
  return allocating(`the result, ${bytes} bytes (with an array as \`out\`, none is needed)`, () => {
    // In Node 20, Buffers end at 4 GiB, arrays of floats do not.
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
