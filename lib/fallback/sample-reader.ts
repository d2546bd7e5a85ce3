/** Reads the samples of a batch that GridMask masks: those of a plan, or drawn. */
import { SampleKind } from '../core/batch-header'
import type { NativeSamples } from '../core/native-interface'
import { PackedPlan, type Sample } from '../plan/plan'
import { indexAt } from '../plan/sample-counter'
import { referenceDraw } from './reference'

/** Reads sample i. */
export function sampleReader({
  sampleKind,
  data,
  ...numbers
}: NativeSamples): (i: number) => Sample {
  if (sampleKind === SampleKind.plan) {
    const plan = PackedPlan.over(data as Uint8Array)
    return (i) => plan.get(i)
  }
  const number = (i: number) => data[i] as number
  const settings = {
    ratio: [number(0), number(1)],
    unit: [number(2), number(3)],
    rotate: number(4),
    reverse: number(5) !== 0,
    unitProbability: number(6),
    probability: number(7),
    seed: (BigInt(number(9)) << 32n) | BigInt(number(8)),
    epoch: number(10),
  } as const
  return (i) => referenceDraw(settings, indexAt(numbers, i))
}
