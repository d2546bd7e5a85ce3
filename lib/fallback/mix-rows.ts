/** GridMix in plain TypeScript, for platforms without a binary: the same bits, on one thread. */

import { bufferOf, byteLengthOf, offsetOf } from '../arrays/typed-array'
import { type SampleKind, unpackHeader } from '../core/batch-header'
import { CounterStream } from '../core/counter-stream'
import type { Native, NativeSamples } from '../core/native-interface'
import type { Sample } from '../plan/plan'
import { MaskRows } from './mask-rows'
import { sampleReader } from './sample-reader'

/** The block of a sample's counter that partners are drawn from; native/lattice/mix.h. */
const PARTNER_BLOCK = 0xffffffff

/** Partners follow the order of a 64-bit word of each sample; samples with equal words keep theirs. */
export const drawPartner: Native['drawPartner'] = (header, data, indices, partner) => {
  const sampleOf = samplesOf(header, data, indices)
  const words = Array.from(partner, (_, i) => partnerWord(sampleOf(i)))
  const order = words.map((_, i) => i)
  order.sort((a, b) => {
    const [x, y] = [words[a] as bigint, words[b] as bigint]
    return x < y ? -1 : x > y ? 1 : a - b
  })
  for (const [k, i] of order.entries()) partner[i] = order[(k + 1) % order.length] as number
  return 0
}

function samplesOf(
  header: Float64Array,
  data: NativeSamples['data'],
  indices: Float64Array | undefined,
): (i: number) => Sample {
  const { sampleKind, first } = unpackHeader(header)
  return sampleReader({ sampleKind: sampleKind as SampleKind, data, first, indices })
}

function partnerWord({ seed, epoch, index }: Sample): bigint {
  const stream = new CounterStream(seed, PARTNER_BLOCK)
  stream.start(epoch, index)
  return (BigInt(stream.next()) << 32n) | BigInt(stream.next())
}

/** Calls `use(begin, end)` for each run of ones in a row. */
function forEachRun(dropped: Uint8Array, use: (begin: number, end: number) => void): void {
  let begin = dropped.indexOf(1)
  while (begin !== -1) {
    const kept = dropped.indexOf(0, begin)
    const end = kept === -1 ? dropped.length : kept
    use(begin, end)
    begin = dropped.indexOf(1, end)
  }
}

/** Mixes a batch row by row; the caller may do something else in between. */
export function* mixRows(...args: Parameters<Native['mix']>): Generator<void> {
  const [header, , , , , , lambda] = args
  const { height, width } = unpackHeader(header)
  const pixels = height * width
  lambda.fill(pixels)
  yield* mixAndCount(...args)
  for (let i = 0; i < lambda.length; i++) lambda[i] = (lambda[i] as number) / pixels
}

/** The same, with lambda as the number of pixels that have not been replaced. */
function* mixAndCount(
  ...[header, source, target, data, indices, partner, lambda]: Parameters<Native['mix']>
): Generator<void> {
  const { planes, height, width, pixelBytes } = unpackHeader(header)
  const input = bytesOf(source)
  const output = bytesOf(target)
  const sampleOf = samplesOf(header, data, indices)
  const rowBytes = width * pixelBytes
  const planeBytes = height * rowBytes
  const partnerOf = (i: number) => partner[i] as number
  const dropped = new Uint8Array(width)

  /** Replaces the dropped pixels of a sample's row in all planes; `from(plane)` is the partner's row. */
  const mixRow = (i: number, rows: MaskRows, y: number, from: (plane: number) => Uint8Array) => {
    rows.write(dropped, 0, y)
    forEachRun(dropped, (begin, end) => {
      if (partnerOf(i) !== i) lambda[i] = (lambda[i] as number) - (end - begin)
      for (let p = 0; p < planes; p++) {
        const row = (i * planes + p) * planeBytes + y * rowBytes
        output.set(from(p).subarray(begin * pixelBytes, end * pixelBytes), row + begin * pixelBytes)
      }
    })
  }
  const rowOf = (i: number, y: number) => (plane: number) => {
    const row = (i * planes + plane) * planeBytes + y * rowBytes
    return input.subarray(row, row + rowBytes)
  }

  const inPlace = input.buffer === output.buffer && input.byteOffset === output.byteOffset
  if (!inPlace) {
    output.set(input)
    for (let i = 0; i < partner.length; i++) {
      const rows = new MaskRows(sampleOf(i), height, width)
      for (let y = 0; y < height; y++) mixRow(i, rows, y, rowOf(partnerOf(i), y))
      yield
    }
    return
  }

  // Walks each cycle from partner to partner, so that a sample is read before it is written. The first
  // one's row is saved for the last one.
  const seen = new Uint8Array(partner.length)
  for (let first = 0; first < partner.length; first++) {
    if (seen[first] === 1) continue
    const cycle: [sample: number, rows: MaskRows][] = []
    for (let i = first; seen[i] !== 1; i = partnerOf(i)) {
      seen[i] = 1
      cycle.push([i, new MaskRows(sampleOf(i), height, width)])
    }
    for (let y = 0; y < height && cycle.length > 1; y++) {
      const ofFirst = rowOf(first, y)
      const saved = Array.from({ length: planes }, (_, plane) => ofFirst(plane).slice())
      for (const [i, rows] of cycle) {
        const last = partnerOf(i) === first
        mixRow(i, rows, y, last ? (plane) => saved[plane] as Uint8Array : rowOf(partnerOf(i), y))
      }
      yield
    }
  }
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(bufferOf(array), offsetOf(array), byteLengthOf(array))
}
