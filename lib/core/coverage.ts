/** Which pixels of an image are covered by squares: one bit per pixel, counted in runs. */

/** Number of set bits in a word. */
function bitCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

export class Coverage {
  readonly #words: Int32Array
  readonly #wordsPerRow: number

  constructor(
    readonly height: number,
    readonly width: number,
  ) {
    this.#wordsPerRow = Math.ceil(width / 32)
    this.#words = new Int32Array(height * this.#wordsPerRow)
  }

  clear(): void {
    this.#words.fill(0)
  }

  /** Covers the part of [x0, x1) × [y0, y1) that lies in the image; returns how many pixels are new. */
  cover(x0: number, y0: number, x1: number, y1: number): number {
    return this.#visit(x0, y0, x1, y1, true)
  }

  /** Number of covered pixels in the part of [x0, x1) × [y0, y1) that lies in the image. */
  count(x0: number, y0: number, x1: number, y1: number): number {
    return this.#visit(x0, y0, x1, y1, false)
  }

  #visit(x0: number, y0: number, x1: number, y1: number, covers: boolean): number {
    const left = Math.max(x0, 0)
    const right = Math.min(x1, this.width)
    const bottom = Math.min(y1, this.height)
    if (left >= right) return 0
    const words = this.#words
    const first = left >>> 5
    const last = (right - 1) >>> 5
    let pixels = 0
    for (let y = Math.max(y0, 0); y < bottom; y++) {
      const row = y * this.#wordsPerRow
      for (let i = first; i <= last; i++) {
        let run = -1
        if (i === first) run &= -1 << (left & 31)
        if (i === last) run &= -1 >>> (31 - ((right - 1) & 31))
        const word = words[row + i] as number
        pixels += bitCount(covers ? run & ~word : run & word)
        if (covers) words[row + i] = word | run
      }
    }
    return pixels
  }
}
