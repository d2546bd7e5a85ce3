// SPDX-License-Identifier: MIT
//
// One training run from its first epoch to its last, or from where a killed process left it.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'
import { SIDE } from './data.mjs'
import { Network, shuffled } from './model.mjs'

/** @typedef {import('./data.mjs').Images} Images */

/**
 * @typedef {object} Run
 * @property {string} key identifies this run
 * @property {number} seed of the initial weights and of the order of the images, whatever the method
 * @property {Images} trainingSet normalised, as are the others
 * @property {Images} evaluationSet on which the accuracy is measured
 * @property {import('./methods.mjs').Augmentation | undefined} augmentation
 * @property {{ epochs: number, batch: number, learningRate: number, every: number }} plan `every`: epochs between two measurements of both accuracies
 * @property {string} checkpoint a file for the state after each epoch
 * @property {(epoch: number) => void} onEpoch
 */

/** @typedef {{ epoch: number, loss: number, training: number, evaluation: number }} Point */

/**
 * @param {Run} run
 * @returns {Promise<Point[]>} the course of loss and accuracies; the last point is the result
 */
export async function train(run) {
  const { key, seed, trainingSet, evaluationSet, plan, checkpoint } = run
  const network = new Network(seed)
  const left = readCheckpoint(checkpoint, key)
  if (left) await network.restore(left.network)
  /** @type {Point[]} */
  const curve = left?.curve ?? []
  for (let epoch = left?.epoch ?? 0; epoch < plan.epochs; ) {
    const loss = trainEpoch(network, run, epoch)
    epoch++
    if (epoch % plan.every === 0 || epoch === plan.epochs) {
      const training = network.accuracy(trainingSet)
      curve.push({ epoch, loss, training, evaluation: network.accuracy(evaluationSet) })
    }
    // Renamed when complete, so that a kill leaves the old one or the new one.
    writeFileSync(
      `${checkpoint}.new`,
      serialize({ key, epoch, curve, network: await network.save() }),
    )
    renameSync(`${checkpoint}.new`, checkpoint)
    run.onEpoch(epoch)
  }
  network.dispose()
  return curve
}

/**
 * @param {string} file
 * @param {string} key
 * @returns {{ key: string, epoch: number, curve: Point[], network: Awaited<ReturnType<Network['save']>> } | undefined}
 */
function readCheckpoint(file, key) {
  try {
    const left = deserialize(readFileSync(file))
    return left.key === key ? left : undefined
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * All images once, in an order that seed and epoch determine, each batch masked in place.
 *
 * @param {Network} network
 * @param {Run} run
 * @param {number} epoch
 * @returns {number} the mean loss on masked images
 */
function trainEpoch(network, { seed, trainingSet, augmentation, plan }, epoch) {
  const count = trainingSet.labels.length
  const order = shuffled(count, seed * 1000 + epoch)
  // Falls linearly to 0.
  const learningRate = plan.learningRate * (1 - epoch / plan.epochs)
  let sum = 0
  for (let index = 0; index < count; index += plan.batch) {
    const { pixels, labels } = take(trainingSet, order.slice(index, index + plan.batch))
    augmentation?.apply(pixels, {
      shape: [labels.length, SIDE, SIDE, 1],
      layout: 'NHWC',
      out: pixels,
      epoch,
      index,
    })
    sum += labels.length * network.train({ pixels, labels }, learningRate)
  }
  return sum / count
}

/** @param {Images} images @param {number[]} which @returns {Images} a copy of some */
function take({ pixels, labels }, which) {
  const size = SIDE * SIDE
  const some = new Float32Array(which.length * size)
  for (const [i, image] of which.entries()) {
    some.set(pixels.subarray(image * size, (image + 1) * size), i * size)
  }
  return { pixels: some, labels: Int32Array.from(which, (image) => Number(labels[image])) }
}
