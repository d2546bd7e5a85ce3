// SPDX-License-Identifier: MIT
//
// The bytes that masking a batch on a GPU must move, counted value by value from the plan.
import { maskOf } from 'gridmask'

/**
 * @typedef {{
 *   count: number, channels: number, height: number, width: number
 *   layout: 'NCHW' | 'NHWC'
 *   valueBytes: 1 | 2 | 4
 * }} BatchShape
 *
 * `bytes` is what the kernel asks for; `sectors` is what memory moves for it, 32 bytes at a time.
 * @typedef {{
 *   batchBytes: number
 *   newTensor: { vectorsRead: number, read: number, readSectors: number, written: number }
 *   inPlace: { written: number, writtenSectors: number, partSectors: number }
 * }} Bytes
 */

/** What one instruction of a thread reads, and what memory moves at a time. */
const VECTOR = 16
const SECTOR = 32

/**
 * The batch begins at a multiple of 32 bytes, like device memory.
 *
 * - A new tensor: vectors of 16 bytes with a kept value are read, every value is written. The
 *   constants of the samples, 64 bytes each, are not counted.
 * - In place: only dropped values are written. Of the sectors that they lie in, `partSectors` also keep
 *   something; memory that corrects errors in words of that length may have to read those first.
 *
 * @param {Iterable<import('gridmask').Sample>} plan
 * @param {BatchShape} batch
 * @returns {Bytes}
 */
export function bytesToMove(plan, { channels, height, width, layout, valueBytes }) {
  const pixels = height * width
  const planar = layout === 'NCHW'
  const vectors = new Groups(VECTOR / valueBytes)
  const sectors = new Groups(SECTOR / valueBytes)
  let kept = 0
  let count = 0
  for (const sample of plan) {
    const mask = maskOf(sample, [height, width])
    const [times, values] = planar ? [channels, 1] : [1, channels]
    for (let plane = 0; plane < times; plane++) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        const keeps = /** @type {number} */ (mask[pixel])
        for (let value = 0; value < values; value++) {
          kept += keeps
          vectors.add(keeps)
          sectors.add(keeps)
        }
      }
    }
    count += 1
  }
  vectors.end()
  sectors.end()
  const written = count * channels * pixels
  return {
    batchBytes: written * valueBytes,
    newTensor: {
      vectorsRead: vectors.keeping,
      read: vectors.keeping * VECTOR,
      readSectors: sectors.keeping * SECTOR,
      written: written * valueBytes,
    },
    inPlace: {
      written: (written - kept) * valueBytes,
      writtenSectors: sectors.dropping * SECTOR,
      partSectors: sectors.both * SECTOR,
    },
  }
}

/**
 * What memory moves: a new tensor's reads and writes, in place only writes.
 *
 * @param {Bytes} bytes
 * @param {boolean} inPlace
 */
export function movedBytes(bytes, inPlace) {
  return inPlace
    ? bytes.inPlace.writtenSectors
    : bytes.newTensor.readSectors + bytes.newTensor.written
}

/** Values of consecutive addresses in groups of `size`: how many groups keep or drop something. */
class Groups {
  keeping = 0
  dropping = 0
  both = 0
  #filled = 0
  #kept = 0

  /** @param {number} size */
  constructor(size) {
    this.size = size
  }

  /** @param {number} keeps 0 or 1 */
  add(keeps) {
    this.#kept += keeps
    this.#filled += 1
    if (this.#filled === this.size) this.end()
  }

  /** The last group may be incomplete. */
  end() {
    const keeps = this.#kept > 0
    const drops = this.#kept < this.#filled
    if (keeps) this.keeping += 1
    if (drops) this.dropping += 1
    if (keeps && drops) this.both += 1
    this.#filled = 0
    this.#kept = 0
  }
}
