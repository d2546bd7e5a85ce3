// SPDX-License-Identifier: MIT
//
// What GridMask does to real photographs. Run it with --help for its options.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { devices, GridMask, keepRatio, normalization, Preprocessor, presets } from 'gridmask'
import { isSameFile } from '../dist/cli/files.js'
import { printable } from '../dist/cli/output.js'
import { UserError } from '../dist/cli/user-error.js'
import { defaultCredit, defaultPhotos, readPhotos, sampleImages } from './demo/photos.mjs'
import { presetsSheet } from './demo/presets.mjs'
import { imagenet, scheduleSheet } from './demo/schedule.mjs'
import { overviewSheet, variantsSheet } from './demo/variants.mjs'

const SHEETS = /** @type {const} */ (['overview', 'variants', 'presets', 'schedule'])

const USAGE = `npm run demo -- [--out FOLDER] [--palette] [PHOTO …]

  PHOTO      pictures in any format that sharp decodes; without any, four that come with this repository
  --out      where the contact sheets go, by default demo-output
  --palette  sheets of 256 colours, a third of the size`

try {
  await main()
} catch (error) {
  const { message, syscall, code } = /** @type {NodeJS.ErrnoException} */ (error)
  const theirs = error instanceof UserError || syscall || code?.startsWith('ERR_PARSE_ARGS')
  if (!theirs) throw error
  console.error(printable(message))
  process.exitCode = 1
}

async function main() {
  const { values: options, positionals: paths } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: 'string', default: 'demo-output' },
      palette: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (options.help) return console.log(USAGE)
  const ours = paths.length === 0
  const photos = ours ? await defaultPhotos() : await readPhotos(paths)
  await mkdir(options.out, { recursive: true }).catch(({ message }) => {
    throw new UserError(`Cannot make the folder ${printable(options.out)}: ${message}`)
  })
  for (const file of SHEETS.map((name) => fileOf(options.out, name))) {
    for (const path of paths) {
      if (!(await isSameFile(file, path))) continue
      throw new UserError(`${printable(file)} is a photograph, which a sheet would replace`)
    }
  }

  printPhotos(photos, ours)
  printPlan()
  await printThroughput(photos)

  const sheets = {
    overview: await overviewSheet(photos, ours ? defaultCredit : ''),
    variants: await variantsSheet(photos),
    presets: await presetsSheet(photos),
    schedule: await scheduleSheet(photos),
  }
  console.log('\nContact sheets')
  for (const name of SHEETS) {
    const file = fileOf(options.out, name)
    await sheets[name].write(file, options.palette)
    console.log(`  ${printable(file)}`)
  }
}

/** @param {string} folder @param {typeof SHEETS[number]} name */
function fileOf(folder, name) {
  return join(folder, `${name}.png`)
}

/**
 * @param {readonly import('./demo/photos.mjs').Photo[]} photos
 * @param {boolean} ours
 */
function printPhotos(photos, ours) {
  console.log('Photographs')
  for (const { name } of photos) console.log(`  ${printable(name)}`)
  if (ours) console.log(`  ${defaultCredit.replace('Photographs: ', 'By ')}`)
}

function printPlan() {
  const [epoch, count, side] = [240, 8, 224]
  const plan = imagenet.plan({ count, epoch, index: 0, height: side, width: side })
  const table = [['sample', 'd', 'r', 'l', 'δx', 'δy', 'angle', 'kept']]
  for (const [i, sample] of [...plan].entries()) {
    const { masked, d, ratio, l, deltaX, deltaY, angle } = sample
    const kept = `${(100 * keepRatio(sample, [side, side])).toFixed(1)} %`
    const cells = [d, ratio, l, deltaX, deltaY, `${angle}°`, kept].map(String)
    table.push([String(i), ...(masked ? cells : ['–', '–', '–', '–', '–', '–', 'all'])])
  }
  const p = imagenet.probabilityAt(epoch)
  console.log(
    `\nPlan: presets.imagenet in epoch ${epoch}, where p = ${p}, for ${side} × ${side} pixels`,
  )
  for (const row of table) console.log(`  ${row.map((cell) => cell.padStart(7)).join('')}`)
}

/** @param {readonly import('./demo/photos.mjs').Photo[]} photos */
async function printThroughput(photos) {
  const [count, side] = [64, 224]
  const mask = { ...presets.imagenet, probability: 1 }
  const decoded = await sampleImages(photos, count, side, side)
  const preprocessor = new Preprocessor({ normalize: normalization.imagenet, gridmask: mask })
  const images = new Preprocessor({ normalize: normalization.imagenet }).apply(decoded)
  const gridmask = new GridMask(mask)
  const shape = /** @type {const} */ ([count, 3, side, side])
  const [cpu] = devices()
  const size = `${shape.join(' × ')} float32, ${(images.byteLength / 1e6).toFixed(1)} MB`
  console.log(`\nThroughput: ${size}, every sample masked, ${cpu?.threads} threads`)
  const cases = {
    'from decoded images': () => preprocessor.apply(decoded),
    'masked alone, new array': () => gridmask.apply(images, { shape }),
    'masked alone, in place': () => gridmask.apply(images, { shape, out: images }),
  }
  for (const [name, run] of Object.entries(cases)) {
    const seconds = medianSeconds(run)
    const imagesPerSecond = Math.round(count / seconds).toLocaleString('en')
    const speed = (images.byteLength / seconds / 1e9).toFixed(1)
    console.log(
      `  ${name.padEnd(24)}${imagesPerSecond.padStart(9)} images/s${speed.padStart(7)} GB/s`,
    )
  }
}

/** @param {() => void} run */
function medianSeconds(run) {
  const times = Array.from({ length: 15 }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  }).sort((a, b) => a - b)
  return /** @type {number} */ (times[7]) / 1000
}
