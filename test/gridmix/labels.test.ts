// The labels of mixed samples.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { GridMask, mixLabels } from '../../lib/index'
import { detach } from '../hazards/support'
import { code } from '../support'
import { permutations } from './support'

const cases = fc.tuple(fc.nat(6), fc.nat(5)).chain(([count, classes]) =>
  fc.record({
    shape: fc.constant([count, classes] as const),
    labels: fc.array(fc.float({ noNaN: true, min: -4, max: 4 }), {
      minLength: count * classes,
      maxLength: count * classes,
    }),
    partner: permutations(count),
    lambda: fc.array(fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })), {
      minLength: count,
      maxLength: count,
    }),
  }),
)

test('each row is lambda of its own and the rest of its partner’s, new, apart and in place', () => {
  fc.assert(
    fc.property(cases, ({ shape, labels, partner, lambda }) => {
      const [, classes] = shape
      const oneHot = Float32Array.from(labels)
      const expected = oneHot.map((own, at) => {
        const [i, k] = [Math.floor(at / classes), at % classes]
        const other = oneHot[(partner[i] as number) * classes + k] as number
        return (lambda[i] as number) * own + (1 - (lambda[i] as number)) * other
      })
      const request = { shape, partner, lambda }
      expect(mixLabels(oneHot, request)).toEqual(expected)
      expect([...oneHot]).toEqual([...Float32Array.from(labels)])
      const memory = new Float32Array(labels.length + 3)
      for (const offset of [0, 3]) {
        const source = memory.subarray(0, labels.length)
        const out = memory.subarray(offset, offset + labels.length)
        source.set(oneHot)
        expect(mixLabels(source, { ...request, out })).toBe(out)
        expect(out).toEqual(expected)
      }
    }),
  )
})

test('one-hot labels of a mixed batch say how much of each class a sample shows', () => {
  const shape = [4, 1, 32, 32] as const
  // Each sample has the pixel value of its class.
  const images = Float32Array.from({ length: 4 * 1024 }, (_, i) => Math.floor(i / 1024))
  const oneHot = Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0))
  const gridmask = new GridMask({ ratio: 0.5, unit: [6, 20], rotate: 360, seed: 2 })
  const { images: mixed, partner, lambda } = gridmask.gridmix(images, { shape })
  const labels = mixLabels(oneHot, { shape: [4, 4], partner, lambda })
  const shown = new Float32Array(16)
  mixed.forEach((label, i) => {
    shown[4 * Math.floor(i / 1024) + label] = (shown[4 * Math.floor(i / 1024) + label] ?? 0) + 1
  })
  expect(labels).toEqual(shown.map((count) => count / 1024))
})

describe('what is refused', () => {
  const good = { shape: [2, 3] as const, partner: [1, 0], lambda: [0.5, 1] }
  const rows = [
    ['labels of doubles', new Float64Array(6), {}, 'ERR_INVALID_ARG_TYPE'],
    ['labels in an array', [1, 0, 0, 0, 1, 0], {}, 'ERR_INVALID_ARG_TYPE'],
    ['labels that are short', new Float32Array(5), {}, 'ERR_SHAPE_MISMATCH'],
    ['no shape', undefined, { shape: undefined }, 'ERR_INVALID_ARG_TYPE'],
    ['a shape of three', undefined, { shape: [2, 3, 1] }, 'ERR_INVALID_ARG_TYPE'],
    ['a negative shape', undefined, { shape: [-2, 3] }, 'ERR_OUT_OF_RANGE'],
    ['no partner', undefined, { partner: undefined }, 'ERR_INVALID_ARG_TYPE'],
    ['partners that are short', undefined, { partner: [0] }, 'ERR_SHAPE_MISMATCH'],
    ['partners that are equal', undefined, { partner: [1, 1] }, 'ERR_INVALID_ARG_VALUE'],
    ['no lambda', undefined, { lambda: undefined }, 'ERR_INVALID_ARG_TYPE'],
    ['lambda that is long', undefined, { lambda: [1, 1, 1] }, 'ERR_SHAPE_MISMATCH'],
    ['lambda above 1', undefined, { lambda: [1, 1.01] }, 'ERR_OUT_OF_RANGE'],
    ['lambda below 0', undefined, { lambda: [-0.1, 1] }, 'ERR_OUT_OF_RANGE'],
    ['lambda that is no number', undefined, { lambda: ['1', 1] }, 'ERR_INVALID_ARG_TYPE'],
    ['lambda that is NaN', undefined, { lambda: [Number.NaN, 1] }, 'ERR_OUT_OF_RANGE'],
    ['out of another type', undefined, { out: new Uint8Array(6) }, 'ERR_INVALID_ARG_TYPE'],
    ['out that is short', undefined, { out: new Float32Array(5) }, 'ERR_SHAPE_MISMATCH'],
    ['what it does not know', undefined, { partners: [1, 0] }, 'ERR_INVALID_ARG_VALUE'],
  ] as const
  test.each(rows)('%s', (_, labels, lies, expected) => {
    const oneHot = (labels ?? new Float32Array(6)) as Float32Array
    expect(() => mixLabels(oneHot, { ...good, ...lies } as never)).toThrow(code(expected))
  })

  test('arrays whose memory is gone', () => {
    const gone = new Float32Array(6)
    detach(gone)
    expect(() => mixLabels(gone, good)).toThrow(code('ERR_BUFFER_DETACHED'))
    expect(() => mixLabels(new Float32Array(6), { ...good, out: gone })).toThrow(
      code('ERR_BUFFER_DETACHED'),
    )
    const labels = new Float32Array(6)
    const lambda = Object.defineProperty([1, 1], 0, {
      get() {
        if (labels.length > 0) detach(labels)
        return 1
      },
    })
    expect(() => mixLabels(labels, { ...good, lambda })).toThrow(code('ERR_BUFFER_DETACHED'))
  })
})
