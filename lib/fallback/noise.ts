/**
 * The numbers of noise, docs/noise.md, in plain TypeScript: the twin of native/lattice/noise.h. Every
 * operation is rounded to float32 by itself. A sum, product or root of float32 numbers, computed as a
 * double, rounds to the same float32 as the exact one.
 */

import type { DType } from '../core/dtype'
import { bfloat16Bits, float16Bits } from '../core/float-bits'
import { philox4x32 } from '../core/philox'
import { splitU64 } from '../core/u64'
import { blocksOf, FIRST_NOISE_BLOCK, type NoiseKind, PIXELS_PER_BLOCK } from '../plan/noise-fill'
import type { Sample } from '../plan/plan'

const f = Math.fround
const bitsView = new DataView(new ArrayBuffer(4))

/** The bits of a float32. */
export function bitsOf(value: number): number {
  bitsView.setFloat32(0, value)
  return bitsView.getUint32(0)
}

function ofBits(bits: number): number {
  bitsView.setUint32(0, bits)
  return bitsView.getFloat32(0)
}

/** Sum of coefficients times powers of x, the highest first. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let sum = f(coefficients[0] as number)
  for (const next of coefficients.slice(1)) sum = f(f(sum * x) + f(next))
  return sum
}

const LOGARITHM = [
  -0.079027459, 0.126223207, -0.129981831, 0.142144963, -0.166412815, 0.200010449, -0.25000307,
  0.333333313,
]
const SINE = [2.75573188e-6, -1.98412701e-4, 8.33333377e-3, -0.166666672]
const COSINE = [2.48015876e-5, -1.38888892e-3, 4.16666679e-2, -0.5, 1]
const ROOT_OF_2 = 0x3504f3
const STEP = f(3.74507039e-7)

/** A word as a number in [0, 1), of 24 bits. */
export function uniformOf(word: number): number {
  return (word >>> 8) / 2 ** 24
}

/** The natural logarithm of k / 2²⁴, for whole numbers 1 ≤ k ≤ 2²⁴. */
export function logarithmOf(k: number): number {
  const bits = bitsOf(k)
  const mantissa = bits & 0x7fffff
  const upper = mantissa > ROOT_OF_2 ? 1 : 0
  const e = (bits >>> 23) + upper - 127 - 24
  const x = f(ofBits(mantissa | (0x3f800000 - upper * 0x800000)) - 1)
  const square = f(x * x)
  let low = f(f(square * x) * polynomial(x, LOGARITHM))
  low = f(low + f(e * f(-2.12194442e-4)))
  low = f(low + f(square * -0.5))
  return f(f(x + low) + f(e * 0.693359375))
}

/** Two independent normal numbers from two words (Box and Muller 1958). */
export function normalsOf(first: number, second: number): [x: number, y: number] {
  const radius = f(Math.sqrt(f(-2 * logarithmOf((first >>> 8) + 1))))
  const direction = second >>> 8
  const angle = f(((direction & 0x3fffff) - 0x200000) * STEP)
  const z = f(angle * angle)
  const sine = f(angle + f(f(angle * z) * polynomial(z, SINE)))
  const cosine = polynomial(z, COSINE)
  switch (direction >>> 22) {
    case 0:
      return [f(radius * cosine), f(radius * sine)]
    case 1:
      return [f(-radius * sine), f(radius * cosine)]
    case 2:
      return [f(-radius * cosine), f(-radius * sine)]
    default:
      return [f(radius * sine), f(-radius * cosine)]
  }
}

/** A field of a sample: the number of each pixel, counted row by row. */
export class NoiseField {
  readonly #kind: NoiseKind
  readonly #counter: readonly [low: number, high: number, epoch: number]
  readonly #key: readonly [low: number, high: number]
  readonly #first: number
  readonly #words = new Uint32Array(4)
  #block = -1
  #numbers: readonly number[] = []

  constructor(
    kind: NoiseKind,
    { seed, epoch, index }: Pick<Sample, 'seed' | 'epoch' | 'index'>,
    field: number,
    pixels: number,
  ) {
    this.#kind = kind
    this.#counter = [...splitU64(index), epoch]
    this.#key = splitU64(seed)
    this.#first = FIRST_NOISE_BLOCK + field * blocksOf(pixels)
  }

  at(pixel: number): number {
    const block = Math.floor(pixel / PIXELS_PER_BLOCK)
    if (block !== this.#block) {
      this.#block = block
      philox4x32(this.#words, ...this.#counter, this.#first + block, ...this.#key)
      const [a, b, c, d] = this.#words as unknown as [number, number, number, number]
      this.#numbers =
        this.#kind === 'uniform'
          ? [uniformOf(a), uniformOf(b), uniformOf(c), uniformOf(d)]
          : [...normalsOf(a, b), ...normalsOf(c, d)]
    }
    return this.#numbers[pixel % PIXELS_PER_BLOCK] as number
  }
}

/**
 * What a channel makes of a number: `a` and `b`, float32, are low and high, or mean and standard
 * deviation. A sum that is rounded up must not leave [low, high].
 */
export function noiseValue(kind: NoiseKind, number: number, a: number, b: number): number {
  if (kind === 'normal') return f(a + f(number * b))
  const value = f(a + f(number * f(b - a)))
  return value < b ? value : b
}

/** The bits of a finite float32 in a dtype: rounded to nearest, ties to even. */
export function noiseBits(value: number, dtype: DType): number {
  switch (dtype) {
    case 'float32':
      return bitsOf(value)
    case 'uint8':
      // Adding 2²³ leaves whole numbers only.
      return f(Math.min(Math.max(value, 0), 255) + 2 ** 23) - 2 ** 23
    case 'bfloat16':
      return bfloat16Bits(value)
    case 'float16':
      return float16Bits(value)
  }
}
