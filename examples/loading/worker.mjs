// What each thread of the pool does: decodes a batch's files, makes the batch, hands it over.
import { linear, normalization, Preprocessor } from 'gridmask'
import { move, workerData } from 'piscina'
import sharp from 'sharp'

/** @type {{ files: string[], side: number, seed: number, threads: number }} */
const { files, side, seed, threads } = workerData

const preprocessor = new Preprocessor({
  size: [side, side],
  crop: 'random',
  flip: 0.5,
  normalize: normalization.imagenet,
  gridmask: {
    ratio: 0.6,
    unit: [32, 65],
    rotate: 360,
    probability: linear({ to: 0.8, epochs: 4 }),
  },
  seed, // the same in every worker of every process
  threads,
})

/** @param {{ indices: number[], epoch: number }} task the samples' numbers in the data set */
export default async function loadBatch({ indices, epoch }) {
  const images = await Promise.all(indices.map(decode))
  return move(preprocessor.apply(images, { epoch, indices })) // handed over, not copied
}

/** @param {number} index */
function decode(index) {
  const image = sharp(files[index]).resize(side + 32, side + 32)
  return image.toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true })
}
