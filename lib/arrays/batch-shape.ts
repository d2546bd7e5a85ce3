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
  bufferOf,
  checkAttached,
  type ImageArray,
  lengthOf,
  offsetOf,
  overlaps,
  resolveDType,
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
  const { shape, layout = 'NCHW' } = request
  const channelsLast = checkChoice('layout', layout, layouts) === 'NHWC'
  if (!Array.isArray(shape) || shape.length !== 4) {
    const expected = channelsLast ? '[n, h, w, c]' : '[n, c, h, w]'
    invalid('ERR_INVALID_ARG_TYPE', 'shape', expected, shape)
  }
  const [first, second, third, fourth] = shape as unknown[]
  const size = (i: number, value: unknown, most: number) =>
    checkInteger(`shape[${i}]`, value, 0, most)
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

export function readDType(value: unknown): DType | undefined {
  return value === undefined ? undefined : checkChoice('dtype', value, dtypes)
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
  checkLength('images', images as ImageArray, length)
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

function sameMemory(a: unknown, b: unknown): boolean {
  return bufferOf(a) === bufferOf(b) && offsetOf(a) === offsetOf(b)
}

export function checkLength(name: string, array: ArrayBufferView, length: number): void {
  checkAttached(name, array)
  if (lengthOf(array) === length) return
  throw new GridMaskError(
    'ERR_SHAPE_MISMATCH',
    `Expected \`${name}\` to have ${length} elements, the product of \`shape\`, ` +
      `but received ${lengthOf(array)}`,
  )
}
