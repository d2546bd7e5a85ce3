// Pictures and numbers for docs/choosing.md: for images of several sizes, what a lattice hides for
// each r and d. Writes docs/images/choosing-<size>.svg, or into the folder that is named, and prints
// the page's table.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GridMask, keepRatio, maskOf, visibleFraction } from 'gridmask'

const [folder = 'docs/images'] = process.argv.slice(2)
const draws = 1000
const ratios = [0.4, 0.5, 0.6]

/** @typedef {[height: number, width: number]} Size */
/** @typedef {{ size: Size, ratio: number, unit: [number, number], sides: number[] }} Case */

/** `unit` is where to start; `sides` are shown. @type {Case[]} */
const cases = [
  { size: [32, 32], ratio: 0.4, unit: [24, 33], sides: [4, 8, 16, 28] },
  { size: [96, 96], ratio: 0.5, unit: [41, 96], sides: [12, 24, 48, 84] },
  { size: [224, 224], ratio: 0.6, unit: [96, 224], sides: [28, 56, 112, 196] },
  { size: [512, 512], ratio: 0.6, unit: [219, 512], sides: [64, 128, 256, 448] },
  { size: [800, 1333], ratio: 0.5, unit: [2, 800], sides: [100, 200, 400, 700] },
]

for (const { size, sides } of cases) {
  const file = join(folder, `choosing-${size.join('x')}.svg`)
  writeFileSync(file, picture(size, sides))
}

/** @param {number} value */
const percent = (value) => `${(100 * value).toFixed(1)}\u00a0%`

console.log(
  '| images | r | d | squares, pixels | dropped | hides an object of 1/8 | of 1/4 | of 1/2 |',
)
console.log('|---|---|---|---|---|---|---|---|')
for (const { size, ratio, unit } of cases) {
  const found = measure(size, ratio, unit)
  const squares = [unit[0], unit[1] - 1].map((d) => d - Math.ceil(d * ratio)).join('…')
  const cells = [
    size.join('×'),
    ratio,
    `${unit[0]}…${unit[1] - 1}`,
    squares,
    percent(found.dropped),
    ...found.hidden.map(percent),
  ]
  console.log(`| ${cells.join(' | ')} |`)
}

/**
 * For images with upright masks: the mean share that is dropped, and the shares of objects of an eighth, a
 * quarter and a half of the shorter side that are 99 % hidden.
 *
 * @param {Size} size
 * @param {number} ratio
 * @param {[number, number]} unit
 */
function measure(size, ratio, unit) {
  const plan = new GridMask({ ratio, unit, seed: 1 }).plan({ count: draws })
  /** @param {(sample: import('gridmask').Sample) => number} value */
  const mean = (value) => Array.from(plan, value).reduce((sum, v) => sum + v, 0) / draws
  return {
    dropped: mean((sample) => 1 - keepRatio(sample, size)),
    hidden: [1 / 8, 1 / 4, 1 / 2].map((part) => {
      const objects = boxes(size, part)
      return mean((sample) => hidden(sample, size, objects))
    }),
  }
}

/**
 * Squares whose side is a part of the shorter side, at 36 places of an image.
 *
 * @param {Size} size
 * @param {number} part
 */
function boxes([height, width], part) {
  const side = part * Math.min(height, width)
  const places = Array.from({ length: 6 }, (_, i) => i / 5)
  return places.flatMap((down) =>
    places.map((across) => {
      const [x, y] = [across * (width - side), down * (height - side)]
      return /** @type {const} */ ([x, y, x + side, y + side])
    }),
  )
}

/**
 * @param {import('gridmask').SampleParams} sample
 * @param {Size} size
 * @param {ReturnType<typeof boxes>} objects
 */
function hidden(sample, size, objects) {
  const visible = visibleFraction(sample, size, objects)
  return visible.filter((part) => part <= 0.01).length / objects.length
}

/**
 * A table of images: a row for each r, a column for each d. The disc is an object of half of the
 * shorter side.
 *
 * @param {Size} size
 * @param {number[]} sides
 */
function picture([height, width], sides) {
  const [left, top, gap] = [96, 64, 14]
  const cell = 142
  const scale = cell / width
  const tall = height * scale
  const total = { width: left + sides.length * (cell + gap), height: top + 3 * (tall + gap + 18) }
  const name = `${height} × ${width} pixels${height === width ? '' : ', height × width'}`
  const title = `Images of ${name}: what is dropped for each d and r`
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total.width} ${Math.ceil(total.height)}" font-family="Helvetica, Arial, sans-serif" font-size="13">`,
    `<title>${title}</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="10" y="22" font-size="15" font-weight="bold">${name}</text>`,
    `<text x="${total.width - gap}" y="22" text-anchor="end" fill="#555">dark: dropped, disc: an object of half the shorter side</text>`,
  ]
  sides.forEach((d, column) => {
    const x = left + column * (cell + gap) + cell / 2
    parts.push(
      `<text x="${x}" y="${top - 12}" text-anchor="middle" font-weight="bold">d = ${d}</text>`,
    )
  })
  ratios.forEach((ratio, row) => {
    const y = top + row * (tall + gap + 18)
    const kept = Math.round(100 * (1 - (1 - ratio) ** 2))
    parts.push(`<text x="10" y="${y + tall / 2}" font-weight="bold">r = ${ratio}</text>`)
    parts.push(`<text x="10" y="${y + tall / 2 + 17}" fill="#555">keeps ${kept} %</text>`)
    sides.forEach((d, column) => {
      const x = left + column * (cell + gap)
      const l = Math.ceil(d * ratio)
      const runs = squares({ d, ratio, deltaX: d >> 2, deltaY: d >> 2 }, [height, width])
      const object = `<circle cx="${width / 2}" cy="${height / 2}" r="${Math.min(width, height) / 4}" fill="#f59e0b"/>`
      parts.push(
        `<svg x="${x}" y="${round(y)}" width="${cell}" height="${round(tall)}" viewBox="0 0 ${width} ${height}">`,
        '<rect width="100%" height="100%" fill="#dbeafe"/>',
        `${object}<path fill="#1e293b" d="${runs}"/></svg>`,
        `<text x="${x + cell / 2}" y="${round(y + tall + 15)}" text-anchor="middle" font-size="12" fill="#555">squares of ${d - l}</text>`,
      )
    })
  })
  return `${parts.join('\n')}\n</svg>\n`
}

/** @param {number} value */
function round(value) {
  return Number(value.toFixed(1))
}

/**
 * The dropped pixels of an upright mask as a path; all rows with squares are alike.
 *
 * @param {import('gridmask').SampleParams} params
 * @param {Size} size
 */
function squares(params, [height, width]) {
  const mask = maskOf(params, [height, width])
  const firstRow = mask.indexOf(0)
  if (firstRow < 0) return ''
  const y = Math.floor(firstRow / width)
  const across = runsOf(mask.subarray(y * width, (y + 1) * width))
  const x = firstRow % width
  const down = runsOf(Uint8Array.from({ length: height }, (_, row) => mask[row * width + x] ?? 1))
  return down
    .flatMap(([top, bottom]) =>
      across.map(([from, to]) => `M${from},${top}H${to}V${bottom}H${from}z`),
    )
    .join('')
}

/** @param {Uint8Array} line @returns {[number, number][]} where it is 0 */
function runsOf(line) {
  /** @type {[number, number][]} */
  const runs = []
  for (let i = 0; i < line.length; i++) {
    const last = runs.at(-1)
    if (line[i] !== 0) continue
    if (last?.[1] === i) last[1] = i + 1
    else runs.push([i, i + 1])
  }
  return runs
}
