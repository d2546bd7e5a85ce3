// SPDX-License-Identifier: MIT
//
// Decoded images to a normalised batch, held against a copy of that batch, and against what is done
// without Preprocessor: a loop in JavaScript, and sharp's own planes.
import { normalization, Preprocessor, presets } from 'gridmask'
import sharp from 'sharp'

const [count, side] = [64, 224]
const pixels = side * side

/**
 * @param {(target: Uint8Array, source: Uint8Array) => void} copy
 * @returns {import('./cases.mjs').Case[]}
 */
export function preprocessorCases(copy) {
  const { mean, std } = /** @type {{ mean: number[], std: number[] }} */ (normalization.imagenet)

  /** @param {string} name @param {import('gridmask').PreprocessorOptions<'float32'>} options */
  const made = (name, options) => ({
    name,
    target: { against: 'memcpy of the result', ratio: 0.55 },
    setUp: () => {
      const images = new Uint8Array(count * pixels * 3).map((_, i) => i * 31)
      const out = new Float32Array(images.length)
      const other = new Float32Array(images.length)
      const preprocessor = new Preprocessor({ normalize: normalization.imagenet, ...options })
      /** @type {[number, number, number, number]} */
      const shape = [count, side, side, 3]
      return {
        subject: () => preprocessor.apply(images, { shape, out }),
        baseline: () => copy(bytes(other), bytes(out)),
        loop: () => plainLoop(other, images, mean, std),
        sharp: () => planesBySharp(images),
      }
    },
  })
  const gridmask = { ...presets.imagenet, probability: 1 }
  return [
    made('64×224×224×3 bytes → NCHW float32, normalised', {}),
    made('64×224×224×3 bytes → NCHW float32, normalised and masked', { gridmask, seed: 1 }),
  ]
}

/** @param {Float32Array} array */
function bytes(array) {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

/**
 * What one would write without this package, no mask included.
 *
 * @param {Float32Array} out
 * @param {Uint8Array} images
 * @param {number[]} mean
 * @param {number[]} std
 */
function plainLoop(out, images, mean, std) {
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
 * What sharp can do of it: planes of floats, not normalised, since its `linear` rounds to bytes.
 *
 * @param {Uint8Array} images
 */
function planesBySharp(images) {
  const planes = Array.from({ length: count * 3 }, (_, i) => {
    const n = Math.floor(i / 3)
    const image = images.subarray(n * 3 * pixels, (n + 1) * 3 * pixels)
    return sharp(image, { raw: { width: side, height: side, channels: 3 } })
      .extractChannel(/** @type {0 | 1 | 2} */ (i % 3))
      .raw({ depth: 'float' })
      .toBuffer()
  })
  return Promise.all(planes)
}
