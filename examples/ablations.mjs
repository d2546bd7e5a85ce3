// Section 4.1.3 without training: how much of an image GridMask keeps, for each r, upright and
// rotated, next to equation 3; and how far single images are from that, for each d. Writes
// docs/images/ablations.svg and docs/images/ablations-d.svg, or the files that are named.
import { writeFileSync } from 'node:fs'
import { GridMask, keepRatio } from 'gridmask'

const { linePlot } = await import(new URL('../dist/cli/plot.js', import.meta.url).href)

const [file = 'docs/images/ablations.svg', spreadFile = 'docs/images/ablations-d.svg'] =
  process.argv.slice(2)
const images = 4000
const ratios = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

/**
 * @param {import('gridmask').GridMaskOptions} options
 */
function keptFractions(options) {
  const plan = new GridMask({ ...options, seed: 1 }).plan({ count: images })
  return [...plan].map((sample) => keepRatio(sample, [224, 224]))
}

/**
 * @param {string} name
 * @param {[number, number]} unit
 * @param {number} rotate
 * @param {number} beside how far it is drawn from its place, so that bars do not overlap
 */
function measured(name, unit, rotate, beside) {
  const points = ratios.map((ratio) => {
    const kept = keptFractions({ ratio, unit, rotate })
    const mean = kept.reduce((sum, k) => sum + k, 0) / images
    const variance = kept.reduce((sum, k) => sum + (k - mean) ** 2, 0) / images
    return { x: ratio + beside, y: mean, error: Math.sqrt(variance) }
  })
  return { name, points, style: 'markers' }
}

const series = [
  measured('upright\nd 96…223 pixels', [96, 224], 0, -0.012),
  measured('rotated\nd 96…223 pixels', [96, 224], 360, 0),
  measured('upright\nd 24…32 pixels', [24, 33], 0, 0.012),
]
for (const { name, points } of series) {
  const cells = points.map(
    ({ y, error }, i) => `r ${ratios[i]}: ${y.toFixed(3)} ± ${error.toFixed(3)}`,
  )
  console.log(`${name.replace('\n', ', ').padEnd(26)} ${cells.join('   ')}`)
}
const formula = ratios.map((x) => ({ x, y: 1 - (1 - x) ** 2 }))
writeFileSync(
  file,
  linePlot({
    title: 'How much images of 224×224 keep',
    xLabel: 'r, the width of the kept stripe as a fraction of the unit',
    yLabel: 'kept fraction: mean ± standard deviation',
    series: [{ name: '1 − (1 − r)²\nequation 3', points: formula, style: 'dashes' }, ...series],
  }),
)
console.log(`written: ${file}`)

const units = Array.from({ length: 28 }, (_, i) => 8 * (i + 1))

/**
 * The kept fractions between which nine images of ten lie.
 *
 * @param {string} name
 * @param {number} rotate
 */
function spread(name, rotate) {
  const points = units.map((unit) => {
    const kept = keptFractions({ ratio: 0.6, unit, rotate }).sort((a, b) => a - b)
    const at = (/** @type {number} */ part) =>
      /** @type {number} */ (kept[Math.floor(part * images)])
    return { x: unit, low: at(0.05), y: at(0.95) }
  })
  return { name: `${name}\n9 of 10 images`, points, style: 'band' }
}

const bands = [spread('upright', 0), spread('rotated', 360)]
for (const { name, points } of bands) {
  const cells = points.map(({ x, low, y }) => `d ${x}: ${low.toFixed(3)}…${y.toFixed(3)}`)
  console.log(`${name.split('\n')[0]}, nine of ten  ${cells.join('   ')}`)
}
const limit = units.map((x) => ({ x, y: 1 - (1 - 0.6) ** 2 }))
writeFileSync(
  spreadFile,
  linePlot({
    title: 'How much single images of 224×224 keep, for r = 0.6',
    xLabel: 'd, the side of a unit, in pixels',
    yLabel: 'kept fraction of an image',
    series: [...bands, { name: '1 − (1 − r)²\nequation 3', points: limit, style: 'dashes' }],
    yMin: 0.7,
  }),
)
console.log(`written: ${spreadFile}`)
