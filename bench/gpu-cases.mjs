// SPDX-License-Identifier: MIT
//
// What is measured on a GPU, and the bytes that each case must move.
import { createRequire } from 'node:module'
import { GridMask, presets } from 'gridmask'
import { bytesToMove, movedBytes } from './bytes.mjs'

// Packed plans are not public.
const { Plan } =
  /** @type {{ Plan: { packed(plan: import('gridmask').Plan): { bytes: Uint8Array } } }} */ (
    createRequire(import.meta.url)('../dist/plan/plan.js')
  )

/**
 * `decoded`: the batch is made from images of bytes with three interleaved channels. `crops`: they
 * are 32 pixels larger, and are cropped and mirrored, each in another way.
 * `reach`: the goal, as a multiple of a copy's time, or in place of a fill's.
 * @typedef {{
 *   name: string
 *   options: import('gridmask').GridMaskOptions
 *   batch: import('./bytes.mjs').BatchShape
 *   inPlace: boolean
 *   mixes?: boolean
 *   noise?: 0 | 1 | 2
 *   decoded?: boolean
 *   crops?: boolean
 *   reach?: number | undefined
 * }} GpuCase
 */

const seeded = { probability: 1, seed: 1 }
export const imagenet = { ...presets.imagenet, ...seeded }
export const cifar10 = { ...presets.cifar10, rotate: 360, ...seeded }

/** @type {import('./bytes.mjs').BatchShape} */
export const large = {
  count: 64,
  channels: 3,
  height: 224,
  width: 224,
  layout: 'NCHW',
  valueBytes: 4,
}
/** @type {import('./bytes.mjs').BatchShape} */
export const small = { ...large, count: 256, height: 32, width: 32 }
/** @type {import('./bytes.mjs').BatchShape} */
const last = { ...large, layout: 'NHWC' }
/** Sides that are not multiples of a vector. @type {import('./bytes.mjs').BatchShape} */
const odd = { ...large, height: 299, width: 299 }

/** @type {GpuCase[]} */
export const gpuCases = [
  ...both('64×3×224×224 float32', large, 1, 0.69),
  {
    name: '64×3×224×224 float32, upright',
    options: { ...imagenet, rotate: 0 },
    batch: large,
    inPlace: true,
  },
  ...both('64×3×224×224 float32, Random GridMask', large, undefined, undefined, {
    options: { ...imagenet, unitProbability: 0.7 },
  }),
  ...both('64×224×224×3 float32', last, 1.02, 0.67),
  ...both('64×3×224×224 float16', { ...large, valueBytes: 2 }, 1.08, 1.1),
  ...both('64×224×224×3 float16', { ...last, valueBytes: 2 }),
  ...both('64×3×224×224 uint8', { ...large, valueBytes: 1 }),
  ...both('64×224×224×3 uint8', { ...last, valueBytes: 1 }, 1.08, 1.6),
  ...both('64×224×224×4 uint8', { ...last, channels: 4, valueBytes: 1 }),
  ...both('64×1×224×224 uint8', { ...large, channels: 1, valueBytes: 1 }, 1.2),
  ...both('64×3×299×299 float32', odd),
  ...both('256×3×32×32 float32', small, 1.15, undefined, { options: cifar10 }),
  ...both('64×3×224×224 float32, GridMix', large, 1.1, 1.25, { mixes: true }),
  ...both('256×3×32×32 float32, GridMix', small, undefined, undefined, {
    options: cifar10,
    mixes: true,
  }),
  ...both('64×3×224×224 float32, normal noise', large, 1.5, 2, { noise: 2 }),
  ...made('64×3×224×224 float32 of bytes', large, 0.72),
  ...made('64×3×224×224 float32 of crops of bytes', large, undefined, { crops: true }),
  ...made('64×224×224×3 float32 of bytes', last),
  ...made('64×3×224×224 float16 of bytes', { ...large, valueBytes: 2 }),
  ...made('64×3×299×299 float32 of bytes', odd),
  ...made('256×3×32×32 float32 of bytes', small, undefined, { options: cifar10 }),
]

/**
 * @param {string} name
 * @param {import('./bytes.mjs').BatchShape} batch
 * @param {number} [newReach]
 * @param {number} [inPlaceReach]
 * @param {Partial<GpuCase>} [more]
 * @returns {GpuCase[]}
 */
function both(name, batch, newReach, inPlaceReach, more) {
  const made = { name, options: imagenet, batch, ...more }
  return [
    { ...made, inPlace: false, reach: newReach },
    { ...made, inPlace: true, reach: inPlaceReach },
  ]
}

/**
 * What Preprocessor makes.
 *
 * @param {string} name
 * @param {import('./bytes.mjs').BatchShape} batch
 * @param {number} [reach]
 * @param {Partial<GpuCase>} [more]
 * @returns {GpuCase[]}
 */
function made(name, batch, reach, more) {
  return [{ name, options: imagenet, batch, inPlace: false, decoded: true, reach, ...more }]
}

/** The bytes of the batch, and those that must move. @param {GpuCase} gpuCase */
export function bytesOf({ options, batch, inPlace }) {
  const bytes = bytesToMove(planOf(options, batch), batch)
  return { ...bytes, moved: movedBytes(bytes, inPlace) }
}

/**
 * @param {import('gridmask').GridMaskOptions} options
 * @param {import('./bytes.mjs').BatchShape} batch
 */
function planOf(options, { count, height, width }) {
  return new GridMask(options).plan({ count, height, width })
}

/**
 * The plan as the native code reads it.
 *
 * @param {import('gridmask').GridMaskOptions} options
 * @param {import('./bytes.mjs').BatchShape} batch
 */
export function packedPlan(options, batch) {
  return Plan.packed(planOf(options, batch)).bytes
}
