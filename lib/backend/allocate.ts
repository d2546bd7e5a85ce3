/** Memory for results. */
import { Buffer } from 'node:buffer'
import { type ImageArray, type Tag, viewOf } from '../arrays/typed-array'
import { GridMaskError } from '../core/errors'
import { native } from './native'

/** From here on the pages of new memory are worth asking for in bulk, bytes. */
const LARGE = 4 * 2 ** 20

/** New memory, whose content is not defined: every byte will be written. */
export function allocateBytes(bytes: number): ArrayBuffer {
  try {
    const { buffer } = Buffer.allocUnsafeSlow(bytes)
    if (bytes >= LARGE) native.useLargePages(new Uint8Array(buffer))
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
