import { expectDone, native } from '../backend/native'
import { packCount } from '../core/batch-header'
import type { NativeSamples } from '../core/native-interface'
import { PackedPlan } from '../plan/plan'

/** Draws samples as a plan. */
export function draw(count: number, { data, first, indices }: NativeSamples): PackedPlan {
  const packed = new PackedPlan(count)
  expectDone(native.draw(packCount(count, first), data, indices, packed.bytes))
  return packed
}
