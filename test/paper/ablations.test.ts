// Section 4.1.3 as far as it needs no training: what r, d, offsets and rotation do to masks.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { GridMask, keepRatio, maskOf } from '../../lib/index'
import { deviation, expectMean, mean } from '../statistics'
import { sampleParams } from '../support'

const size = [224, 224] as const
const settings = { unit: [96, 224], seed: 5 } as const

/** Kept fractions of many drawn masks. */
function keptFractions(ratio: number, rotate: number, count: number): number[] {
  const plan = new GridMask({ ...settings, ratio, rotate }).plan({ count })
  return [...plan].map((sample) => keepRatio(sample, size))
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

  test.each([0, 360])('is kept on average, rotate %d', (rotate) => {
    for (const ratio of [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]) {
      const fractions = keptFractions(ratio, rotate, 1500)
      // Stripes are of ceil(d · r) pixels, half a pixel more than d · r: k grows by 2(1 - r) / 2d.
      const wider = ((1 - ratio) * Math.log(224 / 96)) / (224 - 96)
      const expected = 1 - (1 - ratio) ** 2 + wider
      expectMean(fractions, expected)
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

  test('does not vary if upright units fill the image, but does if they are rotated', () => {
    const fractions = (rotate: number) => {
      const plan = new GridMask({ ratio: 0.6, unit: 112, rotate, seed: 1 }).plan({ count: 500 })
      return new Set(Array.from(plan, (sample) => keepRatio(sample, size)))
    }
    expect(fractions(0)).toEqual(new Set([1 - (112 - 68) ** 2 / 112 ** 2]))
    expect(fractions(360).size).toBeGreaterThan(100)
  })

  test('has any size if one unit is larger than the image', () => {
    const plan = new GridMask({ ratio: 0.6, unit: 600, seed: 1 }).plan({ count: 3000 })
    const fractions = Array.from(plan, (sample) => keepRatio(sample, size))
    expect(Math.min(...fractions)).toBe(0)
    expect(Math.max(...fractions)).toBe(1)
  })

  test('varies less if masks are rotated', () => {
    const [upright, turned] = [0, 360].map((rotate) => keptFractions(0.6, rotate, 3000))
    expect(deviation(turned as number[])).toBeLessThan(deviation(upright as number[]) * 0.95)
  })
})

describe('variations', () => {
  test('RevGridMask keeps what GridMask drops, and drops what it keeps', () => {
    fc.assert(
      fc.property(sampleParams, ({ reverse: _, masked: __, ...params }) => {
        const [mask, reversed] = [false, true].map((reverse) =>
          maskOf({ ...params, reverse }, [40, 50]),
        ) as [Uint8Array, Uint8Array]
        expect(reversed).toEqual(mask.map((kept) => 1 - kept))
      }),
    )
  })

  test.each([0.5, 0.7, 0.9])('Random GridMask, p_u %d, drops this part of the squares', (p) => {
    const options = { ratio: 0.4, unit: 14, seed: 1, unitProbability: p }
    const plan = new GridMask(options).plan({ count: 1500 })
    const fractions = Array.from(plan, (sample) => keepRatio(sample, [224, 224]))
    const expected = 1 - p * ((14 - 6) / 14) ** 2
    expectMean(fractions, expected)
  })
})

test.each([0, 360])(
  'among drawn masks too, no pixel is dropped more often, rotate %d',
  (rotate) => {
    const [height, width, count] = [20, 30, 4000]
    const options = { ratio: 0.6, unit: [8, 25], rotate, seed: 9 } as const
    const images = new Uint8Array(count * height * width).fill(1)
    new GridMask(options).apply(images, { shape: [count, 1, height, width], out: images })
    const dropped = new Uint32Array(height * width)
    images.forEach((kept, i) => {
      if (kept === 0) dropped[i % dropped.length] = (dropped[i % dropped.length] as number) + 1
    })
    const units = Array.from({ length: 25 - 8 }, (_, i) => 8 + i)
    const expected = mean(units.map((d) => ((d - Math.ceil(d * 0.6)) / d) ** 2))
    const error = Math.sqrt((expected * (1 - expected)) / count)
    // Five errors: of 600 pixels, by chance one in 3000 such tests.
    for (const times of dropped) {
      expect(Math.abs(times / count - expected)).toBeLessThan(5 * error)
    }
  },
  30_000,
)

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
