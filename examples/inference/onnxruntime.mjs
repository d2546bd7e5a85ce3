// The network under onnxruntime, which takes images channel by channel.
import { fileURLToPath } from 'node:url'
import { Preprocessor } from 'gridmask'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { settings } from './settings.mjs'

const preprocessor = new Preprocessor({ ...settings, layout: 'NCHW' })
const session = await InferenceSession.create(
  fileURLToPath(new URL('model/model.onnx', import.meta.url)),
)

/**
 * @param {import('gridmask').SharpOutput[]} images
 * @returns {Promise<Float32Array>} the probability of each class, image by image
 */
export async function classify(images) {
  const [height, width] = settings.size
  const batch = preprocessor.apply(images)
  const feeds = { images: new Tensor('float32', batch, [images.length, 3, height, width]) }
  const { probabilities } = await session.run(feeds)
  return /** @type {Float32Array} */ (probabilities?.data)
}
