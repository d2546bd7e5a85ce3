/**
 * Reads a caller's typed array through its internal slots: properties can be overridden, prototypes faked,
 * and realms differ, but slots cannot lie.
 */
import { types } from 'node:util'
import { invalid } from '../core/check'
import type { DType } from '../core/dtype'
import { GridMaskError } from '../core/errors'
import { hintOnArray } from './array-hint'

/**
 * A batch of images on the host.
 *
 * @example
 * ```ts
 * const images: ImageArray = new Float32Array(64 * 3 * 224 * 224)
 * ```
 */
export type ImageArray =
  | Float32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Float16ArrayLike

/**
 * `Float16Array`, if the runtime has it; declared here so that older type libraries suffice.
 *
 * @example
 * ```ts
 * const halves = (array: Float16ArrayLike) => gridmask.apply(array, { shape })
 * ```
 */
export interface Float16ArrayLike extends ArrayBufferView {
  /** 2. */
  readonly BYTES_PER_ELEMENT: number
  /** Number of values. */
  readonly length: number
  /** Identifies the type. */
  readonly [Symbol.toStringTag]: 'Float16Array'
  [index: number]: number
}

export type Tag =
  | 'Float32Array'
  | 'Uint8Array'
  | 'Uint8ClampedArray'
  | 'Uint16Array'
  | 'Float16Array'

const dtypesOf: Record<Tag, readonly DType[]> = {
  Float32Array: ['float32'],
  Uint8Array: ['uint8'],
  Uint8ClampedArray: ['uint8'],
  Uint16Array: ['float16', 'bfloat16'],
  Float16Array: ['float16'],
}

const prototype = Object.getPrototypeOf(Uint8Array.prototype) as object

function slot<T>(key: PropertyKey): (array: unknown) => T {
  const getter = Object.getOwnPropertyDescriptor(prototype, key)?.get as () => T
  return (array) => getter.call(array)
}

export const tagOf = slot<string | undefined>(Symbol.toStringTag)
export const lengthOf = slot<number>('length')
export const bufferOf = slot<ArrayBufferLike>('buffer')
export const offsetOf = slot<number>('byteOffset')
export const byteLengthOf = slot<number>('byteLength')

/** Length of a buffer that is not shared, bytes: 0 if it is detached. */
export const bufferLengthOf = bufferSlot<number>('byteLength')

export const isShared = (buffer: unknown) => types.isSharedArrayBuffer(buffer)

function bufferSlot<T>(key: string): (buffer: ArrayBuffer) => T {
  const getter = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, key)?.get as () => T
  return (buffer) => getter.call(buffer)
}

/** Whether nobody may write to a buffer; undefined if the runtime has no such buffers. */
const isImmutable = Object.hasOwn(ArrayBuffer.prototype, 'immutable')
  ? bufferSlot<boolean>('immutable')
  : undefined

/** Refuses an array that nobody may write to. */
export function checkWritable(name: string, array: ArrayBufferView): void {
  const buffer = bufferOf(array)
  if (isImmutable === undefined || isShared(buffer) || !isImmutable(buffer as ArrayBuffer)) return
  throw new GridMaskError(
    'ERR_INVALID_ARG_VALUE',
    `Expected \`${name}\` to be writable, but its buffer is immutable. Leave it ` +
      'out for a new array',
  )
}

/** Whether two arrays begin at the same byte of the same buffer. */
export function sameMemory(a: unknown, b: unknown): boolean {
  return bufferOf(a) === bufferOf(b) && offsetOf(a) === offsetOf(b)
}

/** The name of the array's type. Refuses a proxy, whatever its prototype. */
export function arrayTag(name: string, value: unknown): Tag {
  const tag = tagIn(value)
  if (tag === undefined) {
    const expected = `a ${Object.keys(dtypesOf).join(', ')}`
    invalid('ERR_INVALID_ARG_TYPE', name, expected, value, hintOnArray(name, value))
  }
  return tag
}

function tagIn(value: unknown): Tag | undefined {
  const tag = typeof value === 'object' && value !== null ? tagOf(value) : undefined
  return tag !== undefined && tag in dtypesOf ? (tag as Tag) : undefined
}

/** The types of arrays that hold values of a dtype. */
function tagsOf(dtype: DType): Tag[] {
  return (Object.keys(dtypesOf) as Tag[]).filter((tag) => dtypesOf[tag].includes(dtype))
}

/** Refuses an `out` that cannot hold values of `dtype`. */
export function checkTypeOfOut(out: unknown, dtype: DType): void {
  const tag = tagIn(out)
  if (tag !== undefined && dtypesOf[tag].includes(dtype)) return
  const expected = `a ${tagsOf(dtype).join(' or ')} for dtype '${dtype}'`
  invalid('ERR_INVALID_ARG_TYPE', 'out', expected, out)
}

/** The dtype of an array, from its type and the request's `dtype`, which a Uint16Array needs. */
export function resolveDType(name: string, tag: Tag, requested: DType | undefined): DType {
  const possible = dtypesOf[tag]
  if (requested === undefined) {
    if (possible.length === 1) return possible[0] as DType
    throw new GridMaskError(
      'ERR_INVALID_ARG_TYPE',
      `Expected \`dtype\` to say what the ${tag} \`${name}\` holds, ` +
        `${possible.map((dtype) => `'${dtype}'`).join(' or ')}, but received undefined. For 16-bit ` +
        'integers, convert them: `Float32Array.from(' +
        `${name}, (v) => v / 65535)\``,
    )
  }
  if (!possible.includes(requested)) {
    throw new GridMaskError(
      'ERR_INVALID_ARG_TYPE',
      `Expected \`${name}\` to be a ${tagsOf(requested).join(' or ')} for dtype '${requested}', ` +
        `but received an instance of ${tag}`,
    )
  }
  return requested
}

/** A detached array has length 0, like an empty one, but its buffer can no longer be viewed. */
export function checkAttached(name: string, array: ArrayBufferView): void {
  if (lengthOf(array) !== 0) return
  const buffer = bufferOf(array)
  if (isShared(buffer)) return
  try {
    new Uint8Array(buffer, 0, 0)
  } catch (cause) {
    throw new GridMaskError(
      'ERR_BUFFER_DETACHED',
      `Expected \`${name}\` to have memory, but its buffer is detached: it was transferred to another ` +
        'thread, or taken by applyAsync(), which resolves to an array to use instead',
      { cause },
    )
  }
}

export function overlaps(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const aBegin = offsetOf(a)
  const bBegin = offsetOf(b)
  return (
    bufferOf(a) === bufferOf(b) &&
    aBegin < bBegin + byteLengthOf(b) &&
    bBegin < aBegin + byteLengthOf(a)
  )
}

const constructors: Record<Exclude<Tag, 'Float16Array'>, new (...args: never[]) => ImageArray> = {
  Float32Array,
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
}

/** A view of the type that `tag` names. */
export function viewOf(
  tag: Tag,
  buffer: ArrayBufferLike,
  offset: number,
  length: number,
): ImageArray {
  const View =
    tag === 'Float16Array'
      ? (globalThis as unknown as { Float16Array: (typeof constructors)['Float32Array'] })
          .Float16Array
      : constructors[tag]
  return new (View as new (b: ArrayBufferLike, o: number, n: number) => ImageArray)(
    buffer,
    offset,
    length,
  )
}
