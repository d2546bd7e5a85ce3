import type { Arrays } from '../arrays/batch-shape'
import { checkWritable, type ImageArray } from '../arrays/typed-array'
import { allocate } from '../backend/allocate'
import { bytesPerValue } from '../core/dtype'

/** `out`, or new memory for the result. */
export function targetOf(out: unknown, { tag, dtype, length }: Arrays): ImageArray {
  if (out === undefined) return allocate(tag, length, length * bytesPerValue[dtype])
  checkWritable('out', out as ImageArray)
  return out as ImageArray
}
