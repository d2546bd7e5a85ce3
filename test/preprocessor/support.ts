// What Preprocessor makes of images, value by value, written from its documentation: an oracle that shares
// only the definition of a mask with lib/.
import { keepsPixel } from '../../lib/fallback/reference'
import type { FloatType, Layout, Normalization, Sample } from '../../lib/index'
import { type Bits, lengthOf, oracle } from '../oracle'
import { scramble } from '../support'

/** Decoded images, whose bytes show where they belong. */
export const someBytes = (length: number, seed?: number) => scramble(new Uint8Array(length), seed)

export interface Picture {
  height: number
  width: number
  channels: number
  values: Uint8Array | Uint8ClampedArray | Float32Array
  planar?: boolean
}

export interface Settings {
  size: readonly [height: number, width: number]
  padding: number
  channels: readonly number[]
  normalize: Normalization | undefined
  dtype: FloatType
  layout: Layout
  /** Of a dropped value, as it is stored. */
  fill: readonly number[]
}

/** Where a crop lies, and a mask if there is one. */
export type Crop = { top: number; left: number; flip: boolean } & Partial<Sample>

/** The numbers that a type of 16 bits holds, by their bits; negative ones have the highest bit. */
function decode(bits: number, exponentBits: number): number {
  const mantissaBits = 15 - exponentBits
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits & 0x7fff) >> mantissaBits
  const mantissa = bits & (2 ** mantissaBits - 1)
  const bias = 2 ** (exponentBits - 1) - 1
  if (exponent === 2 ** exponentBits - 1) return mantissa === 0 ? sign * Infinity : NaN
  return exponent === 0
    ? sign * mantissa * 2 ** (1 - bias - mantissaBits)
    : sign * (1 + mantissa / 2 ** mantissaBits) * 2 ** (exponent - bias)
}

const exponentBits = { float16: 5, bfloat16: 8 } as const

/** The bits of the nearest number, of two that are as near the even one, found by search. */
function nearest(value: number, dtype: 'float16' | 'bfloat16'): number {
  const size = exponentBits[dtype]
  const infinity = (2 ** size - 1) << (15 - size)
  if (Number.isNaN(value)) return infinity | (1 << (14 - size))
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  let [low, high] = [0, infinity]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (decode(middle, size) <= magnitude) low = middle
    else high = middle
  }
  if (magnitude === Infinity) return sign | infinity
  const below = decode(low, size)
  // To infinity as to the number that would come next.
  const above = high === infinity ? below + (below - decode(low - 1, size)) : decode(high, size)
  const [down, up] = [magnitude - below, above - magnitude]
  const rounded = down < up || (down === up && low % 2 === 0) ? low : high
  return sign | rounded
}

const view = new DataView(new ArrayBuffer(4))

/** A value of 0…255 as the result has it. */
export function storedBits(v: number, mean: number, std: number, dtype: FloatType): number {
  const a = Math.fround(1 / (255 * std))
  const b = Math.fround(-mean / std)
  return roundedBits(Math.fround(Math.fround(v * a) + b), dtype)
}

export function roundedBits(value: number, dtype: FloatType): number {
  if (dtype !== 'float32') return nearest(value, dtype)
  if (Number.isNaN(value)) return 0x7fc00000
  view.setFloat32(0, value)
  return view.getUint32(0)
}

/** The bits of one value of a result of one image. */
function definition(
  picture: Picture,
  crop: Crop,
  settings: Settings,
): (y: number, x: number, k: number) => number {
  const { size, padding, channels, normalize, dtype, fill } = settings
  const { height, width, values, planar = false } = picture
  const keeps = crop.masked === true ? keepsPixel(crop as unknown as Sample, size) : () => true
  const of = (numbers: number | readonly number[], k: number) =>
    typeof numbers === 'number' ? numbers : (numbers[k] as number)
  return (y, x, k) => {
    if (!keeps(x, y)) return fill[k] as number
    // In the padded image, and in the image.
    const paddedX = crop.left + (crop.flip ? size[1] - 1 - x : x)
    const [row, column] = [crop.top + y - padding, paddedX - padding]
    const outside = row < 0 || column < 0 || row >= height || column >= width
    const channel = channels[k] as number
    const at = planar
      ? (channel * height + row) * width + column
      : (row * width + column) * picture.channels + channel
    const v = outside ? 0 : (values[at] as number)
    if (normalize === undefined) {
      return roundedBits(Math.fround(v * Math.fround(1 / 255)), dtype)
    }
    return storedBits(v, of(normalize.mean, k), of(normalize.std, k), dtype)
  }
}

/** The bits of a whole result: there is no value that is kept as it was. */
export function expectedBits(
  pictures: readonly Picture[],
  crops: readonly Crop[],
  settings: Settings,
): Bits {
  const [height, width] = settings.size
  const channels = settings.channels.length
  const batch = { count: pictures.length, channels, height, width, layout: settings.layout }
  const Result = settings.dtype === 'float32' ? Uint32Array : Uint16Array
  const values = pictures.map((picture, n) => definition(picture, crops[n] as Crop, settings))
  return oracle(
    new Result(lengthOf(batch)),
    batch,
    () => false,
    (sample, channel, pixel) => {
      const value = values[sample] as (typeof values)[number]
      return value(Math.floor(pixel / width), pixel % width, channel)
    },
  )
}
