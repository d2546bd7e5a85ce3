import { expectDone, native } from '../backend/native'
import type { SampleArguments } from '../core/native-interface'
import { PackedPlan } from '../plan/plan'

/** Samples as a plan. */
export function draw(count: number, samples: SampleArguments): PackedPlan {
  const packed = new PackedPlan(count)
  expectDone(native.draw(packed.bytes, ...samples))
  return packed
}
