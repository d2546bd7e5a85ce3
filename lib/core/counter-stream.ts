import { philox4x32 } from './philox'
import { splitU64, type Words64 } from './u64'

/**
 * A sample's random numbers, one after another: the words of Philox4x32-10 with the counter (index
 * low, index high, epoch, block) under the seed. Each method counts blocks from a first block of its own,
 * so methods with the same seed, such as GridMask and noise, share no numbers.
 */
export class CounterStream {
  readonly #seed: Words64
  readonly #words = new Uint32Array(4)
  #index: Words64 = [0, 0]
  #epoch = 0
  #used = 0

  constructor(
    seed: number | bigint | string,
    readonly firstBlock: number,
  ) {
    this.#seed = splitU64(seed)
  }

  start(epoch: number, index: number): void {
    this.#index = splitU64(index)
    this.#epoch = epoch
    this.#used = 0
  }

  next(): number {
    const word = this.#used % 4
    if (word === 0) {
      const block = this.firstBlock + this.#used / 4
      philox4x32(this.#words, ...this.#index, this.#epoch, block, ...this.#seed)
    }
    this.#used++
    return this.#words[word] as number
  }

  /** A number in [0, 1), a multiple of 2⁻³². */
  fraction(): number {
    return this.next() / 2 ** 32
  }

  /** A whole number in 0 … n-1, for n up to 2²¹: the product is exact. */
  below(n: number): number {
    return Math.floor((this.next() * n) / 2 ** 32)
  }
}
