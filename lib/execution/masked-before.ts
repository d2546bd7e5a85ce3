/**
 * Two augmentations in one pipeline that share a seed draw the same masks: their squares coincide. It shows
 * when one masks what the other has just masked.
 */
import { bufferOf } from '../arrays/typed-array'
import { warnOnce } from '../core/environment'
import type { Masking, SampleCounter, SampleRange } from '../plan/sample-counter'
import { DeviceTensor } from './device-tensor'

/** What masked each buffer last. Does not keep them alive. Tensors remember it themselves. */
const masked = new WeakMap<object, Masking>()

const memoryOf = (images: object) => (ArrayBuffer.isView(images) ? bufferOf(images) : images)

/** Notes that `by` has masked the samples of `range`, from `source` into `target`. */
export function noteMasked(
  by: SampleCounter,
  range: SampleRange,
  source: object,
  target: object,
): void {
  const before = DeviceTensor.is(source)
    ? DeviceTensor.masking(source)
    : masked.get(memoryOf(source))
  if (
    before !== undefined &&
    before.by !== by &&
    before.by.key === by.key &&
    before.range.epoch === range.epoch &&
    before.range.first === range.first &&
    before.range.count === range.count &&
    before.range.indices === undefined &&
    range.indices === undefined
  ) {
    warnOnce(
      'GRIDMASK_SEED',
      'A batch was masked by two augmentations with the same seed. They draw the same numbers, so ' +
        'their masks coincide. Give each its own seed',
    )
  }
  // Thousands of new keys would keep the collector of garbage busy.
  if (DeviceTensor.is(target)) DeviceTensor.noteMasking(target, { by, range })
  else masked.set(memoryOf(target), { by, range })
}
