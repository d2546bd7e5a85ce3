// SPDX-License-Identifier: MIT
//
// What is measured on the CPU, against what, and with which goal.
import { GridMask, maskOf, presets } from 'gridmask'
import { baseline, batchOf, bytesOf, channelsLast, large, small } from './batches.mjs'
import { preprocessorCases } from './preprocessor-cases.mjs'

/**
 * @typedef {import('./batches.mjs').Case} Case
 * @typedef {import('./batches.mjs').Shape} Shape
 * @typedef {import('./batches.mjs').Dtype} Dtype
 * @typedef {'apart' | 'new' | 'inPlace' | 'mix' | 'mixInPlace'} Operation
 * @typedef {{ title: string, options: import('gridmask').GridMaskOptions }} Masks
 */

const every = { probability: 1, seed: 1, device: /** @type {const} */ ('cpu') }
const noise = { noise: /** @type {const} */ ('normal'), mean: 0, std: 1 }
const imagenetOptions = { ...presets.imagenet, ...every }
const cifarOptions = { ...presets.cifar10, ...every, rotate: 360 }

/** @type {Masks} */
const imagenet = { title: 'rotated', options: imagenetOptions }
/** @type {Masks} */
const imagenetUpright = { title: 'upright', options: { ...imagenetOptions, rotate: 0 } }
/** @type {Masks} */
const imagenetNoise = { title: 'noise', options: { ...imagenetOptions, fill: noise } }
/** @type {Masks} */
const cifar = { title: 'rotated', options: cifarOptions }
/** @type {Masks} */
const cifarUpright = { title: 'upright', options: { ...cifarOptions, rotate: 0 } }
/** @type {Masks} */
const cifarRandom = { title: 'Random GridMask', options: { ...cifarOptions, unitProbability: 0.5 } }

const wording = {
  apart: 'into another array',
  new: 'new array',
  inPlace: 'in place',
  mix: 'GridMix into another array',
  mixInPlace: 'GridMix in place',
}

/** Four times as many, so that no cache holds them; and a quarter, so that one does. */
/** @type {Shape} */
const beyondCaches = [256, 3, 224, 224]
/** @type {Shape} */
const inCaches = [16, 3, 224, 224]

/** @type {Case[]} */
export const cases = [
  masked(large, 'float32', imagenet, 'apart', 1.1),
  masked(large, 'float32', imagenet, 'new', 1.1),
  masked(channelsLast(large), 'float32', imagenet, 'apart', 1.1),
  masked(large, 'float16', imagenet, 'apart', 1.2),
  masked(channelsLast(large), 'float16', imagenet, 'apart', 1.2),
  masked(large, 'uint8', imagenet, 'apart', 1.25),
  masked(channelsLast(large), 'uint8', imagenet, 'apart', 1.25),
  masked(beyondCaches, 'float32', imagenetUpright, 'inPlace', 0.45),
  masked(beyondCaches, 'float32', imagenet, 'inPlace', 0.8),
  masked(large, 'float32', imagenetUpright, 'inPlace', 0.45),
  masked(large, 'float32', imagenet, 'inPlace', 0.7),
  masked(inCaches, 'float32', imagenetUpright, 'inPlace', 0.45),
  masked(inCaches, 'float32', imagenet, 'inPlace', 0.7),
  masked(channelsLast(large), 'float32', imagenet, 'inPlace', 0.7),
  masked(large, 'float16', imagenet, 'inPlace'),
  masked(channelsLast(large), 'float16', imagenet, 'inPlace'),
  masked(large, 'uint8', imagenet, 'inPlace'),
  masked(channelsLast(large), 'uint8', imagenet, 'inPlace', 2),
  masked(large, 'float32', imagenetNoise, 'apart'),
  masked(large, 'float32', imagenetNoise, 'inPlace', 2),
  masked(small, 'float32', cifarUpright, 'apart', 2),
  masked(small, 'float32', cifar, 'apart', 2),
  masked(small, 'float32', cifar, 'new', 2),
  masked(small, 'float32', cifarUpright, 'inPlace', 4),
  masked(small, 'float32', cifar, 'inPlace', 4),
  masked(small, 'float32', cifarRandom, 'apart', 3.5),
  masked(small, 'float32', cifarRandom, 'inPlace'),
  masked(small, 'float16', cifar, 'apart'),
  masked(small, 'uint8', cifar, 'apart'),
  masked(channelsLast(small), 'uint8', cifarUpright, 'apart', 2),
  masked(channelsLast(small), 'uint8', cifar, 'apart', 3),
  masked(channelsLast(small), 'uint8', cifar, 'inPlace'),
  masked(large, 'float32', imagenet, 'mix', 1.5),
  masked(large, 'float32', imagenet, 'mixInPlace'),
  masked(large, 'uint8', imagenet, 'mix', 2),
  masked(channelsLast(large), 'uint8', imagenet, 'mix'),
  masked(large, 'uint8', imagenet, 'mixInPlace'),
  masked(small, 'float32', cifar, 'mix', 3.5),
  masked(small, 'float32', cifar, 'mixInPlace'),
  masked(channelsLast(small), 'uint8', cifar, 'mix'),
  oneImage(),
  ...preprocessorCases(),
]

