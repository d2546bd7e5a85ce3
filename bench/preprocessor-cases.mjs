// SPDX-License-Identifier: MIT
//
// From decoded images to a normalised batch, compared with a copy of that batch, and with what one does
// without Preprocessor: a loop in JavaScript, and sharp's own planes.
import { normalization, Preprocessor, presets } from 'gridmask'
import sharp from 'sharp'
import { baseline, bytesOf } from './batches.mjs'

// Plain arrays, as one would write them: V8 reads frozen ones three times as slowly.
const mean = [.../** @type {number[]} */ (normalization.imagenet.mean)]
const std = [.../** @type {number[]} */ (normalization.imagenet.std)]
const imagenet = { gridmask: { ...presets.imagenet, probability: 1 }, seed: 1 }
const cifar = { gridmask: { ...presets.cifar10, probability: 1 }, seed: 1 }

/** @returns {import('./batches.mjs').Case[]} */
export function preprocessorCases() {
  return [
    made('normalised', 64, 224, {}, 0.55),
    made('normalised and masked', 64, 224, imagenet, 0.55),
    made('the same, to float16', 64, 224, { ...imagenet, dtype: 'float16' }),
    made('the same, cropped to 219', 64, 224, { ...imagenet, size: [219, 219], crop: 'random' }),
    made('the same, NHWC', 64, 224, { ...imagenet, layout: 'NHWC' }),
    made('padded, cropped, mirrored, masked', 256, 32, {
      ...cifar,
      ...{ padding: 4, size: [32, 32], crop: 'random', flip: 0.5 },
    }),
    made('the same, to float16', 256, 32, {
      ...cifar,
      ...{ padding: 4, size: [32, 32], crop: 'random', flip: 0.5, dtype: 'float16' },
    }),
  ]
}

/**
 * @param {string} title
 * @param {number} count
 * @param {number} side
 * @param {import('gridmask').PreprocessorOptions<'float32' | 'float16'>} options
 * @param {number} [limit]
 * @returns {import('./batches.mjs').Case}
 */
function made(title, count, side, options, limit) {
  /** @type {[number, number, number, number]} */
  const shape = [count, side, side, 3]
  return {
    name: `${shape.join('×')} bytes → floats, ${title}`,
    against: 'memcpy of the result',
    ...(limit === undefined ? {} : { limit }),
    setUp: () => {
      const images = new Uint8Array(shape.reduce((a, b) => a * b)).map((_, i) => i * 31)
      const preprocessor = new Preprocessor({ normalize: normalization.imagenet, ...options })
      const out = preprocessor.apply(images, { shape })
      const other = new Uint8Array(out.byteLength)
      const all = {
        subject: () => preprocessor.apply(images, { shape, out }),
        baseline: () => baseline.copy(other, bytesOf(out)),
      }
      if (limit === undefined) return all
      const floats = new Float32Array(images.length)
      return {
        ...all,
        loop: () => plainLoop(floats, images, count, side * side),
        sharp: () => planesBySharp(images, count, side),
      }
    },
  }
}

/**
 * What one would write without this package, without a mask.
 *
 * @param {Float32Array} out
 * @param {Uint8Array} images
 * @param {number} count
 * @param {number} pixels
 */
function plainLoop(out, images, count, pixels) {
  for (let n = 0; n < count; n++) {
    const first = n * 3 * pixels
    for (let pixel = 0; pixel < pixels; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        const value = /** @type {number} */ (images[first + pixel * 3 + channel])
        out[first + channel * pixels + pixel] =
          (value / 255 - /** @type {number} */ (mean[channel])) /
          /** @type {number} */ (std[channel])
      }
    }
  }
}

/**
 * The part that sharp can do: planes of floats, not normalised, since its `linear` rounds to bytes.
 *
 * @param {Uint8Array} images
 * @param {number} count
 * @param {number} side
 */
function planesBySharp(images, count, side) {
  const bytes = side * side * 3
  const planes = Array.from({ length: count * 3 }, (_, i) => {
    const n = Math.floor(i / 3)
    const image = images.subarray(n * bytes, (n + 1) * bytes)
    return sharp(image, { raw: { width: side, height: side, channels: 3 } })
      .extractChannel(/** @type {0 | 1 | 2} */ (i % 3))
      .raw({ depth: 'float' })
      .toBuffer()
  })
  return Promise.all(planes)
}
