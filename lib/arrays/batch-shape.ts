/**
 * A request, `{ shape, layout, dtype, out }`, against the arrays that came with it: everything that
 * must hold before a byte is written.
 */

import { checkChoice, checkInteger, invalid } from '../core/check'
import { type DType, dtypes } from '../core/dtype'
import { GridMaskError } from '../core/errors'
import { MAX_COUNT, MAX_SIDE } from '../core/limits'
import {
  arrayTag,
  checkAttached,
  type ImageArray,
  lengthOf,
  overlaps,
  resolveDType,
  sameMemory,
  type Tag,
} from './typed-array'

/** Order of an array's dimensions. */
export type Layout = 'NCHW' | 'NHWC'

/** `[n, c, h, w]` for layout NCHW, `[n, h, w, c]` for NHWC. */
export type Shape = readonly [number, number, number, number]

/** What every request says of its arrays. */
export interface ArrayRequest {
  /** `[n, c, h, w]`, or `[n, h, w, c]` for layout NHWC. Height and width at most 16384. */
  shape: Shape
  /** Default 'NCHW'. */
  layout?: Layout
  /** Needed for a Uint16Array, which holds 'float16' or 'bfloat16'; else the array's type says it. */
  dtype?: DType
  /**
   * Where the result goes: an array of the same type and length. `out: images` works in place and
   * writes only what is dropped. May not overlap `images` in part. Default: a new array.
   */
  out?: ImageArray
}

export const arrayRequestKeys = ['shape', 'layout', 'dtype', 'out'] as const

export const layouts: readonly Layout[] = ['NCHW', 'NHWC']

/** The dimensions of a batch; `planes` and `pixelBytes` are native/cpu/backend.h's. */
export interface Dimensions {
  count: number
  channels: number
  height: number
  width: number
  channelsLast: boolean
}

/** Reads the request's own values; looks at no array yet. */
export function readDimensions(request: Partial<ArrayRequest>): Dimensions {
  const { shape, layout } = request
  const channelsLast = layout !== undefined && checkLayout(layout) === 'NHWC'
  if (!Array.isArray(shape) || shape.length !== 4) {
    const expected = channelsLast ? '[n, h, w, c]' : '[n, c, h, w]'
    invalid('ERR_INVALID_ARG_TYPE', 'shape', expected, shape, hintOnShape(shape))
  }
  const [first, second, third, fourth] = shape as unknown[]
  if (layout === undefined && isChannels(fourth) && !isChannels(second)) {
    throw new GridMaskError(
      'ERR_INVALID_ARG_VALUE',
      `Expected \`layout\` to be given for \`shape\` [${shape.join(', ')}], which by the default ` +
        `'NCHW' has ${second} channels of ${third}×${fourth} pixels: layout 'NHWC' if it has ${fourth} ` +
        `channels of ${second}×${third}, else 'NCHW'`,
    )
  }
  const size = (i: number, value: unknown, most: number) =>
    most === MAX_SIDE && typeof value === 'number' && value > MAX_SIDE
      ? invalid(
          'ERR_OUT_OF_RANGE',
          `shape[${i}]`,
          `a whole number from 0 to ${MAX_SIDE}`,
          value,
          TILES,
        )
      : checkInteger(`shape[${i}]`, value, 0, most)
  const most = Number.MAX_SAFE_INTEGER
  const count = size(0, first, MAX_COUNT)
  return channelsLast
    ? {
        count,
        height: size(1, second, MAX_SIDE),
        width: size(2, third, MAX_SIDE),
        channels: size(3, fourth, most),
        channelsLast,
      }
    : {
        count,
        channels: size(1, second, most),
        height: size(2, third, MAX_SIDE),
        width: size(3, fourth, MAX_SIDE),
        channelsLast,
      }
}

const TILES = 'Larger images are masked in tiles: docs/recipes.md'

function checkLayout(value: unknown): Layout {
  if (typeof value === 'string' && /^channels.?last$/i.test(value)) {
    invalid(
      'ERR_INVALID_ARG_VALUE',
      'layout',
      "'NCHW' or 'NHWC'",
      value,
      "It is called 'NHWC' here",
    )
  }
  if (typeof value === 'string' && /^channels.?first$/i.test(value)) {
    invalid(
      'ERR_INVALID_ARG_VALUE',
      'layout',
      "'NCHW' or 'NHWC'",
      value,
      "It is called 'NCHW' here",
    )
  }
  return checkChoice('layout', value, layouts)
}

