/** What the GridMix tests share: permutations, and the definition. */
import fc from 'fast-check'
import type { ImageArray, SampleParams } from '../../lib/index'
import { type Batch, type Bits, bitsOf, elementOf, keptByLattices, maskBy, oracle } from '../oracle'

/** A permutation with cycles of chosen lengths: fixed points, pairs, one cycle, and mixtures. */
export function permutations(count: number): fc.Arbitrary<number[]> {
  return fc
    .tuple(
      fc.shuffledSubarray(
        Array.from({ length: count }, (_, i) => i),
        {
          minLength: count,
          maxLength: count,
        },
      ),
      fc.oneof(
        fc.constant([1]),
        fc.constant([2]),
        fc.constant([Math.max(count, 1)]),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
      ),
    )
    .map(([order, lengths]) => {
      const partner = new Array<number>(count)
      for (let begin = 0, k = 0; begin < count; k++) {
        const end = Math.min(begin + (lengths[k % lengths.length] as number), count)
        for (let i = begin; i < end; i++) {
          partner[order[i] as number] = order[i + 1 < end ? i + 1 : begin] as number
        }
        begin = end
      }
      return partner
    })
}

/** What GridMix must make of a batch: dropped pixels become the partner's. */
export function mixedByDefinition(
  images: ImageArray,
  batch: Batch,
  plan: readonly SampleParams[],
  partner: ArrayLike<number>,
): { bits: Bits; lambda: Float64Array } {
  const before = bitsOf(images)
  const kept = keptByLattices(plan, batch)
  const bits = oracle(images, batch, kept, (sample, channel, pixel) => {
    return before[elementOf(batch, partner[sample] as number, channel, pixel)] as number
  })
  const { count, height, width } = batch
  const lambda = Float64Array.from({ length: count }, (_, sample) => {
    if (partner[sample] === sample || height * width === 0) return 1
    const mask = maskBy(kept, [height, width], sample)
    return mask.reduce((sum, bit) => sum + bit, 0) / mask.length
  })
  return { bits, lambda }
}
