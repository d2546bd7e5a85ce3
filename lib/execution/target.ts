import type { Arrays } from '../arrays/batch-shape'
import type { ImageArray } from '../arrays/typed-array'
import { allocate } from '../backend/allocate'
import { bytesPerValue } from '../core/dtype'

/** `out`, or new memory for the result. */
export function targetOf(out: unknown, { tag, dtype, length }: Arrays): ImageArray {
  return out === undefined
    ? allocate(tag, length, length * bytesPerValue[dtype])
    : (out as ImageArray)
}
