import { expectDone, native } from '../backend/native'
import { packCount } from '../core/batch-header'
import type { NativeSamples } from '../core/native-interface'
import { PackedPlan } from '../plan/plan'

/** Draws samples as a plan. */
export function draw(count: number, samples: NativeSamples): PackedPlan {
  const packed = new PackedPlan(count)
  const header = packCount(count, samples)
  expectDone(native.draw(header, samples.data, samples.indices, packed.bytes))
  return packed
}
