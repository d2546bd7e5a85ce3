/** Which part of an image is taken, and whether it is mirrored: docs/geometry-and-draws.md. */

import { CounterStream } from '../core/counter-stream'

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

/** Words per crop: its upper left corner in the padded image, and 1 if it is mirrored. */
export const CROP_WORDS = 3

/** Draws the crops and flips of all samples under one seed. */
export class CropDrawer {
  readonly #stream: CounterStream

  constructor(
    readonly kind: CropKind,
    readonly flip: number,
    seed: bigint,
  ) {
    this.#stream = new CounterStream(seed, CROP_BLOCK)
  }

  /**
   * Writes the crop of sample `index` to `crops` at `at`.
   *
   * @param rows how much higher the padded image is than the crop
   * @param columns how much wider it is
   */
  draw(
    crops: Int32Array,
    at: number,
    epoch: number,
    index: number,
    rows: number,
    columns: number,
  ): void {
    const random = this.kind === 'random'
    if (!random) {
      crops[at] = Math.floor(rows / 2)
      crops[at + 1] = Math.floor(columns / 2)
      if (this.flip === 0 || this.flip === 1) {
        crops[at + 2] = this.flip
        return
      }
    }
    this.#stream.start(epoch, index)
    crops[at + 2] = this.#stream.fraction() < this.flip ? 1 : 0
    if (!random) return
    crops[at] = this.#stream.below(rows + 1)
    crops[at + 1] = this.#stream.below(columns + 1)
  }
}
