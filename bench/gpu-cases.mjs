// SPDX-License-Identifier: MIT
//
// What is measured on a GPU, and the bytes that each case must move.
import { createRequire } from 'node:module'
import { GridMask, presets } from 'gridmask'
import { bytesToMove, movedBytes } from './bytes.mjs'

// Packed plans are no public matter.
const { Plan } =
  /** @type {{ Plan: { packed(plan: import('gridmask').Plan): { bytes: Uint8Array } } }} */ (
    createRequire(import.meta.url)('../dist/plan/plan.js')
  )

/**
 * @typedef {{
 *   name: string
 *   options: import('gridmask').GridMaskOptions
 *   batch: import('./bytes.mjs').BatchShape
 *   inPlace: boolean
 *   reach?: number
 * }} GpuCase
 */

const seeded = { probability: 1, seed: 1 }
const imagenet = { ...presets.imagenet, ...seeded }
const cifar10 = { ...presets.cifar10, rotate: 360, ...seeded }

/** @type {import('./bytes.mjs').BatchShape} */
const large = { count: 64, channels: 3, height: 224, width: 224, layout: 'NCHW', valueBytes: 4 }
/** @type {import('./bytes.mjs').BatchShape} */
const small = { ...large, count: 256, height: 32, width: 32 }

/** @type {GpuCase[]} */
export const gpuCases = [
  { name: '64×3×224×224 float32', options: imagenet, batch: large, inPlace: false, reach: 0.95 },
  { name: '64×3×224×224 float32', options: imagenet, batch: large, inPlace: true },
  {
    name: '64×3×224×224 float32, upright',
    options: { ...imagenet, rotate: 0 },
    batch: large,
    inPlace: true,
  },
  ...both('64×224×224×3 float32, NHWC', imagenet, { ...large, layout: 'NHWC' }),
  ...both('64×3×224×224 float16', imagenet, { ...large, valueBytes: 2 }),
  ...both('64×3×224×224 uint8', imagenet, { ...large, valueBytes: 1 }),
  ...both('64×1×224×224 uint8', imagenet, { ...large, channels: 1, valueBytes: 1 }),
  ...both('256×3×32×32 float32, CIFAR-10 rotated', cifar10, small),
]

/** The cases of host arrays: `name`, `options` and `batch` of those above. */
export const hostCases = [
  { name: '64×3×224×224 float32', options: imagenet, batch: large },
  { name: '256×3×32×32 float32, CIFAR-10 rotated', options: cifar10, batch: small },
]

/**
 * @param {string} name
 * @param {import('gridmask').GridMaskOptions} options
 * @param {import('./bytes.mjs').BatchShape} batch
 * @returns {GpuCase[]}
 */
function both(name, options, batch) {
  return [false, true].map((inPlace) => ({ name, options, batch, inPlace }))
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
