// Views that begin in the middle of a buffer: what lies around them is not ours.
import { describe, expect, test } from '@jest/globals'
import { applyPlan, type ImageArray } from '../../lib/index'
import { bytesOf, expectBytes, kinds, maskedBits, params, scramble } from './support'

/** Bytes on either side of the view: more than any vector, and than a cache line. */
const GUARD = 200

const shapes = [
  [1, 1, 1, 1],
  [3, 2, 5, 7],
  [2, 3, 33, 31],
] as const

// From byte to byte where elements are bytes, else from element to element.
describe.each(kinds)('$name', ({ View, Bits, dtype }) => {
  const size = View.BYTES_PER_ELEMENT
  const offsets = [0, 1, 2, 3, 5, 7, 8, 13, 15, 16, 31, 33, 63].map((k) => GUARD + k * size)

  const guarded = (offset: number, elements: number, seed: number) => {
    const buffer = scramble(new Uint8Array(offset + elements * size + GUARD), seed).buffer
    return { all: new Uint8Array(buffer), view: new View(buffer, offset, elements) }
  }

  test.each(shapes)('of shape %i×%i×%i×%i at any offset', (...shape) => {
    const elements = shape.reduce<number>((a, b) => a * b, 1)
    const samples = Array.from({ length: shape[0] }, (_, i) => ({ ...params, angle: 40 * i }))
    const mask = (images: ImageArray, out?: ImageArray) =>
      applyPlan(images, samples, out === undefined ? { shape, dtype } : { shape, dtype, out })

    for (const [i, offset] of offsets.entries()) {
      const { all, view } = guarded(offset, elements, 1)
      const before = all.slice()
      const expected = before.slice()
      const inside = new Bits(expected.buffer, offset, elements)
      inside.set(maskedBits(inside, shape, samples))
      const result = bytesOf(inside)

      // A new array.
      expectBytes(mask(view), result)
      expectBytes(all, before)

      // An out at an offset that differs.
      const other = guarded(offsets.at(-1 - i) as number, elements, 2)
      const around = other.all.slice()
      around.set(result, other.view.byteOffset)
      expect(mask(view, other.view)).toBe(other.view)
      expectBytes(other.all, around)
      expectBytes(all, before)

      // In place.
      mask(view, view)
      expectBytes(all, expected)
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
