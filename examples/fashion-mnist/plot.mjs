// SPDX-License-Identifier: MIT
//
// Draws results.json as accuracy.svg: what each method gained over training without masks.
//
//   node examples/fashion-mnist/plot.mjs [FOLDER of both]
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const { ticksOf } = await import(new URL('../../dist/cli/plot.js', import.meta.url).href)

/** @typedef {{ epochs: number, results: ReturnType<typeof import('./results.mjs').compare> }} Comparison */

const [left, right, step] = [150, 600, 34]

const [folder = fileURLToPath(new URL('.', import.meta.url))] = process.argv.slice(2)
const { comparisons } = /** @type {{ comparisons: Comparison[] }} */ (
  JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'))
)
writeFileSync(join(folder, 'accuracy.svg'), draw(comparisons))

/** The rows of a comparison, in percentage points. @param {Comparison} comparison */
function rowsOf({ results }) {
  const [none, ...others] = results
  return others.map(({ method, test, mean, difference }) => {
    const seeds = test.map((accuracy, i) => 100 * (accuracy - Number(none?.test[i])))
    const [middle, error] = [100 * difference.mean, 100 * difference.standardError]
    return { method, seeds, middle, error, accuracy: 100 * mean }
  })
}

/**
 * A panel for each comparison, with a row per method: each seed's difference from "none", hollow, and
 * their mean with its standard error.
 *
 * @param {Comparison[]} comparisons
 */
function draw(comparisons) {
  const ends = comparisons
    .flatMap(rowsOf)
    .flatMap(({ seeds, middle, error }) => [...seeds, middle - error, middle + error])
  /** @type {number[]} */
  const ticks = ticksOf(Math.min(0, ...ends), Math.max(0, ...ends))
  const [low, high] = [Number(ticks[0]), Number(ticks.at(-1))]
  /** @param {number} value */
  const x = (value) => (left + ((value - low) / (high - low)) * (right - left)).toFixed(1)

  const parts = []
  let y = 96
  for (const comparison of comparisons) {
    const rows = rowsOf(comparison)
    const [none] = comparison.results
    const bottom = y + step * rows.length
    parts.push(
      `<text x="24" y="${y - 10}" font-weight="bold">${comparison.epochs} epochs, ${none?.test.length} seeds</text>`,
      `<text x="${right + 16}" y="${y - 10}">none ${(100 * Number(none?.mean)).toFixed(2)} %</text>`,
    )
    for (const tick of ticks) {
      const sign = tick > 0 ? '+' : tick < 0 ? '−' : ''
      parts.push(
        `<path d="M${x(tick)},${y}V${bottom}" stroke="${tick === 0 ? '#333' : '#ddd'}"/>`,
        `<text x="${x(tick)}" y="${bottom + 18}" text-anchor="middle">${sign}${Math.abs(tick)}</text>`,
      )
    }
    for (const { method, seeds, middle, error, accuracy } of rows) {
      const at = y + step / 2
      parts.push(`<text x="${left - 12}" y="${at + 4}" text-anchor="end">${method}</text>`)
      for (const seed of seeds) {
        parts.push(`<circle cx="${x(seed)}" cy="${at}" r="4" fill="none" stroke="#0072b2"/>`)
      }
      parts.push(
        `<path d="M${x(middle - error)},${at}H${x(middle + error)}" stroke="#d55e00" stroke-width="3"/>`,
        `<circle cx="${x(middle)}" cy="${at}" r="5" fill="#d55e00"/>`,
        `<text x="${right + 16}" y="${at + 4}">${accuracy.toFixed(2)} %</text>`,
      )
      y += step
    }
    y += 74
  }
  const height = y - 28
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 ${height}" width="720" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="13">
<title>What each method gained over training without masks</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="24" y="28" font-size="16" font-weight="bold">Test accuracy, difference to training without masks, percentage points</text>
<text x="24" y="50">Circles: a seed each. Dots: their mean and its standard error. At the right: the mean accuracy.</text>
${parts.join('\n')}
</svg>
`
}
