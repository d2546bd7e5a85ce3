// Views that begin in the middle of a buffer: what lies around them is not ours.
import { describe, expect, test } from '@jest/globals'
import { applyPlan } from '../../lib/index'
import { lengthOf } from '../oracle'
import { bytesOf, expectBytes, scramble } from '../support'
import { methods, params } from './methods'

/** Bytes on either side of the view: more than any vector, and than a cache line. */
const GUARD = 200

const batches = [
  { count: 1, channels: 1, height: 1, width: 1 },
  { count: 3, channels: 2, height: 5, width: 7 },
  { count: 2, channels: 3, height: 33, width: 31 },
]
const cases = methods.flatMap((method) =>
  method.kinds.map((kind) => ({ name: `${method.name}, ${kind.name}`, method, kind })),
)

// In steps of a byte if elements are bytes, otherwise of an element.
describe.each(cases)('$name', ({ method, kind }) => {
  const size = kind.View.BYTES_PER_ELEMENT
  const offsets = [0, 1, 2, 3, 5, 7, 8, 13, 15, 16, 31, 33, 63].map((k) => GUARD + k * size)

  const guarded = (offset: number, elements: number, seed: number) => {
    const { buffer } = scramble(new Uint8Array(offset + elements * size + GUARD), seed)
    return { all: new Uint8Array(buffer), view: new kind.View(buffer, offset, elements) }
  }

  test.each(batches)('$count×$channels×$height×$width at any offset', async (sizes) => {
    const batch = method.batch(sizes)
    const request = method.request(batch, kind)
    const replay = (images: Parameters<typeof method.replay>[0], more = {}) =>
      method.replay(images, { ...request, ...more }, batch.count)

    for (const [i, offset] of offsets.entries()) {
      const { all, view } = guarded(offset, lengthOf(batch), 1)
      const before = all.slice()
      const result = bytesOf(method.expected(view, batch, kind))
      const after = all.slice()
      after.set(result, offset)

      if (!method.takes) {
        expectBytes(await replay(view), result)
        expectBytes(all, before)
      }

      // An out at an offset that differs.
      const other = guarded(offsets.at(-1 - i) as number, lengthOf(batch), 2)
      const around = other.all.slice()
      around.set(result, other.view.byteOffset)
      const written = await replay(view, { out: other.view })
      expectBytes(new Uint8Array(written.buffer), around)
      if (!method.takes) {
        expect(written).toBe(other.view)
        expectBytes(all, before)
      }

      // In place.
      const again = guarded(offset, lengthOf(batch), 1)
      const inPlace = await replay(again.view, { out: again.view })
      expectBytes(new Uint8Array(inPlace.buffer), after)
    }
  })
})

// From some size on, results are written past the caches, in whole lines. Half of the largest cache
// that there is today decides, so the batch is large.
test('a batch larger than the caches keeps to its bytes at odd offsets', () => {
  const shape = [16, 3, 1733, 1733] as const
  const elements = shape.reduce<number>((a, b) => a * b, 1)
  const samples = Array.from({ length: shape[0] }, (_, i) => ({ ...params, d: 90 + i }))
  const images = scramble(new Uint8Array(4096))
  const source = Buffer.alloc(elements + 7, images)
  const target = Buffer.alloc(elements + 2 * GUARD, 0xa5)
  const out = new Uint8Array(target.buffer, GUARD + 3, elements)
  applyPlan(source.subarray(7), samples, { shape, out })

  const guards = [target.subarray(0, GUARD + 3), target.subarray(GUARD + 3 + elements)]
  for (const guard of guards) expectBytes(guard, Buffer.alloc(guard.length, 0xa5))
  applyPlan(source.subarray(7), samples, { shape, out: source.subarray(7) })
  expect(source.subarray(7).equals(out)).toBe(true)
})
