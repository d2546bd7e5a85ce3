// SPDX-License-Identifier: MIT
//
// One parameter changed at a time, on the same photographs.
import { keepRatio, maskOf, normalization, Preprocessor } from 'gridmask'
import { crop, toImage, toPictures } from './photos.mjs'
import { drawMosaics } from './schedule.mjs'
import { colours, columnX, GAP, MARGIN, Sheet, SIDE, WIDTH } from './sheet.mjs'

/** @typedef {import('./photos.mjs').Photo} Photo */

const variants = [
  { name: 'Original', settings: '224 × 224 pixels', params: centred(56, { masked: false }) },
  { name: 'Small d', settings: 'd 28, r 0.5', params: centred(28) },
  { name: 'Large d', settings: 'd 112, r 0.5', params: centred(112) },
  { name: 'Rotated', settings: 'd 56, r 0.5, 30°', params: centred(56, { angle: 30 }) },
  { name: 'Reversed', settings: 'd 56, r 0.5', params: centred(56, { reverse: true }) },
  {
    name: 'Random',
    settings: 'd 28, r 0.5, pᵤ 0.5',
    params: centred(28, { unitProbability: 0.5, seed: 8 }),
  },
]

const preprocessor = new Preprocessor({ normalize: normalization.imagenet })

/**
 * In training, offsets are drawn; here whole units fill the image. Offsets count from the corner of a
 * square that holds the image at every angle.
 *
 * @param {number} d
 * @param {Partial<import('gridmask').SampleParams>} [others]
 * @returns {import('gridmask').SampleParams}
 */
function centred(d, others) {
  const outside = Math.floor((Math.ceil(Math.hypot(SIDE, SIDE)) - SIDE) / 2)
  const delta = (outside + (3 * d) / 4) % d
  return { d, ratio: 0.5, deltaX: delta, deltaY: delta, ...others }
}

/**
 * The story in one picture: the variants on two photographs, the schedule on a batch.
 *
 * @param {readonly Photo[]} photos
 * @param {string} credit
 */
export async function overviewSheet(photos, credit) {
  const sheet = new Sheet(WIDTH)
  let y = sheet.heading(
    'GridMask',
    'Drops a lattice of squares from each training image, so that a network cannot lean on one part of it.',
  )
  y = await drawVariants(sheet, photos.slice(0, 2), y)
  sheet.text(MARGIN, y + 46, 'Over the epochs', { size: 28, weight: 600 })
  sheet.text(
    MARGIN,
    y + 78,
    'p, the chance that a sample is masked, grows to 0.8 (ImageNet preset). Framed: the masked ones of a batch of 16.',
    { size: 20, fill: colours.quiet },
  )
  y = await drawMosaics(sheet, photos, y + 112)
  sheet.text(MARGIN, y + 40, credit, { size: 15, fill: colours.quiet })
  sheet.height = y + (credit ? 40 : 0) + MARGIN
  return sheet
}

/** @param {readonly Photo[]} photos */
export async function variantsSheet(photos) {
  const sheet = new Sheet(WIDTH)
  const y = sheet.heading(
    'Variants',
    'Of every unit of d × d pixels a square is dropped; the stripe of r · d pixels between two squares is kept.',
  )
  sheet.height = (await drawVariants(sheet, photos, y)) - GAP + MARGIN
  return sheet
}

/**
 * @param {Sheet} sheet
 * @param {readonly Photo[]} photos
 * @param {number} top
 * @returns {Promise<number>} the y below
 */
async function drawVariants(sheet, photos, top) {
  const masks = top + 118
  for (const [column, { name, settings, params }] of variants.entries()) {
    const x = columnX(column)
    const original = params.masked === false
    const kept = original ? 1 : keepRatio(params, [SIDE, SIDE])
    sheet.text(x, top + 48, name, { size: 24, weight: 600 })
    sheet.text(x, top + 76, settings, { fill: colours.quiet })
    sheet.text(x, top + 100, `${Number((100 * kept).toFixed(1))} % kept`, { fill: colours.quiet })
    if (original) continue
    sheet.panel(maskPicture(params), x, masks)
    sheet.frame(x, masks, SIDE, colours.line, 1)
  }
  drawLegend(sheet, columnX(0), masks)
  let y = masks + SIDE + GAP
  for (const photo of photos) {
    const original = await crop(photo, 0, SIDE, SIDE)
    const batch = preprocessor.apply(
      variants.map(() => toImage(original)),
      { plan: variants.map(({ params }) => ({ top: 0, left: 0, ...params })) },
    )
    for (const [column, picture] of toPictures(batch, SIDE, SIDE).entries()) {
      sheet.panel(picture, columnX(column), y)
    }
    y += SIDE + GAP
  }
  return y
}

/**
 * In place of a mask, for the original.
 *
 * @param {Sheet} sheet
 * @param {number} x
 * @param {number} y
 */
function drawLegend(sheet, x, y) {
  sheet.text(x, y + 90, 'The mask', { size: 24, weight: 600 })
  const entries = /** @type {const} */ ([
    ['#ffffff', 'kept'],
    ['#000000', 'dropped'],
  ])
  for (const [i, [fill, label]] of entries.entries()) {
    const top = y + 110 + 34 * i
    sheet.draw(
      `<rect x="${x + 0.5}" y="${top + 0.5}" width="21" height="21" fill="${fill}" ` +
        `stroke="${colours.ink}"/>`,
    )
    sheet.text(x + 34, top + 17, label, { fill: colours.quiet })
  }
}

/**
 * @param {import('gridmask').SampleParams} params
 * @returns {import('./photos.mjs').Picture}
 */
function maskPicture(params) {
  const mask = maskOf(params, [SIDE, SIDE])
  const rgb = new Uint8Array(3 * mask.length)
  for (const [i, kept] of mask.entries()) rgb.fill(255 * kept, 3 * i, 3 * i + 3)
  return { rgb, width: SIDE, height: SIDE }
}
