// Section 4.1.3 without training: how much of an image GridMask keeps, for each r, upright and
// turned, beside equation 3; and how far single images are from that, for each d. Writes
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
 * @param {number} beside by how much it is drawn beside its place, so that bars do not lie on others
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
  measured('d 96…223, upright', [96, 224], 0, -0.012),
  measured('d 96…223, turned', [96, 224], 360, 0),
  measured('d 24…32, upright', [24, 33], 0, 0.012),
]
for (const { name, points } of series) {
  const cells = points.map(
    ({ y, error }, i) => `r ${ratios[i]}: ${y.toFixed(3)} ± ${error.toFixed(3)}`,
  )
  console.log(`${name.padEnd(18)} ${cells.join('   ')}`)
}
const formula = ratios.map((x) => ({ x, y: 1 - (1 - x) ** 2 }))
writeFileSync(
  file,
  linePlot({
    title: 'What is kept of an image of 224×224',
    xLabel: 'r, the width of the kept stripe as a fraction of d',
    yLabel: 'k, kept fraction: mean and standard deviation',
    series: [{ name: '1 − (1 − r)²', points: formula, style: 'dashes' }, ...series],
  }),
)
console.log(`written: ${file}`)

const units = Array.from({ length: 28 }, (_, i) => 8 * (i + 1))

/**
 * Below what, and above what, the kept fraction is for one image in twenty.
 *
 * @param {string} name
 * @param {number} rotate
 */
function spread(name, rotate) {
  const sorted = units.map((unit) =>
    Float64Array.from(keptFractions({ ratio: 0.6, unit, rotate })).sort(),
  )
  return [0.95, 0.05].map((part) => ({
    name: `${name}, ${100 * part} %`,
    points: sorted.map((kept, i) => ({
      x: /** @type {number} */ (units[i]),
      y: /** @type {number} */ (kept[Math.floor(part * images)]),
    })),
  }))
}

const bounds = [...spread('upright', 0), ...spread('turned', 360)]
for (const { name, points } of bounds) {
  console.log(
    `${name.padEnd(18)} ${points.map(({ x, y }) => `d ${x}: ${y.toFixed(3)}`).join('   ')}`,
  )
}
const limit = units.map((x) => ({ x, y: 1 - (1 - 0.6) ** 2 }))
writeFileSync(
  spreadFile,
  linePlot({
    title: 'Kept of single images of 224×224, r = 0.6',
    xLabel: 'd, the side of a unit in pixels',
    yLabel: 'k, kept fraction: nine of ten images lie between',
    series: [{ name: '1 − (1 − r)²', points: limit, style: 'dashes' }, ...bounds],
    yMin: 0.6,
  }),
)
console.log(`written: ${spreadFile}`)
