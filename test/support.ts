/** What many test files need: arbitrary masks, arrays of every kind and their bytes, errors. */
import { expect } from '@jest/globals'
import fc from 'fast-check'
import {
  type DType,
  type ErrorCode,
  GridMaskError,
  type ImageArray,
  type LabelArray,
  type Layout,
  type SampleParams,
} from '../lib/index'

const fraction = fc.double({ min: 0, max: 0.9999, noNaN: true })

/** Parameters that reach every branch: d from 1 to beyond the image, every kind of angle and mode. */
export const sampleParams: fc.Arbitrary<SampleParams> = fc
  .record({
    d: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 1, max: 60 }) },
      { weight: 2, arbitrary: fc.integer({ min: 60, max: 500 }) },
      { weight: 1, arbitrary: fc.integer({ min: 500, max: 32767 }) },
    ),
    ratio: fc.double({ min: 0.001, max: 0.999, noNaN: true }),
    offsets: fc.tuple(fraction, fraction),
    angle: fc.oneof(
      fc.constantFrom(0, 90, 180, 270, 360, -90, 45),
      fc.integer({ min: 0, max: 359 }),
      fc.double({ min: -1e4, max: 1e4, noNaN: true }),
    ),
    reverse: fc.boolean(),
    unitProbability: fc.oneof(fc.constant(1), fc.constantFrom(0, 0.3, 0.5, 0.99)),
    unitKey: fc.tuple(fc.nat(0xffffffff), fc.nat(0xffffffff)),
    seed: fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    epoch: fc.nat(0xffffffff),
    index: fc.nat(Number.MAX_SAFE_INTEGER),
    masked: fc.oneof({ weight: 7, arbitrary: fc.constant(true) }, fc.constant(false)),
  })
  .map(({ offsets: [x, y], ...params }) => ({
    ...params,
    deltaX: Math.floor(x * params.d),
    deltaY: Math.floor(y * params.d),
  }))

/** A type of array. */
export interface ArrayKind<T extends ArrayBufferView> {
  name: string
  View: ViewOf<T>
}

/** One that can hold images, and what its values are. */
export interface Kind extends ArrayKind<ImageArray> {
  dtype: DType
}

interface ViewOf<T> {
  new (buffer: ArrayBufferLike, offset?: number, length?: number): T
  readonly BYTES_PER_ELEMENT: number
}

// Node 24 has it.
const { Float16Array } = globalThis as unknown as { Float16Array?: ViewOf<ImageArray> }

export const kinds: readonly Kind[] = [
  { name: 'Float32Array', View: Float32Array, dtype: 'float32' },
  { name: 'Uint8Array', View: Uint8Array, dtype: 'uint8' },
  { name: 'Uint8ClampedArray', View: Uint8ClampedArray, dtype: 'uint8' },
  { name: 'Uint16Array, float16', View: Uint16Array, dtype: 'float16' },
  { name: 'Uint16Array, bfloat16', View: Uint16Array, dtype: 'bfloat16' },
  ...(Float16Array === undefined
    ? []
    : [{ name: 'Float16Array', View: Float16Array, dtype: 'float16' } as const]),
]

/** Those that can hold labels, and the numbers that they have. */
export const labelKinds: readonly LabelKind[] = [
  { name: 'Uint8Array', View: Uint8Array, min: 0, max: 255 },
  { name: 'Uint8ClampedArray', View: Uint8ClampedArray, min: 0, max: 255 },
  { name: 'Int8Array', View: Int8Array, min: -128, max: 127 },
  { name: 'Uint16Array', View: Uint16Array, min: 0, max: 65535 },
  { name: 'Int16Array', View: Int16Array, min: -32768, max: 32767 },
  { name: 'Uint32Array', View: Uint32Array, min: 0, max: 4294967295 },
  { name: 'Int32Array', View: Int32Array, min: -2147483648, max: 2147483647 },
  { name: 'BigUint64Array', View: BigUint64Array, min: 0n, max: 2n ** 64n - 1n },
  { name: 'BigInt64Array', View: BigInt64Array, min: -(2n ** 63n), max: 2n ** 63n - 1n },
]

interface LabelKind extends ArrayKind<LabelArray> {
  min: number | bigint
  max: number | bigint
}

/** Each dtype in each layout, in the first type of array that can hold it. */
export const formats: readonly (Kind & { layout: Layout })[] = kinds
  .filter(({ dtype }, i) => kinds.findIndex((kind) => kind.dtype === dtype) === i)
  .flatMap((kind) => (['NCHW', 'NHWC'] as const).map((layout) => ({ ...kind, layout })))

/** A new array that begins `offset` elements behind its buffer's start. */
export function newArray<T extends ArrayBufferView>(
  { View }: Pick<ArrayKind<T>, 'View'>,
  length: number,
  offset = 0,
): T {
  const size = View.BYTES_PER_ELEMENT
  return new View(new ArrayBuffer((offset + length) * size), offset * size, length)
}

/** The bytes of an array: what must be equal, NaN payloads and signs of zero included. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** The same at this moment. */
export const copyOf = (array: ArrayBufferView) => bytesOf(array).slice()

/** Fills an array with bytes that show where they belong: hardly any two stretches are alike. */
export function scramble<T extends ArrayBufferView>(array: T, seed = 1): T {
  const bytes = bytesOf(array)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.imul(i + seed, 2654435761) >>> 17
  return array
}

/** Noise between the 128 and the 255 of each channel: in a picture a place is found by it, and no fill is in it. */
export function brightNoise(length: number, seed = 1): Buffer {
  const noise = Buffer.alloc(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    noise[i] = 128 + (state >>> 25)
  }
  return noise
}

/** Expects the same bytes. `toEqual` alone takes a microsecond for each, and minutes to show a difference. */
export function expectBytes(received: ArrayBufferView, expected: ArrayBufferView): void {
  const [a, b] = [bytesOf(received), bytesOf(expected)]
  if (Buffer.compare(a, b) === 0) return
  const at = a.findIndex((byte, i) => byte !== b[i])
  expect(`byte ${at} of ${a.length}: ${a[at]}`).toBe(`byte ${at} of ${b.length}: ${b[at]}`)
}

/** The bits of a number that the type holds exactly and that is not subnormal, from first principles. */
export function encode(dtype: DType, value: number): number {
  if (dtype === 'uint8') return value
  const [float] = new Uint32Array(Float32Array.of(value).buffer) as unknown as [number]
  if (dtype === 'float32') return float
  if (dtype === 'bfloat16') return float >>> 16
  if (value === 0) return 0
  const exponent = Math.floor(Math.log2(value))
  return ((exponent + 15) << 10) | ((value / 2 ** exponent - 1) * 1024)
}

/** For `toThrow` and `rejects.toThrow`: an error by its code. */
export const code = (expected: ErrorCode) => expect.objectContaining({ code: expected })

/** What a call throws; undefined if it does not. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}

/** Expects the package's own error, which names what was wrong. */
export function expectError(call: () => unknown, expected: ErrorCode, message: RegExp): void {
  const error = thrownBy(call)
  expect(error).toBeInstanceOf(GridMaskError)
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ name: 'GridMaskError', code: expected })
  expect((error as Error).message).toMatch(message)
}

/** A row of a table of bad values. What TypeScript would refuse is what must be tried. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Any = any
export type BadValue = [what: string, value: Any, code: ErrorCode, message: RegExp]
