// Boxes, keypoints and label maps go where the pixels go: checked on an image whose values say where they
// were.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Box, Preprocessor, PreprocessorPlan } from '../../lib/index'

interface Setting {
  height: number
  width: number
  padding: number
  smaller: [number, number]
  place: [number, number]
  flip: boolean
}

const setting: fc.Arbitrary<Setting> = fc.record({
  height: fc.integer({ min: 1, max: 12 }),
  width: fc.integer({ min: 1, max: 12 }),
  padding: fc.nat(4),
  smaller: fc.tuple(fc.nat(5), fc.nat(5)),
  place: fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  ),
  flip: fc.boolean(),
})

/** For each pixel of the result the pixel of the image that it shows, or -1. */
function run({ height, width, padding, smaller, place, flip }: Setting) {
  const size = [
    Math.max(height + 2 * padding - smaller[0], 1),
    Math.max(width + 2 * padding - smaller[1], 1),
  ] as const
  const preprocessor = new Preprocessor({ size, padding })
  const sample = {
    top: Math.round(place[0] * (height + 2 * padding - size[0])),
    left: Math.round(place[1] * (width + 2 * padding - size[1])),
    flip,
  }
  const numbers = Float32Array.from({ length: height * width }, (_, i) => 255 * (i + 1))
  const shown = preprocessor.apply(numbers, { shape: [1, height, width, 1], plan: [sample] })
  const from = Array.from(shown, (value) => Math.round(value) - 1)
  return { size, from, placement: preprocessor.placement(sample, [height, width]) }
}

test('label maps', () => {
  fc.assert(
    fc.property(setting, (of) => {
      const { from, placement } = run(of)
      const labels = Int16Array.from({ length: of.height * of.width }, (_, i) => 7 * i)
      const moved = placement.labels(labels, -1)
      expect([...moved]).toEqual(from.map((i) => (i === -1 ? -1 : 7 * i)))
      const large = placement.labels(BigInt64Array.from(labels, BigInt), -1)
      expect([...large].map(Number)).toEqual([...moved])
    }),
  )
})

test('keypoints', () => {
  fc.assert(
    fc.property(setting, (of) => {
      const { size, from, placement } = run(of)
      const centres = Array.from({ length: of.height * of.width }, (_, i) => {
        return [(i % of.width) + 0.5, Math.floor(i / of.width) + 0.5] as const
      })
      placement.keypoints(centres).forEach(([x, y], i) => {
        const inside = x > 0 && y > 0 && x < size[1] && y < size[0]
        const at = from.indexOf(i)
        expect(inside).toBe(at !== -1)
        if (inside) expect([x, y]).toEqual([(at % size[1]) + 0.5, Math.floor(at / size[1]) + 0.5])
      })
    }),
  )
})

test('boxes', () => {
  fc.assert(
    fc.property(setting, fc.tuple(fc.nat(12), fc.nat(12), fc.nat(12), fc.nat(12)), (of, edges) => {
      const { size, from, placement } = run(of)
      const [x0, x1] = [
        Math.min(edges[0], edges[1], of.width),
        Math.min(Math.max(edges[0], edges[1]), of.width),
      ]
      const [y0, y1] = [
        Math.min(edges[2], edges[3], of.height),
        Math.min(Math.max(edges[2], edges[3]), of.height),
      ]
      const [moved] = placement.boxes([[x0, y0, x1, y1]])
      const [left, top, right, bottom] = moved as Box
      expect(left <= right && top <= bottom).toBe(true)
      // What the box holds of the result is what it held of the image.
      from.forEach((i, at) => {
        const [x, y] = [at % size[1], Math.floor(at / size[1])]
        const within = x >= left && x < right && y >= top && y < bottom
        const [fromX, fromY] = [i % of.width, Math.floor(i / of.width)]
        const held = i !== -1 && fromX >= x0 && fromX < x1 && fromY >= y0 && fromY < y1
        expect(within).toBe(held)
      })
    }),
  )
})

describe('what is refused', () => {
  const preprocessor = new Preprocessor({ size: [4, 4] })
  const code = (expected: string) => expect.objectContaining({ code: expected })
  test.each([
    ['a crop outside', { top: 3, left: 0 }, 'ERR_OUT_OF_RANGE', '`sample.top`'],
    ['no crop', undefined, 'ERR_INVALID_ARG_TYPE', '`sample`'],
    ['no corner', { flip: true }, 'ERR_INVALID_ARG_TYPE', '`sample.top`'],
    ['half a mask', { top: 0, left: 0, d: 3 }, 'ERR_INVALID_ARG_TYPE', '`sample.ratio`'],
    [
      'a plan',
      preprocessor.plan({ count: 1, height: 6, width: 6 }),
      'ERR_INVALID_ARG_VALUE',
      'at(i)',
    ],
  ])('%s', (_, sample, expected, message) => {
    const place = () => preprocessor.placement(sample as never, [6, 6])
    expect(place).toThrow(code(expected))
    expect(place).toThrow(message)
  })
  test('sizes, boxes, points and maps', () => {
    const sample = PreprocessorPlan.from([{ top: 0, left: 0 }]).at(0) as never
    expect(() => preprocessor.placement(sample, [3, 4])).toThrow(code('ERR_SHAPE_MISMATCH'))
    const placement = preprocessor.placement(sample, [6, 6])
    expect(() => placement.boxes([[1, 2, 3]] as never)).toThrow(code('ERR_INVALID_ARG_TYPE'))
    expect(() => placement.boxes([[3, 0, 1, 1]])).toThrow(code('ERR_OUT_OF_RANGE'))
    expect(() => placement.keypoints([[1, NaN]])).toThrow(code('ERR_OUT_OF_RANGE'))
    expect(() => placement.keypoints([1, 2] as never)).toThrow(code('ERR_INVALID_ARG_TYPE'))
    expect(() => placement.labels(new Uint8Array(35), 0)).toThrow(code('ERR_SHAPE_MISMATCH'))
    expect(() => placement.labels(new Uint8Array(35), 0)).toThrow(/36 elements, .* of 6×6, .* 35$/)
    expect(() => placement.labels(new Uint8Array(36), 256)).toThrow(code('ERR_OUT_OF_RANGE'))
    expect(() => placement.labels(new Float32Array(36) as never, 0)).toThrow(
      code('ERR_INVALID_ARG_TYPE'),
    )
  })
})
