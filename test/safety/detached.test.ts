// An array whose memory has gone elsewhere looks like an empty one.
import { describe, expect, test } from '@jest/globals'
import { applyPlan, GridMask } from '../../lib/index'
import { bytesOf, code, detach, expectBytes, kinds, params, scramble } from './support'

const shape = [2, 3, 8, 8] as const
const length = 2 * 3 * 8 * 8
const gridmask = new GridMask({ ratio: 0.5, unit: 4 })

function detached(): Float32Array {
  const array = new Float32Array(length)
  detach(array.buffer)
  return array
}

describe('detached images', () => {
  const calls = {
    apply: () => gridmask.apply(detached(), { shape }),
    'apply in place': () => {
      const images = detached()
      return gridmask.apply(images, { shape, out: images })
    },
    applyPlan: () => applyPlan(detached(), [params, params], { shape }),
  }
  test.each(Object.entries(calls))('%s throws', (_, call) => {
    expect(call).toThrow(code('ERR_BUFFER_DETACHED'))
  })

  test('applyAsync rejects', async () => {
    await expect(gridmask.applyAsync(detached(), { shape })).rejects.toThrow(
      code('ERR_BUFFER_DETACHED'),
    )
  })

  test('are not taken for an empty batch', async () => {
    const empty = [0, 3, 8, 8] as const
    expect(() => gridmask.apply(detached(), { shape: empty })).toThrow(code('ERR_BUFFER_DETACHED'))
    await expect(gridmask.applyAsync(detached(), { shape: empty })).rejects.toThrow(
      code('ERR_BUFFER_DETACHED'),
    )
  })

  test('of every kind are recognised', () => {
    for (const { View, dtype } of kinds) {
      const images = new View(new ArrayBuffer(length * 4), 0, length)
      detach(images.buffer)
      expect(() => gridmask.apply(images, { shape, dtype })).toThrow(code('ERR_BUFFER_DETACHED'))
    }
  })

  test('that were never longer than nothing are recognised too', () => {
    const images = new Float32Array(0)
    detach(images.buffer)
    expect(() => gridmask.apply(images, { shape: [0, 3, 8, 8] })).toThrow(
      code('ERR_BUFFER_DETACHED'),
    )
  })
})

describe('a detached out', () => {
  test('is refused, and the images are as they were', () => {
    const images = scramble(new Float32Array(length))
    const before = bytesOf(images)
    expect(() => gridmask.apply(images, { shape, out: detached() })).toThrow(
      code('ERR_BUFFER_DETACHED'),
    )
    expectBytes(images, before)
  })

  test('makes applyAsync reject without taking the images', async () => {
    const images = new Float32Array(length)
    await expect(gridmask.applyAsync(images, { shape, out: detached() })).rejects.toThrow(
      code('ERR_BUFFER_DETACHED'),
    )
    expect(images.length).toBe(length)
  })
})

describe('an array that applyAsync took', () => {
  test('is detached at once, with every view of its buffer', async () => {
    const images = new Float32Array(length)
    const other = new Uint8Array(images.buffer)
    const result = gridmask.applyAsync(images, { shape })
    expect(images.length).toBe(0)
    expect(other.length).toBe(0)
    expect((await result).length).toBe(length)
  })

  test('is refused while it is in flight and afterwards', async () => {
    const images = new Float32Array(length)
    const first = gridmask.applyAsync(images, { shape })
    expect(() => gridmask.apply(images, { shape })).toThrow(code('ERR_BUFFER_DETACHED'))
    await expect(gridmask.applyAsync(images, { shape })).rejects.toThrow(
      code('ERR_BUFFER_DETACHED'),
    )
    await first
    expect(() => gridmask.apply(images, { shape })).toThrow(code('ERR_BUFFER_DETACHED'))
  })

  test('comes back with its bytes, type, offset and length', async () => {
    const images = scramble(new Uint8Array(1000)).subarray(7, 7 + length)
    const expected = gridmask.apply(images, { shape, index: 0 })
    const result = await gridmask.applyAsync(images, { shape, index: 0 })
    expect(result).toBeInstanceOf(Uint8Array)
    expect(result.byteOffset).toBe(7)
    expect(result.buffer.byteLength).toBe(1000)
    expectBytes(result, expected)
  })

  test('is taken along with an out in another buffer, whose memory holds the result', async () => {
    const images = new Float32Array(length)
    const out = new Float32Array(length + 5).subarray(5)
    const result = gridmask.applyAsync(images, { shape, out })
    expect([images.length, out.length]).toEqual([0, 0])
    expect((await result).byteOffset).toBe(20)
  })
})

describe('empty arrays', () => {
  test('are not mistaken for detached ones', async () => {
    const empty = [0, 3, 8, 8] as const
    expect(gridmask.apply(new Float32Array(0), { shape: empty }).length).toBe(0)
    expect((await gridmask.applyAsync(new Float32Array(0), { shape: empty })).length).toBe(0)
    const atTheEnd = new Float32Array(8).subarray(8)
    expect(gridmask.apply(atTheEnd, { shape: empty, out: atTheEnd })).toBe(atTheEnd)
    expect(() => gridmask.apply(new Float32Array(0), { shape })).toThrow(code('ERR_SHAPE_MISMATCH'))
  })
})
