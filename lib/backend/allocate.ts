/** Memory for results. */
import { Buffer, constants } from 'node:buffer'
import { type ImageArray, type Tag, viewOf } from '../arrays/typed-array'
import { GridMaskError } from '../core/errors'
import { native } from './native'

/** From here on the pages of new memory are worth asking for in bulk, bytes. */
const LARGE = 4 * 2 ** 20

/** New memory, whose content is not defined: every byte will be written. */
export function allocateBytes(bytes: number): ArrayBuffer {
  try {
    // Node 20's Buffers end at 4 GiB, its arrays of floats do not.
    const { buffer } =
      bytes <= constants.MAX_LENGTH
        ? Buffer.allocUnsafeSlow(bytes)
        : { buffer: new ArrayBuffer(bytes) }
    if (bytes >= LARGE) {
      native.useLargePages(new Uint8Array(buffer, 0, Math.min(bytes, constants.MAX_LENGTH)))
    }
    return buffer
  } catch (cause) {
    throw new GridMaskError(
      'ERR_OUT_OF_RANGE',
      `Could not allocate ${bytes} bytes for the result; an array passed as \`out\` needs none`,
      { cause },
    )
  }
}

/** New memory as an array of the type that `tag` names. */
export function allocate(tag: Tag, length: number, bytes: number): ImageArray {
  return viewOf(tag, allocateBytes(bytes), 0, length)
}
