// The committed pictures show the current plots of what is kept.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import sharp from 'sharp'
import { linePlot, ticksOf } from '../../lib/cli/plot'
import { outputOf, root, temporaryFolder } from '../process'

const folder = temporaryFolder('ablations')

test('examples/ablations.mjs draws docs/images/ablations.svg and ablations-d.svg', async () => {
  const names = ['ablations.svg', 'ablations-d.svg']
  const stdout = outputOf(['examples/ablations.mjs', ...names.map((name) => join(folder, name))])
  // Equation 3 says 0.84 for r = 0.6; ceil(d · r) adds a little.
  expect(stdout).toContain('r 0.6: 0.842 ±')
  // Two units of 112 fill the image: every upright mask keeps the same.
  expect(stdout).toMatch(/^upright, nine of ten .* d 112: 0\.846…0\.846/m)
  for (const name of names) {
    const svg = readFileSync(join(folder, name), 'utf8')
    expect(svg).toBe(readFileSync(join(root, 'docs/images', name), 'utf8'))
    expect(await sharp(Buffer.from(svg)).metadata()).toMatchObject({ width: 720, height: 440 })
  }
}, 60_000)

test('ticks are few, round and around what they are for', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-4, max: 1e6, noNaN: true }),
      (low, length) => {
        const high = low + length
        const ticks = ticksOf(low, high)
        expect(ticks.length).toBeGreaterThanOrEqual(2)
        expect(ticks.length).toBeLessThanOrEqual(8)
        expect(ticks[0]).toBeLessThanOrEqual(low + 1e-6 * length)
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(high - 1e-6 * length)
      },
    ),
  )
})

test('names are set apart, whatever the curves do, and stay in the picture', () => {
  const ends = fc.array(fc.nat(1000), { minLength: 1, maxLength: 7 })
  fc.assert(
    fc.property(ends, (values) => {
      const series = values.map((y, i) => ({
        name: `N${i}\nsecond line`,
        points: [
          { x: 0, y: 1000 },
          { x: 1, y },
        ],
      }))
      const svg = linePlot({ title: 't', xLabel: 'x', yLabel: 'y', series })
      const found = svg.matchAll(/<text x="\d+" y="([\d.]+)" fill="[^"]+"(?: class="name")?>/g)
      const lines = Array.from(found, ([, y]) => Number(y)).sort((a, b) => a - b)
      expect(lines).toHaveLength(2 * values.length)
      for (const [k, y] of lines.entries()) {
        expect(y).toBeGreaterThan(40)
        expect(y).toBeLessThan(400)
        if (k > 0) expect(y - (lines[k - 1] as number)).toBeGreaterThan(14)
      }
    }),
  )
})

test('names are text, whatever they contain', async () => {
  const series = [{ name: 'a < b & c', points: [{ x: 0, y: 1 }] }]
  const svg = linePlot({ title: '<x>', xLabel: 'x', yLabel: 'y', series })
  expect(svg).toContain('a &lt; b &amp; c')
  await sharp(Buffer.from(svg)).png().toBuffer()
})
