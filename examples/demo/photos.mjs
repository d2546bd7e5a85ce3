// SPDX-License-Identifier: MIT
//
// Photographs as a training script would load them: decoded and cropped, for Preprocessor.
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { normalization } from 'gridmask'
import sharp from 'sharp'
import { readPicture } from '../../dist/cli/pictures.js'

/**
 * @typedef {import('../../dist/cli/pictures.js').Picture} Picture
 *
 * A crop: its centre as fractions of width and height, and its size as a fraction of the largest possible
 * crop.
 *
 * @typedef {readonly [centreX: number, centreY: number, size: number]} Region
 * @typedef {Picture & { name: string, regions: readonly Region[] }} Photo
 */

const defaults = [
  {
    file: 'cat.jpg',
    name: 'S. van der Walt, “Chelsea”, a cat',
    regions: /** @type {const} */ ([
      [0.36, 0.5, 1],
      [0.36, 0.4, 0.75],
      [0.62, 0.45, 0.8],
      [0.4, 0.6, 0.7],
    ]),
  },
  {
    file: 'coffee.jpg',
    name: 'R. Michetti, a cup of coffee',
    regions: /** @type {const} */ ([
      [0.47, 0.5, 1],
      [0.48, 0.35, 0.6],
      [0.6, 0.6, 0.6],
      [0.35, 0.6, 0.7],
    ]),
  },
  {
    file: 'rocket.jpg',
    name: 'SpaceX, Falcon 9 at Cape Canaveral, 2015',
    regions: /** @type {const} */ ([
      [0.5, 0.5, 1],
      [0.5, 0.65, 0.6],
      [0.14, 0.4, 0.75],
      [0.88, 0.6, 0.7],
    ]),
  },
  {
    file: 'astronaut.jpg',
    name: 'NASA, the astronaut Eileen Collins',
    regions: /** @type {const} */ ([
      [0.5, 0.5, 1],
      [0.44, 0.25, 0.5],
      [0.8, 0.75, 0.5],
      [0.3, 0.7, 0.5],
    ]),
  },
]

const CENTRE_AND_DETAILS = /** @type {const} */ ([
  [0.5, 0.5, 1],
  [0.5, 0.5, 0.6],
  [0.25, 0.25, 0.5],
  [0.75, 0.75, 0.5],
])

export const defaultCredit =
  'Photographs: S. van der Walt, R. Michetti (both CC0), SpaceX, NASA (both public domain).'

/** @returns {Promise<Photo[]>} */
export function defaultPhotos() {
  return Promise.all(
    defaults.map(async ({ file, name, regions }) => {
      const path = fileURLToPath(new URL(`photos/${file}`, import.meta.url))
      return { name, regions, ...(await readPicture(path)) }
    }),
  )
}

/**
 * @param {readonly string[]} paths
 * @returns {Promise<Photo[]>}
 */
export function readPhotos(paths) {
  return Promise.all(
    paths.map(async (path) => ({
      name: basename(path),
      regions: CENTRE_AND_DETAILS,
      ...(await readPicture(path)),
    })),
  )
}

/**
 * @param {Photo} photo
 * @param {number} region one of the photo's regions; after the last comes the first
 * @param {number} width
 * @param {number} height
 * @returns {Promise<Picture>}
 */
export async function crop(photo, region, width, height) {
  const { regions } = photo
  const [centreX, centreY, size] = /** @type {Region} */ (regions[region % regions.length])
  const scale = Math.min(photo.width / width, photo.height / height) * size
  const sides = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))]
  const [w, h] = /** @type {[number, number]} */ (sides)
  const rgb = await sharp(photo.rgb, { raw: { ...sizeOf(photo), channels: 3 } })
    .extract({
      left: clamp(Math.round(photo.width * centreX - w / 2), photo.width - w),
      top: clamp(Math.round(photo.height * centreY - h / 2), photo.height - h),
      width: w,
      height: h,
    })
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer()
  return { rgb, width, height }
}

/**
 * @param {Picture} picture
 * @returns {{ width: number, height: number }}
 */
function sizeOf({ width, height }) {
  return { width, height }
}

/**
 * @param {number} value
 * @param {number} max
 */
function clamp(value, max) {
  return Math.min(Math.max(value, 0), max)
}

/**
 * A batch as from a loader: each photo in turn, each time another part of it.
 *
 * @param {readonly Photo[]} photos
 * @param {number} count
 * @param {number} width
 * @param {number} height
 */
export async function sampleImages(photos, count, width, height) {
  const pictures = Array.from({ length: count }, (_, i) => {
    const photo = /** @type {Photo} */ (photos[i % photos.length])
    return crop(photo, Math.floor(i / photos.length), width, height)
  })
  return (await Promise.all(pictures)).map(toImage)
}

/**
 * A picture as Preprocessor takes it.
 *
 * @param {Picture} picture
 */
export function toImage({ rgb, width, height }) {
  return { data: rgb, width, height, channels: 3 }
}

/**
 * Back from a batch to pictures. What GridMask dropped, 0 in the batch, becomes the mean colour.
 *
 * @param {Float32Array} batch
 * @param {number} width
 * @param {number} height
 * @param {import('gridmask').Normalization} [normalized]
 * @returns {Picture[]}
 */
export function toPictures(batch, width, height, normalized = normalization.imagenet) {
  const { mean, std } = /** @type {{ mean: number[], std: number[] }} */ (normalized)
  const pixels = width * height
  return Array.from({ length: batch.length / (3 * pixels) }, (_, n) => {
    const rgb = new Uint8Array(3 * pixels)
    for (const [channel, m] of mean.entries()) {
      const deviation = /** @type {number} */ (std[channel])
      const plane = batch.subarray((3 * n + channel) * pixels, (3 * n + channel + 1) * pixels)
      for (let i = 0; i < pixels; i++) {
        const value = /** @type {number} */ (plane[i])
        rgb[3 * i + channel] = Math.round((value * deviation + m) * 255)
      }
    }
    return { rgb, width, height }
  })
}
