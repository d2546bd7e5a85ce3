// The gradients of convolutions on the WebAssembly backend, by the example's kernel, and on the CPU backend,
// by TensorFlow.js'. Prints the worst difference as a part of what rounding may cause.
import * as tf from '@tensorflow/tfjs-core'
import { ready } from '../../../examples/fashion-mnist/model.mjs'

/** @typedef {[batch: number, height: number, width: number, channels: number]} Shape */
const cases = []
for (const [height, width] of [
  [28, 28],
  [14, 9],
  [7, 12],
]) {
  for (const size of [1, 3, 4, 5]) {
    for (const stride of [1, 2, 3]) {
      for (const pad of /** @type {const} */ (['same', 'valid'])) {
        cases.push({ shape: /** @type {Shape} */ ([3, height, width, 2]), size, stride, pad })
      }
    }
  }
}

let worst = 0
for (const [i, { shape, size, stride, pad }] of cases.entries()) {
  /** @type {Float32Array[]} */
  const found = []
  for (const backend of ['wasm', 'cpu']) {
    await ready(backend)
    const x = tf.randomNormal(shape, 0, 1, 'float32', 10 * i + 1)
    const filter = tf.randomNormal([size, size, 2, 4], 0, 1, 'float32', 10 * i + 2)
    const convolved = (/** @type {tf.Tensor} */ f) =>
      tf.conv2d(/** @type {tf.Tensor4D} */ (x), /** @type {tf.Tensor4D} */ (f), stride, pad)
    const dy = tf.randomNormal(convolved(filter).shape, 0, 1, 'float32', 10 * i + 3)
    const gradient = tf.grad(convolved)(filter, dy)
    if (gradient.shape.join() !== filter.shape.join()) throw new Error(`shape ${gradient.shape}`)
    found.push(/** @type {Float32Array} */ (gradient.dataSync()))
    // Absolute values in place of all bring the sum that rounding is relative to.
    if (backend === 'cpu') {
      const absolute = (/** @type {tf.Tensor} */ f) =>
        tf.conv2d(
          /** @type {tf.Tensor4D} */ (tf.abs(x)),
          /** @type {tf.Tensor4D} */ (f),
          stride,
          pad,
        )
      found.push(/** @type {Float32Array} */ (tf.grad(absolute)(filter, tf.abs(dy)).dataSync()))
    }
  }
  const [ours = [], theirs = [], sums = []] = found
  for (const [k, value] of ours.entries()) {
    const difference = Math.abs(value - Number(theirs[k])) / Math.max(Number(sums[k]), 1e-30)
    if (!(difference <= worst)) worst = difference
  }
}
console.log(JSON.stringify({ cases: cases.length, worst }))
