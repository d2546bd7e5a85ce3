/**
 * Checks a request, `{ shape, layout, dtype, out }`, against the arrays that came with it: everything that
 * must hold before a byte is written.
 */

import { checkChoice, checkInteger, invalid, sentence } from '../core/check'
import { type DType, dtypes } from '../core/dtype'
import { warnOnce } from '../core/environment'
import { GridMaskError } from '../core/errors'
import { MAX_COUNT, MAX_SIDE } from '../core/limits'
import { hintOnFile } from './array-hint'
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

/**
 * Order of an array's dimensions.
 *
 * @example
 * ```ts
 * const layout: Layout = 'NHWC'
 * ```
 */
export type Layout = 'NCHW' | 'NHWC'

/**
 * `[n, c, h, w]` for layout NCHW, `[n, h, w, c]` for NHWC.
 *
 * @example
 * ```ts
 * const shape: Shape = [64, 3, 224, 224]
 * ```
 */
export type Shape = readonly [number, number, number, number]

/**
 * What every request says about its arrays.
 *
 * @example
 * ```ts
 * const request: ArrayRequest = { shape: [64, 224, 224, 3], layout: 'NHWC' }
 * ```
 */
export interface ArrayRequest {
  /** `[n, c, h, w]`, or `[n, h, w, c]` for layout NHWC. Height and width at most 16384. */
  shape: Shape | readonly number[]
  /**
   * Default 'NCHW'. Required if `shape` reads like `[n, h, w, c]`: if its last number is 1, 3 or 4
   * and its second is not.
   */
  layout?: Layout | undefined
  /**
   * Required for a Uint16Array, which holds 'float16' or 'bfloat16'. Without it the type of the
   * array decides.
   */
  dtype?: DType | undefined
  /**
   * Where the result goes: an array of the same type and length. `out: images` works in place and
   * writes only dropped pixels. Must not partly overlap `images`. Default: a new array.
   */
  out?: ImageArray | undefined
}

export const arrayRequestKeys = ['shape', 'layout', 'dtype', 'out'] as const

export const layouts: readonly Layout[] = ['NCHW', 'NHWC']

/** The dimensions of a batch. */
export interface Dimensions {
  count: number
  channels: number
  height: number
  width: number
  channelsLast: boolean
}

/** In the order of the layout. */
export function shapeOf({ count, channels, height, width, channelsLast }: Dimensions): Shape {
  return channelsLast ? [count, height, width, channels] : [count, channels, height, width]
}

/** Reads the values of the request itself, not yet its arrays. */
export function readDimensions(request: Partial<ArrayRequest>): Dimensions {
  const { shape, layout } = request
  const channelsLast = layout !== undefined && checkLayout(layout) === 'NHWC'
  if (!Array.isArray(shape) || shape.length !== 4) {
    const expected = channelsLast ? '[n, h, w, c]' : '[n, c, h, w]'
    invalid('ERR_INVALID_ARG_TYPE', 'shape', expected, shape, hintOnShape(shape))
  }
  const [first, second, third, fourth] = shape as unknown[]
  const channels = (i: number, value: unknown) =>
    checkInteger(`shape[${i}]`, value, 0, Number.MAX_SAFE_INTEGER)
  const count = checkInteger('shape[0]', first, 0, MAX_COUNT)
  if (channelsLast) {
    const [height, width] = [checkSide(1, second), checkSide(2, third)]
    const last = channels(3, fourth)
    warnIfChannelsFirst(count, height, width, last)
    return { count, height, width, channels: last, channelsLast }
  }
  const [planes, height, width] = [channels(1, second), checkSide(2, third), checkSide(3, fourth)]
  if (layout === undefined) refuseChannelsLast(count, planes, height, width)
  return { count, channels: planes, height, width, channelsLast }
}

function checkSide(i: number, value: unknown): number {
  if (typeof value === 'number' && value > MAX_SIDE) {
    const expected = `a whole number from 0 to ${MAX_SIDE}`
    invalid('ERR_OUT_OF_RANGE', `shape[${i}]`, expected, value, TILES)
  }
  return checkInteger(`shape[${i}]`, value, 0, MAX_SIDE)
}

