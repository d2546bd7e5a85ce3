// What the tests of the baselines need: arbitrary rectangles, and docs/baselines.md as a plain program:
// draws word by word, masks pixel by pixel.
import fc from 'fast-check'
import type { RegionParams } from '../../lib/baselines'
import { philox4x32 } from '../../lib/core/philox'
import { type Kept, maskBy } from '../oracle'

export type Box = [x0: number, y0: number, x1: number, y1: number]

/** Rectangles small and large, some empty, some beyond an image of `side` pixels. */
export const regionParams = (side: number): fc.Arbitrary<RegionParams> => {
  const edges = fc
    .tuple(fc.nat(side + 3), fc.oneof(fc.nat(5), fc.nat(side), fc.constant(16384)))
    .map(([from, length]) => [from, Math.min(from + length, 16384)] as const)
  const box = fc.tuple(edges, edges).map(([[x0, x1], [y0, y1]]): Box => [x0, y0, x1, y1])
  return fc.record({
    regions: fc.oneof(fc.array(box, { maxLength: 4 }), fc.array(box, { maxLength: 40 })),
    size: fc.nat(32768),
    seed: fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    epoch: fc.nat(0xffffffff),
    index: fc.nat(Number.MAX_SAFE_INTEGER),
    masked: fc.oneof({ weight: 7, arbitrary: fc.constant(true) }, fc.constant(false)),
  })
}

/** What rectangles keep: all that lies in none. */
export function keptByRectangles(plan: readonly RegionParams[]): Kept {
  return (sample, x, y) => {
    const { masked = true, regions } = plan[sample] as RegionParams
    return !masked || !regions.some(([x0, y0, x1, y1]) => x >= x0 && x < x1 && y >= y0 && y < y1)
  }
}

/** The mask of an image: 1 = kept, row by row. */
export const rectanglesMask = (params: RegionParams, size: readonly [number, number]) =>
  maskBy(keptByRectangles([params]), size)

/** Word k of a sample's numbers. */
type Word = (k: number) => bigint

function wordsOf(seed: bigint, firstBlock: number, epoch: number, index: number): Word {
  return (k) => {
    const out = new Uint32Array(4)
    const counter = [index % 2 ** 32, Math.floor(index / 2 ** 32), epoch] as const
    const key = [Number(seed % 2n ** 32n), Number(seed / 2n ** 32n)] as const
    philox4x32(out, ...counter, firstBlock + Math.floor(k / 4), ...key)
    return BigInt(out[k % 4] as number)
  }
}

const below = (word: bigint, n: number) => Number((word * BigInt(n)) >> 32n)
const fraction = (word: bigint) => Number(word) / 2 ** 32

interface Drawn {
  masked: boolean
  size: number
  regions: Box[]
}
type Draw = (word: Word, height: number, width: number) => Omit<Drawn, 'masked'>

const cutSquare = (word: Word, k: number, size: number, height: number, width: number): Box => {
  const x = below(word(k), width)
  const y = below(word(k + 1), height)
  const [left, top] = [x - Math.floor(size / 2), y - Math.floor(size / 2)]
  return [
    Math.max(0, left),
    Math.max(0, top),
    Math.min(width, left + size),
    Math.min(height, top + size),
  ]
}

export const referenceCutout =
  ([min, max]: readonly [number, number], keep?: number): Draw =>
  (word, height, width) => {
    const size = min + below(word(1), max - min)
    const regions: Box[] = []
    const kept = () =>
      rectanglesMask({ regions }, [height, width]).reduce((sum, bit) => sum + bit, 0)
    do {
      regions.push(cutSquare(word, 2 + 2 * regions.length, size, height, width))
    } while (keep !== undefined && kept() > keep * height * width)
    return { size, regions }
  }

export const referenceErasing =
  ([s0, s1]: readonly [number, number], [r0, r1]: readonly [number, number]): Draw =>
  (word, height, width) => {
    for (let k = 1; k < 1 + 4 * 100; k += 4) {
      const area = height * width * (s0 + fraction(word(k)) * (s1 - s0))
      const aspect = r0 + fraction(word(k + 1)) * (r1 - r0)
      const h = Math.floor(Math.sqrt(area * aspect) + 0.5)
      const w = Math.floor(Math.sqrt(area / aspect) + 0.5)
      const [x, y] = [below(word(k + 2), width), below(word(k + 3), height)]
      if (x + w > width || y + h > height) continue
      return { size: 0, regions: w * h === 0 ? [] : [[x, y, x + w, y + h]] }
    }
    return { size: 0, regions: [] }
  }

export const referenceHiding =
  (sizes: readonly number[], hide: number): Draw =>
  (word, height, width) => {
    const size = sizes[below(word(1), sizes.length)] as number
    const regions: Box[] = []
    const across = size === 0 ? 0 : Math.ceil(width / size)
    const down = size === 0 ? 0 : Math.ceil(height / size)
    for (let cell = 0; cell < across * down; cell++) {
      const [i, j] = [cell % across, Math.floor(cell / across)]
      if (fraction(word(2 + cell)) >= hide) continue
      const [x, y] = [i * size, j * size]
      regions.push([x, y, Math.min(x + size, width), Math.min(y + size, height)])
    }
    return { size, regions }
  }

/** What is drawn for a sample, its rectangles in the order that they were drawn in. */
export function referenceDraw(
  draw: Draw,
  firstBlock: number,
  probability: number,
  {
    seed,
    epoch,
    index,
    height,
    width,
  }: Record<'epoch' | 'index' | 'height' | 'width', number> & {
    seed: bigint
  },
): Drawn {
  const word = wordsOf(seed, firstBlock, epoch, index)
  const masked = fraction(word(0)) < probability
  return masked ? { masked, ...draw(word, height, width) } : { masked, size: 0, regions: [] }
}
