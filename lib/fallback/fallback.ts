/**
 * What the native addon does, in plain TypeScript: for platforms without a binary. The bits are the
 * same; it works on the calling thread alone, and is many times slower. Arguments have been checked.
 */
import { bufferOf, byteLengthOf, offsetOf } from '../arrays/typed-array'
import { SampleKind, unpackHeader } from '../core/batch-header'
import type { EncodedFill, Native, NativeSamples, Opened } from '../core/native-interface'
import { decodeNoise } from '../plan/noise-fill'
import { PackedPlan, type Sample } from '../plan/plan'
import { PackedRegions, type RegionSample } from '../plan/rectangle-plan'
import { MaskRows, RegionRows, type Rows } from './mask-rows'
import { drawPartner, mixRows } from './mix-rows'
import { NoiseField, noiseBits, noiseValue } from './noise'
import { preprocessImages } from './preprocess'
import { sampleReader } from './sample-reader'

type Values = Uint8Array | Uint16Array | Uint32Array

/** How long applyAsync() holds the thread before other work may run. */
const SLICE_MS = 10

const DONE = 0
const BAD_ARGUMENTS = 1

/** The values of an array as whole numbers of the same size, so that every bit is kept. */
function valuesOf(array: ArrayBufferView, bytes: number): Values {
  const [buffer, byteOffset] = [bufferOf(array), offsetOf(array)]
  const length = byteLengthOf(array) / bytes
  if (bytes === 1) return new Uint8Array(buffer, byteOffset, length)
  if (bytes === 2) return new Uint16Array(buffer, byteOffset, length)
  return new Uint32Array(buffer, byteOffset, length)
}

/** Reads the mask of sample i of a batch. */
function maskReader(samples: NativeSamples, count: number): (i: number) => Sample | RegionSample {
  if (samples.sampleKind !== SampleKind.rectangles) return sampleReader(samples)
  const plan = PackedRegions.over(samples.data as Uint32Array, count)
  return (i) => plan.get(i)
}

function rowsOf(sample: Sample | RegionSample, height: number, width: number): Rows {
  return 'regions' in sample ? new RegionRows(sample) : new MaskRows(sample, height, width)
}

/** The bits of a sample's dropped values, by channel and by pixel, counted row by row. */
type FillBits = (channel: number, pixel: number) => number

function fillReader(
  fill: EncodedFill,
  bytes: number,
  pixels: number,
): (of: Sample | RegionSample) => FillBits {
  if (!(fill instanceof Float32Array)) {
    // A copy, since a fill need not be aligned to its values.
    const values = valuesOf(fill.slice(), bytes)
    return () => (channel) => values[channel] as number
  }
  const { kind, shared, dtype, numbers } = decodeNoise(fill)
  return (sample) => {
    const field = (number: number) => new NoiseField(kind, sample, number, pixels)
    const fields = Array.from({ length: shared ? 1 : numbers.length / 2 }, (_, i) => field(i))
    return (channel, pixel) => {
      const drawn = (fields[shared ? 0 : channel] as NoiseField).at(pixel)
      const [a, b] = [numbers[2 * channel] as number, numbers[2 * channel + 1] as number]
      return noiseBits(noiseValue(kind, drawn, a, b), dtype)
    }
  }
}

/** Whether a channel is filled or stays as it is. A fill of only `length` bytes fills all. */
function filledReader(fill: EncodedFill, length: number, bytes: number) {
  if (fill instanceof Float32Array || fill.length === length) return () => true
  return (channel: number) => fill[length + channel * bytes] !== 0
}

