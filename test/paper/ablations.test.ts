// Section 4.1.3, as far as it needs no training: what r, d, offsets and rotation do to masks.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { GridMask, keepRatio, maskOf } from '../../lib/index'

const size = [224, 224] as const
const settings = { unit: [96, 224], seed: 5 } as const

/** Kept fractions of many drawn masks. */
function keptFractions(ratio: number, rotate: number, count: number): number[] {
  const plan = new GridMask({ ...settings, ratio, rotate }).plan({ count })
  return [...plan].map((sample) => keepRatio(sample, size))
}

const mean = (values: number[]) => values.reduce((sum, v) => sum + v, 0) / values.length
const deviation = (values: number[]) => {
  const m = mean(values)
  return Math.sqrt(mean(values.map((v) => (v - m) ** 2)))
}

describe('equation 3, k = 1 - (1 - r)²', () => {
  test('is exact for whole units', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        fc.nat(),
        (d, ratio, down, across, deltaX, deltaY) => {
          const params = { d, ratio, deltaX: deltaX % d, deltaY: deltaY % d }
          const r = Math.ceil(d * ratio) / d
          expect(keepRatio(params, [down * d, across * d])).toBeCloseTo(1 - (1 - r) ** 2, 12)
        },
      ),
    )
  })

  test.each([0, 360])('is what is kept on average, rotate %d', (rotate) => {
    for (const ratio of [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]) {
      const fractions = keptFractions(ratio, rotate, 1500)
      // Stripes are of ceil(d · r) pixels, half a pixel more than d · r: k grows by 2(1 - r) / 2d.
      const wider = ((1 - ratio) * Math.log(224 / 96)) / (224 - 96)
      const expected = 1 - (1 - ratio) ** 2 + wider
      const error = deviation(fractions) / Math.sqrt(fractions.length)
      expect(Math.abs(mean(fractions) - expected)).toBeLessThan(4 * error)
    }
  })
})

describe('the kept fraction of single images', () => {
  test('varies more the larger d is', () => {
    const spread = (d: number) => {
      const plan = new GridMask({ ratio: 0.6, unit: d, seed: 1 }).plan({ count: 1500 })
      return deviation([...plan].map((sample) => keepRatio(sample, size)))
    }
    const spreads = [24, 48, 96, 192].map((d) => spread(d + 5))
    for (let i = 1; i < spreads.length; i++) {
      expect(spreads[i]).toBeGreaterThan((spreads[i - 1] as number) * 1.2)
    }
  })

  test('varies less where masks are turned', () => {
    const [upright, turned] = [0, 360].map((rotate) => keptFractions(0.6, rotate, 3000))
    expect(deviation(turned as number[])).toBeLessThan(deviation(upright as number[]) * 0.95)
  })
})

test('over all offsets, every pixel is dropped equally often, whatever the angle', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.double({ min: 0.05, max: 0.95, noNaN: true }),
      fc.oneof(fc.constantFrom(0, 90), fc.double({ min: -360, max: 360, noNaN: true })),
      fc.boolean(),
      fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 })),
      (d, ratio, angle, reverse, [height, width]) => {
        const kept = new Uint32Array(height * width)
        for (let deltaX = 0; deltaX < d; deltaX++) {
          for (let deltaY = 0; deltaY < d; deltaY++) {
            const mask = maskOf({ d, ratio, deltaX, deltaY, angle, reverse }, [height, width])
            for (let i = 0; i < mask.length; i++)
              kept[i] = (kept[i] as number) + (mask[i] as number)
          }
        }
        const dropped = (d - Math.ceil(d * ratio)) ** 2
        const expected = reverse ? dropped : d * d - dropped
        expect(new Set(kept)).toEqual(new Set([expected]))
      },
    ),
    { numRuns: 60 },
  )
})