/** Whether images often have this many channels. */
const isChannels = (n: number) => n === 1 || n === 3 || n === 4

/** Refuses a shape that looks like [n, h, w, c] unless the layout is given. */
function refuseChannelsLast(n: number, second: number, third: number, fourth: number): void {
  if (!isChannels(fourth) || isChannels(second)) return
  throw new GridMaskError(
    'ERR_INVALID_ARG_VALUE',
    `Expected \`layout\` to be given for \`shape\` [${n}, ${second}, ${third}, ${fourth}], which by the ` +
      `default 'NCHW' has ${second} channels of ${third}×${fourth} pixels: pass 'NHWC' if it has ` +
      `${fourth} channels of ${second}×${third}, else 'NCHW'`,
  )
}

/** The other way round, the layout was given, so this only warns. */
function warnIfChannelsFirst(n: number, second: number, third: number, fourth: number): void {
  if (second !== 3 || third <= 4 || fourth <= 4) return
  warnOnce(
    'GRIDMASK_LAYOUT',
    `\`shape\` [${n}, ${second}, ${third}, ${fourth}] with layout 'NHWC' has ${fourth} channels of ` +
      `3×${third} pixels. If it has 3 channels of ${third}×${fourth}, its layout is 'NCHW'`,
  )
}

const TILES = 'Mask larger images in tiles: docs/recipes.md'

function checkLayout(value: unknown): Layout {
  const elsewhere = typeof value === 'string' && /^channels.?(first|last)$/i.exec(value)
  if (elsewhere) {
    const name = elsewhere[1]?.toLowerCase() === 'last' ? 'NHWC' : 'NCHW'
    const hint = `It is called '${name}' here`
    invalid('ERR_INVALID_ARG_VALUE', 'layout', "'NCHW' or 'NHWC'", value, hint)
  }
  return checkChoice('layout', value, layouts)
}

function hintOnShape(shape: unknown): string {
  // A sparse array can have any length.
  if (!Array.isArray(shape) || shape.length > 8) return ''
  if (!shape.every((side) => typeof side === 'number')) return ''
  if (shape.length === 3) return `One image is [1, ${shape.join(', ')}]`
  if (shape.length === 2) return `One image of one channel is [1, 1, ${shape.join(', ')}]`
  if (shape.length > 4) return 'Fold more dimensions into these four: docs/recipes.md'
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
    ? 'Convert the images to one of them, for example with `Float32Array.from(images)`'
    : ''
}

/** What is known of arrays once they are checked against the dimensions. */
export interface Arrays {
  tag: Tag
  dtype: DType
  length: number
}

/** Checks `images` and, if there is one, `out`. */
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
  checkLength(
    'images',
    images as ImageArray,
    length,
    (given) => hintOnFile(images) || hintOnLength(given, dimensions),
  )
  if (out !== undefined && out !== images) {
    const outTag = arrayTag('out', out)
    checkOut('images', images as ImageArray, tag, out as ImageArray, outTag, length)
  }
  return { tag, dtype, length }
}

/** Checks `out` against the array whose result it will hold; `name` is that array's name. */
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
      `Expected \`out\` to be the memory of \`${name}\` or separate from it, but the two partly overlap`,
    )
  }
}

export function checkLength(
  name: string,
  array: ArrayBufferView,
  length: number,
  hintOn: (given: number) => string = () => '',
  product = 'the product of `shape`',
): void {
  checkAttached(name, array)
  const given = lengthOf(array)
  if (given === length) return
  throw new GridMaskError(
    'ERR_SHAPE_MISMATCH',
    `Expected \`${name}\` to have ${length} elements, ${product}, ` +
      `but received ${given}${sentence(hintOn(given))}`,
  )
}

/** A hint if only one number of the shape is wrong. */
export function hintOnLength(
  given: number,
  { count, channels, height, width }: Omit<Dimensions, 'channelsLast'>,
): string {
  const whole = (n: number) => Number.isInteger(n) && n > 0
  const pixels = count * height * width
  const sample = channels * height * width
  if (whole(given / pixels) && given / pixels <= 4) {
    return `With ${given / pixels} instead of ${channels} channels it would fit`
  }
  if (whole(given / sample)) return `It has room for ${given / sample} samples instead of ${count}`
  return ''
}
