/** Which part of an image is taken, and whether it is mirrored: docs/geometry-and-draws.md. */

import { CounterStream } from '../core/counter-stream'
import { joinU64, splitU64 } from '../core/u64'

/**
 * Where an image is cropped: at random, or in the centre.
 *
 * @example
 * ```ts
 * const crop: CropKind = 'random'
 * ```
 */
export type CropKind = 'random' | 'center'

export const cropKinds: readonly CropKind[] = ['random', 'center']

/** The block of a sample's counter for its crop and flip: the last but one, before the partner's. */
export const CROP_BLOCK = 0xfffffffe

/** Words per crop in a plan: those of CROP_FIELDS. */
export const CROP_WORDS = 3

/** How crops are drawn, in the order of CropSettings in native/lattice/crop_draws.h. */
export class CropSettings {
  readonly #numbers: Float64Array

  constructor(kind: CropKind, flip: number, seed: bigint) {
    this.#numbers = Float64Array.of(kind === 'random' ? 1 : 0, flip, ...splitU64(seed), 0)
  }

  /** What native code draws the crops of an epoch from, a whole number. The next call overwrites it. */
  at(epoch: number): Float64Array {
    this.#numbers[4] = epoch
    return this.#numbers
  }
}

/** Draws the crops and flips of all samples under the settings of an epoch. */
export class CropDrawer {
  readonly #stream: CounterStream
  readonly #random: boolean
  readonly #flip: number
  readonly #epoch: number

  constructor(settings: Float64Array) {
    const [random, flip, low, high, epoch] = settings as unknown as [
      ...[random: number, flip: number, low: number, high: number, epoch: number],
    ]
    this.#stream = new CounterStream(joinU64(low, high), CROP_BLOCK)
    this.#random = random !== 0
    this.#flip = flip
    this.#epoch = epoch
  }

  /**
   * The crop of sample `index`.
   *
   * @param rows how much higher the padded image is than the crop
   * @param columns how much wider it is
   */
  draw(
    index: number,
    rows: number,
    columns: number,
  ): readonly [top: number, left: number, flip: number] {
    this.#stream.start(this.#epoch, index)
    const flip = this.#stream.fraction() < this.#flip ? 1 : 0
    if (!this.#random) return [Math.floor(rows / 2), Math.floor(columns / 2), flip]
    return [this.#stream.below(rows + 1), this.#stream.below(columns + 1), flip]
  }
}