/** As many channels as images mostly have. */
const isChannels = (value: unknown) => value === 1 || value === 3 || value === 4

function hintOnShape(shape: unknown): string {
  if (!Array.isArray(shape) || !shape.every((side) => typeof side === 'number')) return ''
  if (shape.length === 3) return `One image is [1, ${shape.join(', ')}]`
  if (shape.length === 2) return `One image of one channel is [1, 1, ${shape.join(', ')}]`
  if (shape.length > 4) return 'More dimensions are folded into these four: docs/recipes.md'
  return ''
}

export function readDType(value: unknown): DType | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && !dtypes.includes(value as DType)) {
    const expected = `one of ${dtypes.map((dtype) => `'${dtype}'`).join(', ')}`
    invalid('ERR_INVALID_ARG_VALUE', 'dtype', expected, value, hintOnDType(value.toLowerCase()))
  }
  return checkChoice('dtype', value, dtypes)
}

function hintOnDType(value: string): string {
  const other: Record<string, DType> = {
    float: 'float32',
    f32: 'float32',
    fp32: 'float32',
    half: 'float16',
    f16: 'float16',
    fp16: 'float16',
    bf16: 'bfloat16',
    byte: 'uint8',
    u8: 'uint8',
  }
  if (Object.hasOwn(other, value)) return `It is called '${other[value]}' here`
  const alike = dtypes.find((dtype) => dtype === value)
  if (alike !== undefined) return `Did you mean '${alike}'?`
  return /^(u?int|float|double|f)\d*$/.test(value)
    ? 'Convert the images to one of them, such as by `Float32Array.from(images)`'
    : ''
}

/** Arrays that have been held against the dimensions. */
export interface Arrays {
  tag: Tag
  dtype: DType
  length: number
}

/** Checks `images` and, where there is one, `out`. */
export function checkArrays(
  images: unknown,
  out: unknown,
  dimensions: Dimensions,
  requested: DType | undefined,
): Arrays {
  const tag = arrayTag('images', images)
  const dtype = resolveDType('images', tag, requested)
  const { count, channels, height, width } = dimensions
  const length = count * channels * height * width
  checkLength('images', images as ImageArray, length, (given) => hintOnLength(given, dimensions))
  if (out !== undefined && out !== images) {
    const outTag = arrayTag('out', out)
    checkOut('images', images as ImageArray, tag, out as ImageArray, outTag, length)
  }
  return { tag, dtype, length }
}

/** Checks `out` against the array, named `name`, whose result it is to hold. */
export function checkOut(
  name: string,
  array: ArrayBufferView,
  tag: string,
  out: ArrayBufferView,
  outTag: string,
  length: number,
): void {
  if (outTag !== tag) {
    throw new GridMaskError(
      'ERR_INVALID_ARG_TYPE',
      `Expected \`out\` to be a ${tag} like \`${name}\`, but received an instance of ${outTag}`,
    )
  }
  checkLength('out', out, length)
  if (overlaps(array, out) && !sameMemory(array, out)) {
    throw new GridMaskError(
      'ERR_OVERLAP',
      `Expected \`out\` to be the memory of \`${name}\` or apart from it, but the two overlap in part`,
    )
  }
}

export function checkLength(
  name: string,
  array: ArrayBufferView,
  length: number,
  hintOn: (given: number) => string = () => '',
): void {
  checkAttached(name, array)
  const given = lengthOf(array)
  if (given === length) return
  throw new GridMaskError(
    'ERR_SHAPE_MISMATCH',
    `Expected \`${name}\` to have ${length} elements, the product of \`shape\`, ` +
      `but received ${given}${hintOn(given)}`,
  )
}

/** What a shape could be mistaken in, where only one of its numbers is. */
function hintOnLength(given: number, { count, channels, height, width }: Dimensions): string {
  const whole = (n: number) => Number.isInteger(n) && n > 0
  const pixels = count * height * width
  const sample = channels * height * width
  if (whole(given / pixels) && given / pixels <= 4) {
    return `. With ${given / pixels} instead of ${channels} channels it would fit`
  }
  if (whole(given / sample))
    return `. It has room for ${given / sample} samples instead of ${count}`
  return ''
}
