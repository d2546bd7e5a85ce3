// SPDX-License-Identifier: MIT
//
// A small convolutional network in TensorFlow.js, on its WebAssembly backend.
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // for the gradients, which no other module of TensorFlow.js registers
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm'
import { CLASSES, SIDE } from './data.mjs'

/** @typedef {import('./data.mjs').Images} Images */

export const LAYERS = /** @type {const} */ ([
  { size: 5, stride: 2, filters: 8 },
  { size: 3, stride: 2, filters: 32 },
])
const MOMENTUM = 0.9

/** The backend has one thread, so that the same seed gives the same numbers. */
export async function ready(backend = 'wasm') {
  setThreadsCount(1)
  await tf.setBackend(backend)
}

/** Strided convolutions with ReLU, and one dense layer; no dropout, no batch normalisation. */
export class Network {
  /** @param {number} seed of the initial weights: He's normal distribution */
  constructor(seed) {
    let [side, channels] = [SIDE, 1]
    /** @type {tf.Variable[]} */
    this.weights = []
    /** @param {number[]} shape */
    const add = (...shape) => {
      const inputs = shape.slice(0, -1).reduce((product, size) => product * size)
      const spread = Math.sqrt(2 / inputs)
      const key = seed * 100 + this.weights.length
      this.weights.push(tf.variable(tf.randomNormal(shape, 0, spread, 'float32', key)))
      this.weights.push(tf.variable(tf.zeros([/** @type {number} */ (shape.at(-1))])))
    }
    for (const { size, stride, filters } of LAYERS) {
      add(size, size, channels, filters)
      side = Math.ceil(side / stride)
      channels = filters
    }
    add(side * side * channels, CLASSES)
    this.optimizer = tf.train.momentum(1, MOMENTUM)
  }

  /** @param {tf.Tensor} images @returns {tf.Tensor2D} logits */
  forward(images) {
    const [filters, biases] = [0, 1].map((odd) => this.weights.filter((_, i) => i % 2 === odd))
    let x = images
    for (const [i, { stride }] of LAYERS.entries()) {
      const filter = /** @type {tf.Tensor4D} */ (filters?.[i])
      const y = tf.conv2d(/** @type {tf.Tensor4D} */ (x), filter, stride, 'same')
      x = tf.relu(tf.add(y, /** @type {tf.Tensor} */ (biases?.[i])))
    }
    const flat = tf.reshape(x, [/** @type {number} */ (x.shape[0]), -1])
    const logits = tf.matMul(flat, /** @type {tf.Tensor} */ (filters?.at(-1)))
    return tf.add(logits, /** @type {tf.Tensor} */ (biases?.at(-1)))
  }

  /**
   * One step of stochastic gradient descent.
   *
   * @param {Images} batch
   * @param {number} learningRate
   * @returns {number} the mean cross-entropy before the step
   */
  train({ pixels, labels }, learningRate) {
    this.optimizer.setLearningRate(learningRate)
    return tf.tidy(() => {
      const images = tf.tensor4d(pixels, [labels.length, SIDE, SIDE, 1])
      const classes = tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES)
      const loss = this.optimizer.minimize(
        () => tf.losses.softmaxCrossEntropy(classes, this.forward(images)),
        true,
        this.weights,
      )
      return /** @type {tf.Scalar} */ (loss).dataSync()[0] ?? Number.NaN
    })
  }

  /** @param {Images} images @returns {number} the share that is classified correctly */
  accuracy({ pixels, labels }) {
    let right = 0
    for (let from = 0; from < labels.length; from += 500) {
      const truth = labels.subarray(from, from + 500)
      const some = pixels.subarray(from * SIDE * SIDE, (from + truth.length) * SIDE * SIDE)
      const found = tf.tidy(() => {
        const logits = this.forward(tf.tensor4d(some, [truth.length, SIDE, SIDE, 1]))
        return tf.argMax(logits, 1).dataSync()
      })
      right += truth.filter((label, i) => label === found[i]).length
    }
    return right / labels.length
  }

  /** Everything that training changes, to continue later with the same numbers. */
  async save() {
    const weights = this.weights.map((weight) => Float32Array.from(weight.dataSync()))
    const state = await this.optimizer.getWeights()
    const moments = state.map(({ tensor }) => {
      return { shape: tensor.shape, values: Float32Array.from(tensor.dataSync()) }
    })
    return { weights, moments }
  }

  /** @param {Awaited<ReturnType<Network['save']>>} saved */
  async restore({ weights, moments }) {
    for (const [i, weight] of this.weights.entries()) {
      weight.assign(tf.tensor(/** @type {Float32Array} */ (weights[i]), weight.shape))
    }
    await this.optimizer.setWeights(
      moments.map(({ shape, values }, i) => ({
        name: String(i),
        tensor: tf.tensor(values, shape),
      })),
    )
  }

  dispose() {
    for (const weight of this.weights) weight.dispose()
    this.optimizer.dispose()
  }
}

/**
 * The numbers 0 … count-1 in an order that the seed decides.
 *
 * @param {number} count @param {number} seed
 */
export function shuffled(count, seed) {
  const keys = tf.tidy(() => tf.randomUniform([count], 0, 1, 'float32', seed).dataSync())
  return Array.from(keys.keys()).sort((a, b) => Number(keys[a]) - Number(keys[b]))
}

/**
 * The WebAssembly backend lacks one kernel that training needs: the gradient of a convolution by its
 * filter. That is itself a convolution: of the images, with channels as the batch and the batch as
 * channels, with the gradient of the output, dilated by the stride.
 */
tf.registerKernel({
  kernelName: 'Conv2DBackpropFilter',
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs }) =>
    tf.tidy(() => {
      const { x, dy } = /** @type {{ x: tf.Tensor4D, dy: tf.Tensor4D }} */ (inputs)
      const { strides, pad, filterShape } = /** @type {tf.Conv2DBackpropFilterAttrs} */ (
        /** @type {unknown} */ (attrs)
      )
      const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad)
      const { padInfo, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = info
      const [height, width] = filterShape
      // The output must have the filter's size; below 0, no filter reached the last pixels.
      const bottom = height + (outHeight - 1) * strideHeight - inHeight - padInfo.top
      const right = width + (outWidth - 1) * strideWidth - inWidth - padInfo.left
      const reached = tf.slice(
        x,
        [0, 0, 0, 0],
        [-1, inHeight + Math.min(bottom, 0), inWidth + Math.min(right, 0), -1],
      )
      const gradient = tf.conv2d(
        /** @type {tf.Tensor4D} */ (tf.transpose(reached, [3, 1, 2, 0])),
        /** @type {tf.Tensor4D} */ (tf.transpose(dy, [1, 2, 0, 3])),
        1,
        [
          [0, 0],
          [padInfo.top, Math.max(bottom, 0)],
          [padInfo.left, Math.max(right, 0)],
          [0, 0],
        ],
        'NHWC',
        [strideHeight, strideWidth],
      )
      return tf.transpose(gradient, [1, 2, 0, 3])
    }),
})
