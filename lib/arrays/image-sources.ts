/**
 * Decoded images as libraries return them: a whole batch in one array, or a list in which each image has
 * its own array and size.
 */
import { types } from 'node:util'
import { checkInteger, invalid, sentence } from '../core/check'
import { GridMaskError } from '../core/errors'
import { MAX_CHANNELS, MAX_COUNT, MAX_SIDE } from '../core/limits'
import { hintOnArray, hintOnFile } from './array-hint'
import { hintOnLength, type Layout, readDimensions, type Shape } from './batch-shape'
import { checkAttached, lengthOf, tagOf } from './typed-array'

/**
 * An array of decoded values: bytes (a Buffer too), or numbers in 0…255.
 *
 * @example
 * ```ts
 * const bytes: SourceArray = new Uint8ClampedArray(480 * 640 * 4)
 * ```
 */
export type SourceArray = Uint8Array | Uint8ClampedArray | Float32Array

/**
 * What sharp's `raw().toBuffer({ resolveWithObject: true })` resolves to.
 *
 * @example
 * ```ts
 * const data = new Uint8Array(480 * 640 * 3)
 * const image: SharpOutput = { data, info: { width: 640, height: 480, channels: 3 } }
 * ```
 */
export interface SharpOutput {
  /** The image's values, row by row, pixel by pixel. */
  data: SourceArray
  /** Its size: width and height in pixels, and the number of channels. */
  info: { width: number; height: number; channels: number }
}

/**
 * One image, row by row, pixel by pixel. Without `channels` it has four, as `ImageData` does.
 *
 * @example
 * ```ts
 * const data = new Uint8Array(480 * 640 * 3)
 * const image: DecodedImage = { data, width: 640, height: 480, channels: 3 }
 * ```
 */
export interface DecodedImage {
  /** The image's values, row by row, pixel by pixel. */
  data: SourceArray
  /** Pixels in a row, 0 … 16384. */
  width: number
  /** Rows, 0 … 16384. */
  height: number
  /** Values per pixel. Default 4, as in `ImageData`. */
  channels?: number | undefined
}

/**
 * One image of a list. `ImageData` of a canvas or a browser is a {@link DecodedImage}.
 *
 * @example
 * ```ts
 * const image: ImageSource = { data: new Uint8ClampedArray(480 * 640 * 4), width: 640, height: 480 }
 * ```
 */
export type ImageSource = SharpOutput | DecodedImage

/**
 * The images of a batch: one array, or a list.
 *
 * @example
 * ```ts
 * const one: ImageSources = new Uint8Array(64 * 256 * 256 * 3)
 * const list: ImageSources = [{ data: new Uint8Array(256 * 256 * 4), width: 256, height: 256 }]
 * ```
 */
export type ImageSources = SourceArray | readonly ImageSource[]

export interface ImageSides {
  height: number
  width: number
}

export interface SourceSize extends ImageSides {
  channels: number
}

/** The images of a batch. {@link checkSources} has yet to check the arrays. */
export interface Sources {
  /** The caller's name for the array of all images, or for one image of a list. */
  nameOf(i: number): string
  /** One array for each image, or one for all of them. */
  arrays: readonly SourceArray[]
  count: number
  /** One for each image, or one for all of them, even if there are none: {@link sizeAt}. */
  sizes: readonly SourceSize[]
  /** Whether each channel is a plane of its own. */
  planar: boolean
}

/** The size of image i of a batch. */
export function sizeAt<Size>(sizes: readonly Size[], i: number): Size {
  return sizes[sizes.length === 1 ? 0 : i] as Size
}

const kinds: Record<string, 'uint8' | 'float32'> = {
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Float32Array: 'float32',
}

const LIST =
  'a Uint8Array, Uint8ClampedArray or Float32Array of all images, or a list of images ' +
  '({ data, info } of sharp, ImageData, or { data, width, height, channels })'

/** Reads everything that may run the caller's code. */
export function readSources(
  images: unknown,
  request: { shape?: Shape | readonly number[] | undefined; layout?: Layout | undefined },
): Sources {
  const { shape, layout = 'NHWC' } = request
  if (Array.isArray(images)) {
    const sources = readList(images)
    for (const [key, value] of Object.entries({ shape, layout: request.layout })) {
      if (value === undefined || value === 'NHWC') continue
      const expected = 'left out for a list, whose images have sizes of their own'
      invalid('ERR_INVALID_ARG_VALUE', key, expected, value)
    }
    return sources
  }
  arrayOf('images', images, LIST)
  const { count, channelsLast, ...size } = readDimensions({ shape: shape as Shape, layout })
  checkInteger(`shape[${channelsLast ? 3 : 1}]`, size.channels, 0, MAX_CHANNELS)
  return {
    nameOf: () => 'images',
    arrays: [images as SourceArray],
    count,
    sizes: [size],
    planar: !channelsLast,
  }
}

