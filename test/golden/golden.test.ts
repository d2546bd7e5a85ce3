// Masks that the authors' own code drew, compared bit for bit.
import { describe, expect, test } from '@jest/globals'
import { referenceMask } from '../../lib/fallback/reference'
import { applyPlan, keepRatio, maskOf, Plan, type Sample } from '../../lib/index'
import { goldenMasks as cases, expectedMask, type Golden, paramsOf } from './masks'

const indicesWithWrongMask = (maskOfCase: (golden: Golden) => Uint8Array) =>
  cases.flatMap((golden, i) =>
    Buffer.compare(maskOfCase(golden), expectedMask(golden)) === 0 ? [] : [i],
  )

test('there are 400 of them, in both modes, with right and odd angles', () => {
  expect(cases).toHaveLength(400)
  expect(new Set(cases.map(({ mode }) => mode)).size).toBe(2)
  expect(new Set(cases.map(({ angle }) => angle)).size).toBeGreaterThan(50)
})

describe("the authors' masks are reproduced", () => {
  test('by the reference, pixel by pixel', () => {
    const reference = (golden: Golden) =>
      referenceMask(Plan.from([paramsOf(golden)]).at(0) as Sample, [golden.height, golden.width])
    expect(indicesWithWrongMask(reference)).toEqual([])
  })

  test('by maskOf', () => {
    const native = (golden: Golden) => maskOf(paramsOf(golden), [golden.height, golden.width])
    expect(indicesWithWrongMask(native)).toEqual([])
  })

  test('by applyPlan on pixels, into a new array and in place', () => {
    const applied = (inPlace: boolean) => (golden: Golden) => {
      const { height, width } = golden
      const images = new Float32Array(3 * height * width).fill(7)
      const request = { shape: [1, 3, height, width] as const, fill: -1 }
      const out = inPlace ? { out: images } : {}
      const masked = applyPlan(images, [paramsOf(golden)], { ...request, ...out })
      const plane = (c: number) =>
        Uint8Array.from(masked.slice(c * height * width, (c + 1) * height * width), (value) =>
          value === 7 ? 1 : 0,
        )
      const [first, ...others] = [plane(0), plane(1), plane(2)]
      expect(others.map((other) => Buffer.compare(other, first))).toEqual([0, 0])
      return first
    }
    expect(indicesWithWrongMask(applied(false))).toEqual([])
    expect(indicesWithWrongMask(applied(true))).toEqual([])
  })

  test('by keepRatio, exactly', () => {
    for (const golden of cases) {
      const mask = expectedMask(golden)
      const kept = mask.reduce((sum, bit) => sum + bit, 0) / mask.length
      expect(keepRatio(paramsOf(golden), [golden.height, golden.width])).toBe(kept)
    }
  })
})
