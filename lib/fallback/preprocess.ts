/**
 * What a Preprocessor makes of images, pixel by pixel: the definition in docs/preprocessor.md, and the
 * implementation where there is no binary. Arguments have been checked.
 */
import { bufferOf, byteLengthOf, offsetOf } from '../arrays/typed-array'
import { type BatchHeader, type SampleKind, unpackHeader } from '../core/batch-header'
import { type DType, dtypes } from '../core/dtype'
import { bfloat16Bits, float16Bits } from '../core/float-bits'
import {
  type CROP_FIELDS,
  type HostPreprocessArguments,
  SCALE_FIELDS,
  SIZE_FIELDS,
} from '../core/native-interface'
import { CROP_WORDS, CropDrawer } from '../plan/crop'
import { indexAt } from '../plan/sample-counter'
import { MaskRows } from './mask-rows'
import { sampleReader } from './sample-reader'

const float32 = new Float32Array(1)
const float32Bits = new Uint32Array(float32.buffer)

/** The NaN of each type, whichever NaN the source has. */
const NAN: Partial<Record<DType, number>> = {
  float32: 0x7fc00000,
  float16: 0x7e00,
  bfloat16: 0x7fc0,
}

/** The bits of value · a + b, rounded twice to float32, then once to the result's type. */
export function scaledBits(value: number, a: number, b: number, dtype: DType): number {
  const scaled = Math.fround(Math.fround(value * a) + b)
  if (Number.isNaN(scaled)) return NAN[dtype] as number
  if (dtype === 'float16') return float16Bits(scaled)
  if (dtype === 'bfloat16') return bfloat16Bits(scaled)
  float32[0] = scaled
  return float32Bits[0] as number
}

/** Values as whole numbers of the same size, so that every bit is kept. */
function bitsOf(array: ArrayBufferView, bytes: number): Uint16Array | Uint32Array {
  const [buffer, byteOffset] = [bufferOf(array), offsetOf(array)]
  const length = byteLengthOf(array) / bytes
  return bytes === 2
    ? new Uint16Array(buffer, byteOffset, length)
    : new Uint32Array(buffer, byteOffset, length)
}

/** An image and its crop. */
type Image = Record<(typeof SIZE_FIELDS)[number] | (typeof CROP_FIELDS)[number], number> & {
  values: ArrayLike<number>
  /** The place of its first value among them. */
  first: number
}

/** Reads the size of image i, or of all. */
function sizeReader(packed: Int32Array): (i: number) => Pick<Image, (typeof SIZE_FIELDS)[number]> {
  const isOne = packed.length === SIZE_FIELDS.length
  return (i) => {
    const [height, width, channels] = packed.subarray(
      isOne ? 0 : i * SIZE_FIELDS.length,
    ) as unknown as [number, number, number]
    return { height, width, channels }
  }
}

function* imagesOf(
  sources: readonly ArrayBufferView[],
  packedSizes: Int32Array,
  crops: Int32Array | Float64Array,
  indices: Float64Array | undefined,
  { count, first: firstIndex, height: rows, width: columns, padding }: BatchHeader,
): Generator<Image> {
  const sizeOf = sizeReader(packedSizes)
  const drawer = crops instanceof Float64Array ? new CropDrawer(crops) : undefined
  const together = sources.length === 1
  let first = 0
  for (let i = 0; i < count; i++) {
    const { height, width, channels } = sizeOf(i)
    const crop =
      drawer?.draw(
        indexAt({ first: firstIndex, indices }, i),
        height + 2 * padding - rows,
        width + 2 * padding - columns,
      ) ?? crops.subarray(i * CROP_WORDS, (i + 1) * CROP_WORDS)
    const [top, left, flip] = crop as unknown as [number, number, number]
    const values = sources[together ? 0 : i] as unknown as ArrayLike<number>
    const corner = { top: top - padding, left: left - padding, flip }
    yield { height, width, channels, ...corner, values, first }
    if (together) first += height * width * channels
  }
}

/** Makes a batch image by image; the caller may do something else in between. */
export function* preprocessImages(
  ...[header, sources, target, sizes, crops, scales, data, indices, fill]: HostPreprocessArguments
): Generator<void> {
  const fields = unpackHeader(header)
  const { planes, height, width, pixelBytes, valueBytes, valueType, planarSource } = fields
  const dtype = dtypes[valueType] as DType
  const perPixel = pixelBytes / valueBytes
  const channels = planes * perPixel
  const plane = height * width * perPixel
  const output = bitsOf(target, valueBytes)
  // A copy, since a fill need not be aligned to its values.
  const fillBits = bitsOf(fill.slice(), valueBytes)
  const sampleKind = fields.sampleKind as SampleKind
  const sampleOf = data && sampleReader({ sampleKind, data, first: fields.first, indices })
  const scaleOf = Array.from({ length: channels }, (_, channel) => [
    ...scales.subarray(channel * SCALE_FIELDS.length, (channel + 1) * SCALE_FIELDS.length),
  ]) as [channel: number, a: number, b: number][]
  const dropped = new Uint8Array(width)
  let n = 0
  for (const image of imagesOf(sources, sizes, crops, indices, fields)) {
    const sample = sampleOf?.(n)
    const rows = sample?.masked ? new MaskRows(sample, height, width) : undefined
    for (let y = 0; y < height; y++) {
      rows?.write(dropped, 0, y)
      for (let x = 0; x < width; x++) {
        const at = place(image, y, image.flip ? width - 1 - x : x)
        for (let channel = 0; channel < channels; channel++) {
          const [from, a, b] = scaleOf[channel] as [number, number, number]
          const to =
            n * channels * height * width +
            (planes > 1 ? channel * plane : channel) +
            (y * width + x) * perPixel
          output[to] =
            dropped[x] === 1
              ? (fillBits[channel] as number)
              : scaledBits(sourceValue(image, at, from, planarSource), a, b, dtype)
        }
      }
    }
    dropped.fill(0)
    n++
    yield
  }
}

/** The number of the image's pixel in row y and column x of the crop; undefined outside. */
function place({ height, width, top, left }: Image, y: number, x: number): number | undefined {
  const row = top + y
  const column = left + x
  const inside = row >= 0 && row < height && column >= 0 && column < width
  return inside ? row * width + column : undefined
}

/** A channel of a pixel; black outside the image. */
function sourceValue(
  { values, first, height, width, channels }: Image,
  pixel: number | undefined,
  channel: number,
  planar: BatchHeader['planarSource'],
): number {
  if (pixel === undefined) return 0
  const at = planar === 1 ? channel * height * width + pixel : pixel * channels + channel
  return values[first + at] as number
}
