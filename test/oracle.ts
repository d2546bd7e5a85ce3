/**
 * What every operation of this package comes to, pixel by pixel: one that is kept keeps its bits, one
 * that is dropped gets others. Masks, mixing, noise and rectangles differ in the two questions alone.
 * On the integers that a batch's bits are, since a copy of a float need not keep them.
 */
import { keepsPixel } from '../lib/fallback/reference'
import { type Layout, Plan, type SampleParams } from '../lib/index'

/** Of 64 bits are only labels. */
export type Bits = Uint8Array | Uint16Array | Uint32Array | BigUint64Array

export interface Batch {
  count: number
  channels: number
  height: number
  width: number
  /** Default 'NCHW'. */
  layout?: Layout
}

/** Whether a sample's pixel is kept. */
export type Kept = (sample: number, x: number, y: number) => boolean

/** The bits of what a dropped pixel becomes. */
export type Value = (sample: number, channel: number, pixel: number) => number | bigint

/** The batch's shape, in the order of its layout. */
export function shapeOf({ count, channels, height, width, layout = 'NCHW' }: Batch) {
  return layout === 'NCHW'
    ? ([count, channels, height, width] as const)
    : ([count, height, width, channels] as const)
}

export function lengthOf({ count, channels, height, width }: Batch): number {
  return count * channels * height * width
}

/** Shapes of which one dimension is 0. */
export const emptyShapes = [
  [0, 3, 8, 8],
  [2, 0, 8, 8],
  [2, 3, 0, 8],
  [2, 3, 8, 0],
] as const

/** Sizes of images with the longest side that there is, and of one larger than most. */
export const largeSizes = [
  [1, 16384],
  [16384, 1],
  [700, 1900],
] as const

/** An array's elements as integers, over the same memory. */
export function bitsOf(array: ArrayBufferView & { BYTES_PER_ELEMENT: number }): Bits {
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: size } = array
  const views = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array }
  const View = views[size as keyof typeof views]
  return new View(buffer as ArrayBuffer, byteOffset, byteLength / size)
}

/** The place of an element in a batch. */
export function elementOf(
  { channels, height, width, layout = 'NCHW' }: Batch,
  sample: number,
  channel: number,
  pixel: number,
): number {
  const pixels = height * width
  return layout === 'NCHW'
    ? (sample * channels + channel) * pixels + pixel
    : (sample * pixels + pixel) * channels + channel
}

/** What must become of a batch. Changes nothing of it. */
export function oracle(
  images: Parameters<typeof bitsOf>[0],
  batch: Batch,
  kept: Kept,
  value: Value,
): Bits {
  const bits = bitsOf(images).slice()
  const { count, channels, height, width } = batch
  for (let sample = 0; sample < count; sample++) {
    for (let pixel = 0; pixel < height * width; pixel++) {
      if (kept(sample, pixel % width, Math.floor(pixel / width))) continue
      for (let channel = 0; channel < channels; channel++) {
        bits[elementOf(batch, sample, channel, pixel)] = value(sample, channel, pixel) as number
      }
    }
  }
  return bits
}

/** What a plan's lattices keep of images of one size, by the definition of `keepsPixel`. */
export function keptByLattices(
  plan: Plan | readonly SampleParams[],
  { height, width }: Pick<Batch, 'height' | 'width'>,
): Kept {
  const masks = Array.from(Plan.from(plan), (sample) => keepsPixel(sample, [height, width]))
  return (sample, x, y) => (masks[sample] as (typeof masks)[number])(x, y)
}

/** A mask alone: for each pixel 1 if it is kept, else 0. */
export function maskBy(kept: Kept, [height, width]: readonly [number, number], sample = 0) {
  const ones = new Uint8Array(height * width).fill(1)
  const batch = { count: 1, channels: 1, height, width }
  return oracle(
    ones,
    batch,
    (_, x, y) => kept(sample, x, y),
    () => 0,
  ) as Uint8Array
}
