// SPDX-License-Identifier: MIT
//
// The same samples at several epochs, under the schedule of the ImageNet preset.
import { normalization, Preprocessor, presets } from 'gridmask'
import { resizePicture } from '../../dist/cli/pictures.js'
import { sampleImages, toPictures } from './photos.mjs'
import { colours, columnX, MARGIN, Sheet, SIDE } from './sheet.mjs'

/** @typedef {import('./photos.mjs').Photo} Photo */

// With few samples, the masked share may be far from p; with this seed it is not.
export const SEED = 690

export const imagenet = new Preprocessor({
  normalize: normalization.imagenet,
  gridmask: presets.imagenet,
  seed: SEED,
})

/** @param {readonly Photo[]} photos */
export async function scheduleSheet(photos) {
  const epochs = [0, 48, 96, 144, 192, 240, 299]
  const [count, side, gap] = [8, 144, 12]
  const sheet = new Sheet(2 * MARGIN + epochs.length * (side + gap) - gap)
  const top = sheet.heading(
    'Schedule',
    'Eight samples, drawn anew in each epoch: p, the chance to be masked, grows to 0.8. Framed: masked.',
  )
  const columns = epochs.map((epoch, i) => ({ epoch, x: MARGIN + i * (side + gap) }))
  const squares = { count, across: 1, side, gap, frame: 4 }
  sheet.height = (await drawEpochs(sheet, photos, columns, top + 40, squares)) + MARGIN
  return sheet
}

/**
 * A batch of 16 samples at each of six epochs, one small square per sample.
 *
 * @param {Sheet} sheet
 * @param {readonly Photo[]} photos
 * @param {number} top
 * @returns {Promise<number>} the y below
 */
export async function drawMosaics(sheet, photos, top) {
  const [across, gap] = [4, 8]
  const side = (SIDE - (across - 1) * gap) / across
  const columns = [0, 60, 120, 180, 240, 299].map((epoch, i) => ({ epoch, x: columnX(i) }))
  const squares = { count: across ** 2, across, side, gap, frame: 3 }
  return drawEpochs(sheet, photos, columns, top, squares)
}

/**
 * The batch at the epoch of each column, below the curve of p.
 *
 * @param {Sheet} sheet
 * @param {readonly Photo[]} photos
 * @param {readonly { epoch: number, x: number }[]} columns
 * @param {number} top
 * @param {Record<'count' | 'across' | 'side' | 'gap' | 'frame', number>} squares one for each sample,
 *   `across` in a row; the frame of those that are masked is that thick
 * @returns {Promise<number>} the y below
 */
async function drawEpochs(sheet, photos, columns, top, { count, across, side, gap, frame }) {
  const width = across * (side + gap) - gap
  drawCurve(sheet, columns, width, top)
  const y = top + 178
  const images = await sampleImages(photos, count, SIDE, SIDE)
  for (const { epoch, x } of columns) {
    const plan = imagenet.plan({ count, epoch, index: 0, height: SIDE, width: SIDE })
    const pictures = toPictures(imagenet.apply(images, { plan }), SIDE, SIDE)
    for (const [i, picture] of pictures.entries()) {
      const left = x + (i % across) * (side + gap)
      const row = y + Math.floor(i / across) * (side + gap)
      sheet.panel(await resizePicture(picture, side, side), left, row)
      if (plan.at(i)?.masked) sheet.frame(left, row, side, colours.accent, frame)
    }
    drawCount(sheet, x + width / 2, y - 42, epoch, plan)
  }
  return y + Math.ceil(count / across) * (side + gap) - gap
}

/**
 * @param {Sheet} sheet
 * @param {number} x
 * @param {number} y
 * @param {number} epoch
 * @param {import('gridmask').PreprocessorPlan} plan
 */
function drawCount(sheet, x, y, epoch, plan) {
  const masked = [...plan].filter((sample) => sample.masked).length
  sheet.text(x, y, `Epoch ${epoch}`, { weight: 600, anchor: 'middle' })
  sheet.text(x, y + 24, `${masked} of ${plan.length} masked`, {
    size: 16,
    fill: colours.quiet,
    anchor: 'middle',
  })
}

/**
 * p over the epochs, 100 pixels for p = 1; an epoch's point is above the middle of its column.
 *
 * @param {Sheet} sheet
 * @param {readonly { epoch: number, x: number }[]} columns
 * @param {number} side of a column
 * @param {number} top
 */
function drawCurve(sheet, columns, side, top) {
  const bottom = top + 100
  const points = columns.map(({ epoch, x }) => {
    const p = imagenet.probabilityAt(epoch)
    return { x: x + side / 2, y: bottom - 100 * p, label: `p ${Number(p.toFixed(2))}` }
  })
  // Straight between the points, like the schedule, whose bend is one of them.
  const line = points.map(({ x, y }) => `${x},${y.toFixed(1)}`).join(' ')
  const [first, last] = [points[0]?.x, points.at(-1)?.x]
  sheet.draw(
    `<polygon points="${first},${bottom} ${line} ${last},${bottom}" fill="${colours.accent}" ` +
      `fill-opacity="0.1"/>` +
      `<line x1="${first}" x2="${last}" y1="${bottom}" y2="${bottom}" stroke="${colours.line}" ` +
      `stroke-width="2"/>` +
      `<polyline points="${line}" fill="none" stroke="${colours.accent}" stroke-width="3"/>`,
  )
  for (const { x, y, label } of points) {
    sheet.draw(`<circle cx="${x}" cy="${y.toFixed(1)}" r="6" fill="${colours.accent}"/>`)
    sheet.text(x, y - 14, label, { weight: 600, fill: colours.accent, anchor: 'middle' })
  }
}