/** Masks a batch sample by sample; the caller may do something else in between. */
function* maskSamples(
  ...[header, source, target, data, indices, fill]: Parameters<Native['apply']>
): Generator<void> {
  const fields = unpackHeader(header)
  const { count, planes, height, width, pixelBytes, valueBytes: bytes, first } = fields
  const input = valuesOf(source, bytes)
  const output = valuesOf(target, bytes)
  const fillOf = fillReader(fill, bytes, height * width)
  const isFilled = filledReader(fill, planes * pixelBytes, bytes)
  const inPlace = offsetOf(source) === offsetOf(target) && bufferOf(source) === bufferOf(target)
  const perPixel = pixelBytes / bytes
  const plane = height * width * perPixel
  const sampleKind = fields.sampleKind as SampleKind
  const sampleOf = maskReader({ sampleKind, data, first, indices }, count)
  const dropped = new Uint8Array(width)
  for (let n = 0; n < count; n++) {
    const begin = n * planes * plane
    const sample = sampleOf(n)
    if (!sample.masked) {
      if (!inPlace) output.set(input.subarray(begin, begin + planes * plane), begin)
      continue
    }
    const rows = rowsOf(sample, height, width)
    const fillBits = fillOf(sample)
    if (!inPlace) output.set(input.subarray(begin, begin + planes * plane), begin)
    for (let y = 0; y < height; y++) {
      rows.write(dropped, 0, y)
      for (let p = 0; p < planes; p++) {
        let value = begin + p * plane + y * width * perPixel
        for (let x = 0; x < width; x++, value += perPixel) {
          if (dropped[x] === 0) continue
          for (let c = 0; c < perPixel; c++) {
            const channel = p * perPixel + c
            if (isFilled(channel)) output[value + c] = fillBits(channel, y * width + x)
          }
        }
      }
    }
    yield
  }
}

/** Runs work to its end, and lets other work run in between. */
async function inSlices(work: Generator<void>): Promise<number> {
  let started = performance.now()
  for (const _ of work) {
    if (performance.now() - started < SLICE_MS) continue
    await new Promise((resolve) => setImmediate(resolve))
    started = performance.now()
  }
  return DONE
}

export const fallback: Native = {
  instructionSets: () => [],
  instructionSet: () => 'none',
  useInstructions: () => BAD_ARGUMENTS,

  apply(...args) {
    for (const _ of maskSamples(...args)) {
      // Nothing else to do in between.
    }
    return DONE
  },

  applyAsync: (...args) => inSlices(maskSamples(...args)),

  mix(...args) {
    for (const _ of mixRows(...args)) {
      // As above.
    }
    return DONE
  },

  mixAsync: (...args) => inSlices(mixRows(...args)),

  preprocess(...args) {
    for (const _ of preprocessImages(...args)) {
      // As above.
    }
    return DONE
  },

  preprocessAsync: (...args) => inSlices(preprocessImages(...args)),

  drawPartner,

  countSamples(header, data, indices, counts) {
    const { height, width, first, ...fields } = unpackHeader(header)
    const sampleKind = fields.sampleKind as SampleKind
    const sampleOf = sampleReader({ sampleKind, data, first, indices })
    for (let i = 0; i < counts.length; i++) {
      const rows = new MaskRows(sampleOf(i), height, width)
      counts[i] = keptOf(rows, [0, 0, width, height])
    }
    return DONE
  },

  draw(header, data, indices, plan) {
    const packed = PackedPlan.over(plan)
    const { first } = unpackHeader(header)
    const sampleOf = sampleReader({ sampleKind: SampleKind.draws, data, first, indices })
    for (let i = 0; i < packed.length; i++) packed.put(i, sampleOf(i))
    return DONE
  },

  countKept(header, data, boxes, counts) {
    const { height, width, ...fields } = unpackHeader(header)
    const sampleKind = fields.sampleKind as SampleKind
    const sample = maskReader({ sampleKind, data, first: 0, indices: undefined }, 1)(0)
    const rows = rowsOf(sample, height, width)
    for (let i = 0; i < counts.length; i++) {
      counts[i] = keptOf(rows, boxes.subarray(4 * i, 4 * i + 4) as unknown as Box)
    }
    return DONE
  },

  readHeader: unpackHeader,

  expectJob: () => DONE,
  useLargePages: () => DONE,

  // Nothing else is called, since there is no CUDA.
  cuda: {
    open: (): Opened => ({ reason: 'no-addon', detail: '', version: 0, devices: [] }),
  } as unknown as Native['cuda'],
}

type Box = [x0: number, y0: number, x1: number, y1: number]

/** The pixels of a box that a mask keeps. */
function keptOf(rows: Rows, [x0, y0, x1, y1]: Box): number {
  const dropped = new Uint8Array(x1 - x0)
  let kept = 0
  for (let y = y0; y < y1; y++) {
    rows.write(dropped, x0, y)
    for (const drop of dropped) kept += 1 - drop
  }
  return kept
}
