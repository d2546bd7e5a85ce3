// Two views of one buffer.
import { describe, expect, test } from '@jest/globals'
import { applyPlan, GridMask } from '../../lib/index'
import { bytesOf, code, expectBytes, kinds, maskedBits, params, scramble } from './support'

const shape = [1, 3, 11, 13] as const
const length = 3 * 11 * 13
const plan = [params]
const gridmask = new GridMask({ ratio: 0.5, unit: 4 })

describe.each(kinds)('$name', ({ View, Bits, dtype }) => {
  const size = View.BYTES_PER_ELEMENT
  const request = { shape, dtype }

  const setUp = (imagesAt: number, outAt: number) => {
    const all = scramble(new Uint8Array(3 * length * size))
    const images = new View(all.buffer, imagesAt * size, length)
    const out = new View(all.buffer, outAt * size, length)
    const expected = maskedBits(new Bits(all.buffer, imagesAt * size, length), shape)
    return { all, before: all.slice(), images, out, expected }
  }

  test.each([1, 2, 16, length - 1])('out %i elements off the images is refused', async (off) => {
    for (const [imagesAt, outAt] of [
      [length, length + off],
      [length, length - off],
    ] as const) {
      const { all, before, images, out } = setUp(imagesAt, outAt)
      const expected = code('ERR_OVERLAP')
      expect(() => applyPlan(images, plan, { ...request, out })).toThrow(expected)
      expect(() => gridmask.apply(images, { ...request, out })).toThrow(expected)
      await expect(gridmask.applyAsync(images, { ...request, out })).rejects.toThrow(expected)
      expectBytes(all, before)
    }
  })

  test('out that is another view of the same elements is masked in place', async () => {
    const { all, before, images, out, expected } = setUp(length, length)
    const around = before.slice()
    around.set(bytesOf(expected), length * size)
    expect(applyPlan(images, plan, { ...request, out })).toBe(out)
    expectBytes(all, around)

    all.set(before)
    const result = await gridmask.applyAsync(images, { ...request, plan, out })
    expect(all.length).toBe(0)
    expect([result.byteOffset, result.length]).toEqual([length * size, length])
    expectBytes(new Uint8Array(result.buffer), around)
  })

  test.each([
    [0, length],
    [length, 0],
    [0, 2 * length],
  ])('disjoint views, at %i and %i, are as good as two buffers', async (imagesAt, outAt) => {
    const { all, before, images, out, expected } = setUp(imagesAt, outAt)
    const around = before.slice()
    around.set(bytesOf(expected), outAt * size)
    expect(applyPlan(images, plan, { ...request, out })).toBe(out)
    expectBytes(all, around)

    all.set(before)
    const result = await gridmask.applyAsync(images, { ...request, plan, out })
    expect([images.length, out.length]).toEqual([0, 0])
    expect([result.byteOffset, result.length]).toEqual([outAt * size, length])
    expectBytes(new Uint8Array(result.buffer), around)
  })
})

test('views of the same memory, but of other types, are refused', () => {
  const bytes = new Uint8Array(length)
  const out = new Uint8ClampedArray(bytes.buffer)
  expect(() => applyPlan(bytes, plan, { shape, out })).toThrow(code('ERR_INVALID_ARG_TYPE'))
})

test('views that touch no byte in common overlap nowhere, wherever they lie', () => {
  const memory = scramble(new Uint8Array(20))
  const before = memory.slice()
  const out = memory.subarray(10, 10)
  const request = { shape: [0, 3, 4, 4] as const, out }
  expect(gridmask.apply(memory.subarray(5, 5), request)).toBe(out)
  expectBytes(memory, before)
})
