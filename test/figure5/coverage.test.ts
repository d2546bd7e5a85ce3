// Runs of bits against one byte per pixel.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Coverage } from '../../lib/core/coverage'

const edge = fc.integer({ min: -5, max: 80 })
const box = fc.tuple(edge, edge, edge, edge)

test('covers and counts as one byte per pixel does', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.integer({ min: 1, max: 70 }),
      fc.array(box, { maxLength: 8 }),
      box,
      (height, width, squares, counted) => {
        const coverage = new Coverage(height, width)
        const bytes = new Uint8Array(height * width)
        const pixels = ([x0, y0, x1, y1]: readonly number[]) =>
          Array.from(bytes.keys()).filter((i) => {
            const [x, y] = [i % width, Math.floor(i / width)]
            return x >= Number(x0) && x < Number(x1) && y >= Number(y0) && y < Number(y1)
          })
        for (const square of squares) {
          const fresh = pixels(square).filter((i) => bytes[i] === 0)
          for (const i of fresh) bytes[i] = 1
          expect(coverage.cover(...square)).toBe(fresh.length)
        }
        const covered = pixels(counted).filter((i) => bytes[i] === 1).length
        expect(coverage.count(...counted)).toBe(covered)
        coverage.clear()
        expect(coverage.count(0, 0, width, height)).toBe(0)
      },
    ),
  )
})
