// SPDX-License-Identifier: MIT
//
// The authors' settings, each on images of the size they were made for.
import { normalization, Preprocessor, presets } from 'gridmask'
import { captionOf } from '../../dist/cli/contact-sheet.js'
import { resizePicture } from '../../dist/cli/pictures.js'
import { sampleImages, toPictures } from './photos.mjs'
import { SEED } from './schedule.mjs'
import { colours, columnX, MARGIN, Sheet, SIDE, WIDTH } from './sheet.mjs'

/** @typedef {import('./photos.mjs').Photo} Photo */

const LAST_EPOCH = 299
const SAMPLES = 5

const rows = /** @type {const} */ ([
  { name: 'imagenet', title: 'ImageNet', width: 224, height: 224 },
  { name: 'cifar10', title: 'CIFAR-10', width: 32, height: 32 },
  { name: 'coco', title: 'COCO', width: 640, height: 480 },
  { name: 'cityscapes', title: 'Cityscapes', width: 713, height: 713 },
])

/** @param {readonly Photo[]} photos */
export async function presetsSheet(photos) {
  const sheet = new Sheet(WIDTH)
  const top = sheet.heading(
    'Presets',
    `The settings that the authors trained with, in epoch ${LAST_EPOCH}. Five samples of one batch each.`,
  )
  let y = top + 36
  const settingsHeight = 170
  for (const { name, title, width, height } of rows) {
    const preprocessor = new Preprocessor({
      normalize: normalization.imagenet,
      gridmask: presets[name],
      seed: SEED,
    })
    const images = await sampleImages(photos, SAMPLES, width, height)
    const plan = preprocessor.plan({ count: SAMPLES, epoch: LAST_EPOCH, index: 0, height, width })
    const masked = toPictures(preprocessor.apply(images, { plan }), width, height)
    const shownHeight = Math.round((SIDE * height) / width)
    drawSettings(sheet, y, title, describe(name, preprocessor, width, height))
    for (const [i, picture] of masked.entries()) {
      const x = columnX(i + 1)
      const kernel = width < SIDE ? 'nearest' : 'lanczos3'
      sheet.panel(await resizePicture(picture, SIDE, shownHeight, { kernel }), x, y)
      const sample = /** @type {import('gridmask').Sample} */ (plan.at(i))
      sheet.text(x, y + shownHeight + 26, captionOf(sample, width, height), {
        size: 16,
        fill: colours.quiet,
      })
    }
    y += Math.max(shownHeight, settingsHeight) + 64
  }
  sheet.height = y - 38 + MARGIN
  return sheet
}

/**
 * @param {Sheet} sheet
 * @param {number} y
 * @param {string} title
 * @param {readonly string[]} lines
 */
function drawSettings(sheet, y, title, lines) {
  sheet.text(MARGIN, y + 24, title, { size: 28, weight: 600 })
  for (const [i, line] of lines.entries()) {
    sheet.text(MARGIN, y + 60 + 26 * i, line, { fill: colours.quiet })
  }
}

/**
 * @param {keyof typeof presets} name
 * @param {Preprocessor} preprocessor
 * @param {number} width
 * @param {number} height
 */
function describe(name, preprocessor, width, height) {
  const { ratio, unit, rotate = 0 } = presets[name]
  const range = typeof unit === 'function' ? unit(height, width) : unit
  const [min = 0, max = 0] = typeof range === 'number' ? [range, range + 1] : range
  const p = preprocessor.probabilityAt(LAST_EPOCH)
  let reached = 0
  while (preprocessor.probabilityAt(reached) !== p) reached++
  const scale = Number((SIDE / width).toFixed(2))
  return [
    `presets.${name}`,
    `${width} × ${height}${scale === 1 ? '' : `, shown ×${scale}`}`,
    `d ${min} … ${max - 1}`,
    `r ${ratio}, ${rotate > 1 ? `0 … ${rotate - 1}°` : 'not rotated'}`,
    reached === 0 ? `p ${p}` : `p ${preprocessor.probabilityAt(0)} → ${p} in ${reached} epochs`,
  ]
}
