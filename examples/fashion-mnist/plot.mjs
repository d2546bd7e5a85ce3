// SPDX-License-Identifier: MIT
//
// Draws results.json: accuracy.svg, what each method gained over none, and curves.svg, over-fitting.
//
//   node examples/fashion-mnist/plot.mjs [FOLDER of results.json and the pictures]
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const { linePlot, ticksOf } = await import(new URL('../../dist/plot.js', import.meta.url).href)

/** @typedef {ReturnType<typeof import('./results.mjs').compare>} Results */

const [folder = fileURLToPath(new URL('.', import.meta.url))] = process.argv.slice(2)
const { results } = /** @type {{ results: Results }} */ (
  JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'))
)
writeFileSync(join(folder, 'accuracy.svg'), differences(results))
writeFileSync(join(folder, 'curves.svg'), curves(results))

/**
 * A row a method: each seed's difference to none, hollow, and their mean with its standard error.
 *
 * @param {Results} results
 */
function differences(results) {
  const [none, ...others] = results
  const rows = others.map(({ method, test, mean, difference }) => {
    const seeds = test.map((accuracy, i) => 100 * (accuracy - Number(none?.test[i])))
    const [middle, error] = [100 * difference.mean, 100 * difference.standardError]
    return { method, seeds, middle, error, accuracy: 100 * mean }
  })
  const all = rows.flatMap(({ seeds, middle, error }) => [...seeds, middle - error, middle + error])
  const ticks = ticksOf(Math.min(0, ...all), Math.max(0, ...all))
  const [low, high] = [ticks[0], ticks.at(-1)]
  const [left, right, top, step] = [150, 600, 74, 40]
  const bottom = top + step * rows.length
  /** @param {number} value */
  const x = (value) => (left + ((value - low) / (high - low)) * (right - left)).toFixed(1)

  const parts = ticks.map((/** @type {number} */ tick) => {
    const sign = tick > 0 ? '+' : tick < 0 ? '−' : ''
    return (
      `<path d="M${x(tick)},${top}V${bottom}" stroke="${tick === 0 ? '#333' : '#ddd'}"/>` +
      `<text x="${x(tick)}" y="${bottom + 20}" text-anchor="middle">${sign}${Math.abs(tick)}</text>`
    )
  })
  for (const [i, { method, seeds, middle, error, accuracy }] of rows.entries()) {
    const y = top + (i + 0.5) * step
    parts.push(`<text x="${left - 12}" y="${y + 4}" text-anchor="end">${method}</text>`)
    for (const seed of seeds) {
      parts.push(`<circle cx="${x(seed)}" cy="${y}" r="4" fill="none" stroke="#0072b2"/>`)
    }
    parts.push(
      `<path d="M${x(middle - error)},${y}H${x(middle + error)}" stroke="#d55e00" stroke-width="3"/>`,
      `<circle cx="${x(middle)}" cy="${y}" r="5.5" fill="#d55e00"/>`,
      `<text x="${right + 16}" y="${y + 4}">${accuracy.toFixed(2)} %</text>`,
    )
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 ${bottom + 56}" width="720" height="${bottom + 56}" font-family="Helvetica, Arial, sans-serif" font-size="13">
<title>What each method gained</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="24" y="28" font-size="16" font-weight="bold">Test accuracy, difference to training without masks</text>
<text x="24" y="48">Circles: one seed each. Dots: their mean and its standard error. At the right: mean accuracy.</text>
<text x="${right + 16}" y="${top - 8}">none: ${(100 * Number(none?.mean)).toFixed(2)} %</text>
${parts.join('\n')}
<text x="${(left + right) / 2}" y="${bottom + 44}" text-anchor="middle">percentage points</text>
</svg>
`
}

/** @param {Results} results */
function curves(results) {
  const shown = results.filter(({ method }) => method === 'none' || method === 'GridMask')
  const series = shown.flatMap(({ method, curve }) =>
    /** @type {const} */ (['training', 'test']).map((what) => ({
      name: `${method}, ${what}`,
      points: curve.map((point) => ({ x: point.epoch, y: point[what] })),
      style: what === 'training' ? 'dashes' : 'line',
    })),
  )
  const least = Math.min(...series.flatMap(({ points }) => points.map(({ y }) => y)))
  return linePlot({
    title: 'Training images are learnt by heart',
    xLabel: 'epoch',
    yLabel: 'accuracy on unmasked images, mean of the seeds',
    series,
    yMin: Math.floor(10 * least) / 10,
  })
}
