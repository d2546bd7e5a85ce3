// Buffers that change their length while views of them live on.
import { describe, expect, test } from '@jest/globals'
import { applyPlan, GridMask } from '../../lib/index'
import {
  bytesOf,
  code,
  expectBytes,
  growableBuffer,
  maskedBits,
  params,
  resizableBuffer,
  scramble,
} from './support'

const shape = [1, 3, 8, 8] as const
const length = 3 * 8 * 8
const gridmask = new GridMask({ ratio: 0.5, unit: 4 })
const inPlace = (images: Uint8Array) => applyPlan(images, [params], { shape, out: images })

describe('a resizable ArrayBuffer', () => {
  test('works, and stays one', () => {
    const buffer = resizableBuffer(length, 2 * length)
    const images = scramble(new Uint8Array(buffer))
    const expected = maskedBits(images, shape)
    inPlace(images)
    expectBytes(images, expected)
    buffer.resize(2 * length)
    expect(images.length).toBe(2 * length)
  })

  test('works after it has grown to the length that is needed', () => {
    const buffer = resizableBuffer(length - 10, length + 4096)
    const tracking = new Uint8Array(buffer)
    expect(() => inPlace(tracking)).toThrow(code('ERR_SHAPE_MISMATCH'))
    buffer.resize(length)
    scramble(tracking)
    const expected = maskedBits(tracking, shape)
    expectBytes(applyPlan(tracking, [params], { shape }), expected)
    expectBytes(inPlace(tracking), expected)
  })

  test('works after it has shrunk to the length that is needed', () => {
    const buffer = resizableBuffer(length + 4096, length + 4096)
    const tracking = scramble(new Uint8Array(buffer))
    buffer.resize(length)
    const expected = maskedBits(tracking, shape)
    expectBytes(inPlace(tracking), expected)
  })

  test('as out, gives memory of the length it has now', () => {
    const buffer = resizableBuffer(2 * length, 2 * length)
    const out = new Uint8Array(buffer)
    const images = scramble(new Uint8Array(length))
    expect(() => applyPlan(images, [params], { shape, out })).toThrow(code('ERR_SHAPE_MISMATCH'))
    buffer.resize(length)
    applyPlan(images, [params], { shape, out })
    expectBytes(out, maskedBits(images, shape))
  })

  test('keeps what lies beyond a view of fixed length', () => {
    const buffer = resizableBuffer(length + 20, length + 20)
    scramble(new Uint8Array(buffer))
    const view = new Uint8Array(buffer, 13, length)
    const before = bytesOf(new Uint8Array(buffer))
    const expected = before.slice()
    expected.set(maskedBits(before.slice(13, 13 + length), shape), 13)
    inPlace(view)
    expectBytes(new Uint8Array(buffer), expected)
  })
})

describe('a view that its buffer has become too short for', () => {
  const outOfBounds = () => {
    const buffer = resizableBuffer(length + 8, length + 8)
    const view = new Uint8Array(buffer, 8, length)
    buffer.resize(length)
    return view
  }

  test('is refused as images and as out', () => {
    const images = new Uint8Array(length)
    expect(() => applyPlan(outOfBounds(), [params], { shape })).toThrow(code('ERR_SHAPE_MISMATCH'))
    expect(() => applyPlan(images, [params], { shape, out: outOfBounds() })).toThrow(
      code('ERR_SHAPE_MISMATCH'),
    )
    expect(() => inPlace(outOfBounds())).toThrow(code('ERR_SHAPE_MISMATCH'))
  })

  test('is refused where its start is beyond the end', () => {
    const buffer = resizableBuffer(4096, 4096)
    const tracking = new Uint8Array(buffer, 2048)
    buffer.resize(100)
    expect(() => applyPlan(tracking, [params], { shape })).toThrow(code('ERR_SHAPE_MISMATCH'))
  })

  test('works again when the buffer has grown', () => {
    const view = outOfBounds()
    const buffer = view.buffer as ReturnType<typeof resizableBuffer>
    buffer.resize(length + 8)
    scramble(view)
    const expected = maskedBits(view, shape)
    expectBytes(inPlace(view), expected)
  })

  test('is refused by applyAsync', async () => {
    await expect(gridmask.applyAsync(outOfBounds(), { shape })).rejects.toThrow(
      code('ERR_SHAPE_MISMATCH'),
    )
  })
})

describe('applyAsync with a resizable ArrayBuffer', () => {
  const resizable = () => new Uint8Array(resizableBuffer(length, 2 * length))

  test.each([
    ['images', resizable(), undefined],
    ['out', new Uint8Array(length), resizable()],
    ['images with an out that is not', resizable(), new Uint8Array(length)],
  ])('as %s is refused, and nothing is detached', async (_, images, out) => {
    const request = out === undefined ? { shape } : { shape, out }
    scramble(images)
    const before = bytesOf(images)
    await expect(gridmask.applyAsync(images, request)).rejects.toThrow(code('ERR_BUFFER_RESIZABLE'))
    expectBytes(images, before)
    expect(out?.length ?? length).toBe(length)
  })

  test('that denies it works on memory of its own', async () => {
    const images = scramble(resizable())
    const expected = maskedBits(images, shape)
    Object.defineProperty(images.buffer, 'resizable', { value: false })
    const result = await gridmask.applyAsync(images, { shape, plan: [params] })
    expect(images.buffer.byteLength).toBe(0)
    expectBytes(result, expected)
  })
})

describe('a growable SharedArrayBuffer', () => {
  test('works, before and after it has grown', () => {
    const buffer = growableBuffer(length, 2 * length)
    const tracking = scramble(new Uint8Array(buffer))
    const fixed = new Uint8Array(buffer, 0, length)
    const expected = maskedBits(bytesOf(tracking), shape)
    expectBytes(inPlace(tracking), expected)
    buffer.grow(2 * length)
    expect(() => inPlace(tracking)).toThrow(code('ERR_SHAPE_MISMATCH'))
    expectBytes(inPlace(fixed), expected)
    expect(applyPlan(tracking, [params, params], { shape: [2, 3, 8, 8] }).length).toBe(2 * length)
  })

  test('may grow while applyAsync works on it', async () => {
    const buffer = growableBuffer(length, 2 * length)
    const tracking = scramble(new Uint8Array(buffer))
    const expected = maskedBits(bytesOf(tracking), shape)
    const pending = gridmask.applyAsync(tracking, { shape, plan: [params] })
    buffer.grow(2 * length)
    const result = await pending
    expect(result.buffer).toBe(buffer)
    expectBytes(result, expected)
  })
})
