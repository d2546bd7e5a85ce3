// SPDX-License-Identifier: MIT
//
// What is measured, against what, and how much is to be reached.
import { createRequire } from 'node:module'
import { devices, GridMask, maskOf, presets } from 'gridmask'
import { preprocessorCases } from './preprocessor-cases.mjs'

/**
 * @typedef {{ against: string, ratio?: number } | { against: string, microseconds: number }} Target
 * @typedef {{
 *   name: string
 *   target: Target
 *   setUp: () => {
 *     subject: () => void
 *     baseline: () => void
 *     loop?: () => void
 *     sharp?: () => Promise<unknown>
 *   }
 * }} Case
 * @typedef {[n: number, c: number, h: number, w: number]} Shape
 * @typedef {(name: string, options: import('gridmask').GridMaskOptions, shape: Shape, ratio: number) => Case} MakeCase
 */

/** @type {{ copy(target: Uint8Array, source: Uint8Array, threads: number): void, fill(target: Uint8Array, threads: number): void }} */
const { copy, fill } = createRequire(import.meta.url)('../build/bench/bench_baseline.node')

const threads = devices()[0]?.threads ?? 1

/** @type {Shape} */
const large = [64, 3, 224, 224]
/** @type {Shape} */
const small = [256, 3, 32, 32]

const masked = { probability: 1, seed: 1 }
const imagenet = { ...presets.imagenet, ...masked }
const cifar10 = { ...presets.cifar10, ...masked }

/** @type {Case[]} */
export const cases = [
  outOfPlace('64×3×224×224, ImageNet, into another array', imagenet, large, 1.1),
  newArray('64×3×224×224, ImageNet, new array', imagenet, large, 1.1),
  inPlace('64×3×224×224, ImageNet, in place, unrotated', { ...imagenet, rotate: 0 }, large, 0.45),
  inPlace('64×3×224×224, ImageNet, in place, rotated', imagenet, large, 0.8),
  outOfPlace('256×3×32×32, CIFAR-10, into another array', cifar10, small, 1.5),
  outOfPlace(
    '256×3×32×32, CIFAR-10 rotated, into another array',
    { ...cifar10, rotate: 360 },
    small,
    1.5,
  ),
  newArray('256×3×32×32, CIFAR-10, new array', cifar10, small, 1.5),
  newArray('256×3×32×32, CIFAR-10 rotated, new array', { ...cifar10, rotate: 360 }, small, 1.5),
  inPlace('256×3×32×32, CIFAR-10, in place', cifar10, small, 3),
  inPlace('256×3×32×32, CIFAR-10 rotated, in place', { ...cifar10, rotate: 360 }, small, 3),
  oneImage('1×3×32×32, CIFAR-10 rotated, in place, the whole call', { ...cifar10, rotate: 360 }),
  ...preprocessorCases((target, source) => copy(target, source, threads)),
]

/**
 * Against a copy, or in place against memory that is filled.
 *
 * @param {string} name
 * @param {import('gridmask').GridMaskOptions} options
 * @param {Shape} shape
 * @param {number} ratio
 * @param {{ inPlace: boolean }} where
 * @returns {Case}
 */
function applied(name, options, shape, ratio, { inPlace }) {
  return {
    name,
    target: { against: `${inPlace ? 'memset' : 'memcpy'}, same threads`, ratio },
    setUp: () => {
      const images = batch(shape)
      const out = inPlace ? images : batch(shape)
      const gridmask = new GridMask(options)
      const mask = maskOf({ d: 20, ratio: 0.5, angle: 30 }, [shape[2], shape[3]])
      return {
        subject: () => gridmask.apply(images, { shape, out }),
        baseline: () =>
          inPlace ? fill(bytes(images), threads) : copy(bytes(out), bytes(images), threads),
        loop: () => plainLoop(out, images, mask),
      }
    },
  }
}

/** @type {MakeCase} */
function outOfPlace(...given) {
  return applied(...given, { inPlace: false })
}

/** @type {MakeCase} */
function inPlace(...given) {
  return applied(...given, { inPlace: true })
}

/**
 * Memory that the call itself allocates: so does what it is held against.
 *
 * @type {MakeCase}
 */
function newArray(name, options, shape, ratio) {
  return {
    name,
    target: { against: 'memcpy into a new array', ratio },
    setUp: () => {
      const images = batch(shape)
      const gridmask = new GridMask(options)
      return {
        subject: () => gridmask.apply(images, { shape }),
        baseline: () => copy(new Uint8Array(images.byteLength), bytes(images), threads),
      }
    },
  }
}

/**
 * @param {string} name
 * @param {import('gridmask').GridMaskOptions} options
 * @returns {Case}
 */
function oneImage(name, options) {
  /** @type {Shape} */
  const shape = [1, 3, 32, 32]
  const images = batch(shape)
  const gridmask = new GridMask(options)
  return {
    name,
    target: { against: 'time', microseconds: 5 },
    setUp: () => ({
      subject: () => gridmask.apply(images, { shape, out: images }),
      baseline: () => fill(bytes(images), threads),
    }),
  }
}

/** @param {Shape} shape */
function batch(shape) {
  return new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5)
}

/** @param {Float32Array} array */
function bytes(array) {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

/**
 * What one would write without this package, the mask's work not even counted.
 *
 * @param {Float32Array} out
 * @param {Float32Array} images
 * @param {Uint8Array} mask
 */
function plainLoop(out, images, mask) {
  for (let start = 0; start < images.length; start += mask.length) {
    for (let pixel = 0; pixel < mask.length; pixel++) {
      out[start + pixel] = mask[pixel] === 1 ? /** @type {number} */ (images[start + pixel]) : 0
    }
  }
}
