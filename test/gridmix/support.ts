/** What the GridMix tests share: permutations, and the oracle, pixel by pixel. */
import fc from 'fast-check'
import { keepsPixel } from '../../lib/fallback/reference'
import type { ImageArray, Layout, SampleParams } from '../../lib/index'
import { Plan } from '../../lib/index'
import { type Batch, bytesOf } from '../support'

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

/** What GridMix must make of a batch, by the definition. */
export function mixedByOracle(
  images: ImageArray,
  { count, channels, height, width }: Batch,
  layout: Layout,
  plan: readonly SampleParams[],
  partner: ArrayLike<number>,
): { bytes: Uint8Array; lambda: Float64Array } {
  const before = bytesOf(images)
  const bytes = before.slice()
  const size = images.BYTES_PER_ELEMENT
  const lambda = new Float64Array(count).fill(1)
  for (const [n, sample] of [...Plan.from(plan)].entries()) {
    const other = partner[n] as number
    if (other === n) continue
    const keeps = keepsPixel(sample, [height, width])
    let kept = 0
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (keeps(x, y)) {
          kept++
          continue
        }
        for (let c = 0; c < channels; c++) {
          const elementOf = (i: number) =>
            layout === 'NCHW'
              ? ((i * channels + c) * height + y) * width + x
              : ((i * height + y) * width + x) * channels + c
          const from = elementOf(other) * size
          bytes.set(before.subarray(from, from + size), elementOf(n) * size)
        }
      }
    }
    lambda[n] = height * width === 0 ? 1 : kept / (height * width)
  }
  return { bytes, lambda }
}

/** Fills an array with bytes of which neighbours and samples differ. */
export function scramble<T extends ImageArray>(array: T, seed = 1): T {
  const bytes = bytesOf(array)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.imul(i + seed, 2654435761) >>> 17
  return array
}