/**
 * Against a copy or, in place, against filling memory. If the call allocates a new array, so does the
 * baseline.
 *
 * @param {Shape} shape
 * @param {Dtype} dtype
 * @param {Masks} masks
 * @param {Operation} operation
 * @param {number} [limit]
 * @returns {Case}
 */
function masked(shape, dtype, { title, options }, operation, limit) {
  const last = shape[3] === 3
  const layout = last ? 'NHWC' : 'NCHW'
  const fills = operation === 'inPlace'
  return {
    name: `${shape.join('×')} ${dtype}, ${title}, ${wording[operation]}`,
    against: fills ? 'memset' : operation === 'new' ? 'memcpy into a new array' : 'memcpy',
    ...(limit === undefined ? {} : { limit }),
    setUp: () => {
      const images = batchOf(shape, dtype)
      const away = operation === 'apart' || operation === 'mix' || operation === 'mixInPlace'
      const other = away ? batchOf(shape, dtype) : images
      const gridmask = new GridMask(options)
      // Of any dtype; the types would tell them apart.
      const given = /** @type {Float32Array} */ (images)
      const out = /** @type {Float32Array} */ (operation === 'mixInPlace' ? images : other)
      // Made once: before Node 22, V8 takes a microsecond to make an object of `...`.
      const request = {
        shape,
        layout: /** @type {'NCHW' | 'NHWC'} */ (layout),
        dtype: /** @type {'float32'} */ (dtype),
        out: operation === 'new' ? undefined : out,
      }
      const [height, width] = last ? [shape[1], shape[2]] : [shape[2], shape[3]]
      const mask = maskOf({ d: 20, ratio: 0.5, angle: 30 }, [height, width])
      const mixes = operation === 'mix' || operation === 'mixInPlace'
      return {
        subject: mixes
          ? () => gridmask.gridmix(given, request)
          : () => gridmask.apply(given, request),
        baseline: fills
          ? () => baseline.fill(bytesOf(other))
          : operation === 'new'
            ? () => baseline.copy(new Uint8Array(images.byteLength), bytesOf(images))
            : () => baseline.copy(bytesOf(other), bytesOf(images)),
        ...(mixes ? {} : { loop: () => plainLoop(other, images, mask, last ? 3 : 1) }),
      }
    },
  }
}

/** @returns {Case} */
function oneImage() {
  /** @type {Shape} */
  const shape = [1, 3, 32, 32]
  return {
    name: '1×3×32×32 float32, rotated, in place, the whole call',
    against: 'time',
    microseconds: 5,
    setUp: () => {
      const images = batchOf(shape, 'float32')
      const gridmask = new GridMask(cifarOptions)
      return {
        subject: () => gridmask.apply(images, { shape, out: images }),
        baseline: () => baseline.fill(bytesOf(images)),
      }
    },
  }
}

/**
 * What one would write without this package; the time to make the mask is not even counted.
 *
 * @param {ReturnType<typeof batchOf>} out
 * @param {ReturnType<typeof batchOf>} images
 * @param {Uint8Array} mask
 * @param {number} channels of a pixel
 */
function plainLoop(out, images, mask, channels) {
  for (let at = 0; at < images.length; ) {
    for (let pixel = 0; pixel < mask.length; pixel++) {
      for (let channel = 0; channel < channels; channel++, at++) {
        out[at] = mask[pixel] === 1 ? /** @type {number} */ (images[at]) : 0
      }
    }
  }
}
