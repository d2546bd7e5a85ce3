// SPDX-License-Identifier: MIT
//
// node examples/cifar/cifar.mjs [--out FILE] [--palette]
//
// What the paper's training on CIFAR-10 gives its network, epoch by epoch: pad by 4 pixels, crop 32×32,
// mirror, normalise, GridMask. Nothing is trained; the sheet shows the batches as pictures.
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { normalization, Preprocessor, presets } from 'gridmask'
import { resizePicture } from '../../dist/cli/pictures.js'
import { defaultPhotos, sampleImages, toPictures } from '../demo/photos.mjs'
import { colours, MARGIN, Sheet } from '../demo/sheet.mjs'

const [SIDE, PADDING, COUNT] = [32, 4, 8]
const EPOCHS = [0, 40, 80, 120, 160, 200, 240, 280]
/** Panels are enlarged this many times. */
const SCALE = 4
const PANEL = SCALE * SIDE
const [ACROSS, DOWN] = [PANEL + 16, PANEL + 38]

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'demo-output/cifar.png' },
    // 256 colours, a third of the size
    palette: { type: 'boolean', default: false },
  },
})

const preprocessor = new Preprocessor({
  size: [SIDE, SIDE],
  padding: PADDING,
  crop: 'random',
  flip: 0.5,
  normalize: normalization.cifar10,
  gridmask: presets.cifar10,
  seed: 42,
})

const images = await sampleImages(await defaultPhotos(), COUNT, SIDE, SIDE)
const sheet = new Sheet(2 * MARGIN + (EPOCHS.length + 1) * ACROSS - (ACROSS - PANEL))
const top =
  sheet.heading(
    'CIFAR-10, epoch by epoch',
    'Padded by 4, cropped to 32 × 32, mirrored at a chance of one half, normalised, masked by presets.cifar10.',
  ) + 116
sheet.text(
  MARGIN,
  top - 96,
  'Below each: where its crop lies, in pixels to the right and down; whether it is mirrored; d, if it is masked.',
  { size: 20, fill: colours.quiet },
)

drawHead(0, 'Original', '32 × 32')
for (const [row, { data }] of images.entries()) {
  await drawPanel({ rgb: data, width: SIDE, height: SIDE }, row, 0, `sample ${row}`)
}
for (const [i, epoch] of EPOCHS.entries()) {
  const plan = preprocessor.plan({ count: COUNT, epoch, index: 0, height: SIDE, width: SIDE })
  const batch = preprocessor.apply(images, { plan })
  const masked = [...plan].filter((sample) => sample.masked).length
  const p = Number(preprocessor.probabilityAt(epoch).toFixed(2))
  drawHead(i + 1, `Epoch ${epoch}`, `p ${p}, ${masked} masked`)
  const pictures = toPictures(batch, SIDE, SIDE, normalization.cifar10)
  for (const [row, picture] of pictures.entries()) {
    const { top: y, left: x, flip, masked: isMasked, d } = /** @type {Sample} */ (plan.at(row))
    const moved = `${signed(x - PADDING)}, ${signed(y - PADDING)}`
    const caption = `${moved}${flip ? ', flip' : ''}${isMasked ? `, d ${d}` : ''}`
    await drawPanel(picture, row, i + 1, caption)
  }
}
sheet.height = top + COUNT * DOWN + MARGIN - 20
await mkdir(dirname(values.out), { recursive: true })
await sheet.write(values.out, values.palette)
console.log(values.out)

/** @typedef {import('gridmask').PreprocessorSample} Sample */

/** @param {number} column @param {string} title @param {string} line */
function drawHead(column, title, line) {
  const x = MARGIN + column * ACROSS
  sheet.text(x, top - 40, title, { size: 20, weight: 600 })
  sheet.text(x, top - 16, line, { size: 14, fill: colours.quiet })
}

/**
 * @param {import('../demo/photos.mjs').Picture} picture
 * @param {number} row
 * @param {number} column
 * @param {string} caption
 */
async function drawPanel(picture, row, column, caption) {
  const [x, y] = [MARGIN + column * ACROSS, top + row * DOWN]
  sheet.panel(await resizePicture(picture, PANEL, PANEL, { kernel: 'nearest' }), x, y)
  sheet.text(x, y + PANEL + 20, caption, { size: 14, fill: colours.quiet })
}

/** @param {number} shift */
function signed(shift) {
  return shift > 0 ? `+${shift}` : String(shift).replace('-', '−')
}
