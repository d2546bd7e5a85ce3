// The network under TensorFlow.js, which takes images pixel by pixel.
import { readFile } from 'node:fs/promises'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { loadLayersModel } from '@tensorflow/tfjs-layers'
import { Preprocessor } from 'gridmask'
import { settings } from './settings.mjs'

tf.enableProdMode() // without its greeting in Node

const preprocessor = new Preprocessor({ ...settings, layout: 'NHWC' })
const model = await loadLayersModel(tf.io.fromMemory(await artifacts()))

/**
 * @param {import('gridmask').SharpOutput[]} images
 * @returns {Promise<Float32Array>} the probability of each class, image by image
 */
export async function classify(images) {
  const [height, width] = settings.size
  const batch = tf.tensor4d(preprocessor.apply(images), [images.length, height, width, 3])
  const probabilities = /** @type {tf.Tensor} */ (model.predict(batch))
  const values = await probabilities.data()
  tf.dispose([batch, probabilities])
  return /** @type {Float32Array} */ (values)
}

/** @returns {Promise<tf.io.ModelArtifacts>} */
async function artifacts() {
  const folder = new URL('model/', import.meta.url)
  const text = await readFile(new URL('model.json', folder), 'utf8')
  const { modelTopology, weightsManifest } = JSON.parse(text)
  const weights = await readFile(new URL('weights.bin', folder))
  return {
    modelTopology,
    weightSpecs: weightsManifest[0].weights,
    weightData: Uint8Array.from(weights).buffer,
  }
}