function readList(images: readonly unknown[]): Sources {
  const count = checkInteger('images.length', images.length, 0, MAX_COUNT)
  const arrays: SourceArray[] = []
  const sizes: SourceSize[] = []
  for (let i = 0; i < count; i++) {
    const name = `images[${i}]`
    const image = images[i]
    if (typeof image !== 'object' || image === null || !('data' in image)) {
      const expected = '{ data, info } of sharp, ImageData, or { data, width, height, channels }'
      invalid('ERR_INVALID_ARG_TYPE', name, expected, image, hintOnImage(name, image))
    }
    const { data, info } = image as { data: unknown; info?: unknown }
    const says = (info ?? image) as { height: unknown; width: unknown; channels?: unknown }
    const at = info === undefined ? name : `${name}.info`
    if (typeof says !== 'object') invalid('ERR_INVALID_ARG_TYPE', at, 'an object', says)
    const { height, width, channels = 4 } = says
    sizes.push({
      height: checkInteger(`${at}.height`, height, 0, MAX_SIDE),
      width: checkInteger(`${at}.width`, width, 0, MAX_SIDE),
      channels: checkInteger(`${at}.channels`, channels, 1, MAX_CHANNELS),
    })
    arrays.push(arrayOf(`${name}.data`, data, 'a Uint8Array, Uint8ClampedArray or Float32Array'))
  }
  return { nameOf: (i) => `images[${i}]`, arrays, count, sizes, planar: false }
}

function arrayOf(name: string, value: unknown, expected: string): SourceArray {
  const tag = typeof value === 'object' && value !== null ? tagOf(value) : undefined
  if (tag === undefined || !(tag in kinds)) {
    const hint = tag === 'Float16Array' ? ' (convert 16-bit numbers with Float32Array.from())' : ''
    invalid('ERR_INVALID_ARG_TYPE', name, `${expected}${hint}`, value, hintOnSource(name, value))
  }
  return value as SourceArray
}

function hintOnSource(name: string, value: unknown): string {
  if (types.isUint16Array(value)) {
    return `For 16-bit integers, convert them: \`Float32Array.from(${name}, (v) => v / 257)\``
  }
  const isImage = name === 'images' && types.isTypedArray(propertyOf(value, 'data'))
  return isImage ? 'Put a single image into a list: `[images]`' : hintOnArray(name, value)
}

/** The call of sharp for a picture's pixels and size. */
const TO_BUFFER = 'raw().toBuffer({ resolveWithObject: true })'

/** A hint for a list element without a size. */
function hintOnImage(name: string, value: unknown): string {
  if (typeof value === 'number') {
    return 'Numbers go into one array, with their `shape`: `Uint8Array.from(images)`'
  }
  if (propertyOf(propertyOf(value, 'constructor'), 'name') === 'DeviceTensor') {
    return 'A tensor is a whole batch: pass it without a list'
  }
  const file = hintOnFile(value)
  if (file !== '') return file
  if (types.isTypedArray(value)) {
    return `It needs its size, as in what sharp's \`${TO_BUFFER}\` resolves to`
  }
  if (typeof propertyOf(value, 'toBuffer') === 'function') {
    return `\`await ${name}.${TO_BUFFER}\` gives its pixels and size`
  }
  return hintOnArray(name, value)
}

function propertyOf(value: unknown, key: string): unknown {
  try {
    return (value as Record<string, unknown> | undefined)?.[key]
  } catch {
    return undefined // a getter that throws
  }
}

/**
 * Checks the arrays and returns the type of their values. Call it last before they are read, since a getter
 * of the caller's may have changed them.
 */
export function checkSources({ nameOf, arrays, count, sizes }: Sources): 'uint8' | 'float32' {
  const kind = kinds[tagOf(arrays[0]) ?? 'Uint8Array'] as 'uint8' | 'float32'
  const together = nameOf(0) === 'images'
  arrays.forEach((array, i) => {
    const name = together ? 'images' : `${nameOf(i)}.data`
    const tag = tagOf(array) as string
    if (kinds[tag] !== kind) {
      const expected = `like \`${nameOf(0)}.data\`, of ${kind === 'uint8' ? 'bytes' : 'float32'}`
      invalid('ERR_INVALID_ARG_TYPE', name, expected, array)
    }
    checkAttached(name, array)
    const size = sizeAt(sizes, i)
    const all = together ? count : 1
    const length = all * size.height * size.width * size.channels
    const given = lengthOf(array)
    if (given === length) return
    const product = together ? 'the product of `shape`' : 'height · width · channels'
    const areFloats = kind === 'uint8' && length > 0 && given === 4 * length
    const hint =
      hintOnFile(array) ||
      (areFloats
        ? 'It has four bytes for each value. For float32, pass the same memory as floats: ' +
          `\`new Float32Array(${name}.buffer, ${name}.byteOffset, ${length})\``
        : hintOnLength(given, { count: all, ...size }))
    throw new GridMaskError(
      'ERR_SHAPE_MISMATCH',
      `Expected \`${name}\` to have ${length} elements, ${product}, ` +
        `but received ${given}${sentence(hint)}`,
    )
  })
  return kind
}
