// A batch crosses to native code as one header: what TypeScript writes is what C++ reads.
import { describe, expect, test } from '@jest/globals'
import { native } from '../../lib/backend/native'
import {
  type BatchHeader,
  headerFields,
  packBatch,
  packHeader,
  SampleKind,
  unpackHeader,
} from '../../lib/core/batch-header'

/** A different number for each field, none of which fits 32 bits. */
const fields = Object.fromEntries(
  headerFields.map((name, i) => [name, 2 ** 52 + 1 + 1000 * i]),
) as BatchHeader

describe('the header of a native call', () => {
  test('has the same fields in C++ and in TypeScript, in the same order', () => {
    expect(Object.entries(native.readHeader(packHeader(fields)))).toEqual(Object.entries(fields))
  })

  test.each(headerFields)('carries %s, and no other field with it', (name) => {
    const header = packHeader({ [name]: 7.5 })
    const zero = Object.fromEntries(headerFields.map((field) => [field, 0]))
    expect(native.readHeader(header)).toEqual({ ...zero, [name]: 7.5 })
    expect(unpackHeader(header)).toEqual({ ...zero, [name]: 7.5 })
  })

  test('keeps nothing from the call before', () => {
    packHeader(fields)
    expect([...packHeader({})]).toEqual(headerFields.map(() => 0))
    const { sampleKind, first, ...layout } = unpackHeader(packHeader({}))
    packHeader(fields)
    expect([...packBatch(layout, { sampleKind: 0, first }, {})]).toEqual(headerFields.map(() => 0))
    expect(sampleKind).toBe(0)
  })

  test('of another length is refused', () => {
    for (const length of [0, headerFields.length - 1, headerFields.length + 1]) {
      expect(native.readHeader(new Float64Array(length))).toBe(1)
    }
  })

  test('names the kinds of samples by their numbers in C++', () => {
    // One image of 2 × 2: a plan that drops all, draws that drop nothing, a rectangle of one pixel.
    const drop = new Uint8Array(72)
    const view = new DataView(drop.buffer)
    view.setFloat64(16, 1, true)
    view.setUint32(24, 3, true)
    view.setInt32(28, 2, true)
    view.setInt32(32, 2, true)
    const data = {
      plan: drop,
      draws: Float64Array.of(0.5, 0.5, 2, 2, 0, 0, 1, 0, 0, 0, 0),
      rectangles: Uint32Array.of(1, 1, 0, 0, 0, 0, 0, 0, ...[0, 0, 1, 1]),
    }
    const kinds = Object.keys(SampleKind) as (keyof typeof SampleKind)[]
    const masked = kinds.map((kind) => {
      const images = Uint8Array.of(9, 9, 9, 9)
      const layout = { count: 1, planes: 1, height: 2, width: 2, pixelBytes: 1, valueBytes: 1 }
      const header = packHeader(layout, { sampleKind: SampleKind[kind], threads: 1 })
      const fill = new Uint8Array(1)
      expect(native.apply(header, images, images, data[kind], undefined, fill)).toBe(0)
      return [kind, [...images]]
    })
    expect(masked).toEqual([
      ['plan', [0, 0, 0, 0]],
      ['draws', [9, 9, 9, 9]],
      ['rectangles', [0, 9, 9, 9]],
    ])
  })
})
