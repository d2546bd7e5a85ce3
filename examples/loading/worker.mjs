// What each thread of the pool does: decodes a batch, masks it, hands it over.
import { GridMask, linear } from 'gridmask'
import { move, workerData } from 'piscina'
import sharp from 'sharp'

/** @type {{ files: string[], side: number, seed: number, threads: number }} */
const { files, side, seed, threads } = workerData

const gridmask = new GridMask({
  ratio: 0.6,
  unit: [32, 65],
  rotate: 360,
  probability: linear({ to: 0.8, epochs: 4 }),
  seed, // the same in every worker of every process
  threads,
})

/**
 * @param {{ indices: number[], epoch: number }} task the samples' numbers in the data set
 */
export default async function loadBatch({ indices, epoch }) {
  const length = 3 * side * side
  const images = new Float32Array(indices.length * length)
  const samples = indices.map((index, n) =>
    decode(/** @type {string} */ (files[index]), images.subarray(n * length, (n + 1) * length)),
  )
  await Promise.all(samples)
  const shape = /** @type {const} */ ([indices.length, 3, side, side])
  gridmask.apply(images, { shape, out: images, epoch, indices })
  return move(images) // handed over, not copied
}

const MEAN = [0.485, 0.456, 0.406]
const DEVIATION = [0.229, 0.224, 0.225]

/**
 * Writes an image's normalised values into its place in the batch: planes of R, G and B.
 *
 * @param {string} file
 * @param {Float32Array} place
 */
async function decode(file, place) {
  const pixels = await sharp(file)
    .resize(side, side)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer()
  for (const [channel, mean] of MEAN.entries()) {
    const deviation = /** @type {number} */ (DEVIATION[channel])
    for (let i = 0; i < side * side; i++) {
      const value = /** @type {number} */ (pixels[3 * i + channel])
      place[channel * side * side + i] = (value / 255 - mean) / deviation
    }
  }
}
