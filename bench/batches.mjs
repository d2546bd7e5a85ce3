// SPDX-License-Identifier: MIT
//
// Batches to measure with, and the type of a case.
import { createRequire } from 'node:module'
import { devices } from 'gridmask'

/**
 * `subject` takes turns with `baseline`, whose threads are awake; `loop` is what one would write in
 * JavaScript, and `sharp` the part of it that sharp can do. `limit` is the goal for the ratio of the two;
 * without it the row only reports. `microseconds` limits the subject's own time.
 *
 * @typedef {{
 *   name: string
 *   against: string
 *   limit?: number
 *   microseconds?: number
 *   setUp: () => {
 *     subject: () => unknown
 *     baseline: () => void
 *     loop?: () => void
 *     sharp?: () => Promise<unknown>
 *   }
 * }} Case
 * @typedef {[number, number, number, number]} Shape in the layout's order
 * @typedef {'float32' | 'float16' | 'uint8'} Dtype
 */

/**
 * @type {{
 *   wake(threads: number): void
 *   rest(): void
 *   copy(target: Uint8Array, source: Uint8Array): void
 *   fill(target: Uint8Array): void
 * }}
 */
export const baseline = createRequire(import.meta.url)('../build/bench/bench_baseline.node')

export const threads = devices()[0]?.threads ?? 1

/** @type {Shape} */
export const large = [64, 3, 224, 224]
/** @type {Shape} */
export const small = [256, 3, 32, 32]

/** The same images in the other layout. @param {Shape} shape @returns {Shape} */
export function channelsLast([n, c, h, w]) {
  return [n, h, w, c]
}

const arrayTypes = { float32: Float32Array, float16: Uint16Array, uint8: Uint8Array }

/** Values that are small numbers in each type, but not 0, the fill. @param {Shape} shape @param {Dtype} dtype */
export function batchOf(shape, dtype) {
  const array = new arrayTypes[dtype](shape.reduce((a, b) => a * b))
  return array.fill(dtype === 'float32' ? 0.5 : 0x38)
}

/** @param {ArrayBufferView} array */
export function bytesOf(array) {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}
