// The plots of what is kept are what the committed pictures show.
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
  const [above, below] = ['upright, 95 %', 'upright, 5 %'].map(
    (name) => new RegExp(`^${name}.* d 112: (\\S+)`, 'm').exec(stdout)?.[1],
  )
  expect([above, below]).toEqual(['0.846', '0.846'])
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

test('names are text, whatever they hold', async () => {
  const series = [{ name: 'a < b & c', points: [{ x: 0, y: 1 }] }]
  const svg = linePlot({ title: '<x>', xLabel: 'x', yLabel: 'y', series })
  expect(svg).toContain('a &lt; b &amp; c')
  await sharp(Buffer.from(svg)).png().toBuffer()
})
