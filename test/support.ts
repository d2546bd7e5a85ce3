/** What several test files need: arbitrary masks for fast-check, and the oracle of a whole batch. */
import fc from 'fast-check'
import { keepsPixel } from '../lib/fallback/reference'
import type { DType, ImageArray, Layout, SampleParams } from '../lib/index'
import { Plan } from '../lib/index'

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

export interface Kind {
  dtype: DType
  layout: Layout
  make: (length: number) => Float32Array | Uint8Array | Uint16Array
}

const makers = {
  float32: (n: number) => new Float32Array(n),
  uint8: (n: number) => new Uint8Array(n),
  float16: (n: number) => new Uint16Array(n),
  bfloat16: (n: number) => new Uint16Array(n),
} satisfies Record<DType, Kind['make']>

export const kinds: Kind[] = (Object.keys(makers) as DType[]).flatMap((dtype) =>
  (['NCHW', 'NHWC'] as const).map((layout) => ({ dtype, layout, make: makers[dtype] })),
)

/** The bytes of an array: what must be equal, NaN payloads and signs of zero included. */
export function bytesOf(array: ImageArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

export interface Batch {
  count: number
  channels: number
  height: number
  width: number
}

export function shapeOf({ count, channels, height, width }: Batch, layout: Layout) {
  return layout === 'NCHW'
    ? ([count, channels, height, width] as const)
    : ([count, height, width, channels] as const)
}

/** Pixel by pixel, what a plan makes of a batch. `fill` is one value's bytes for each channel. */
export function maskedByOracle(
  images: ImageArray,
  batch: Batch,
  layout: Layout,
  plan: readonly SampleParams[],
  fill: readonly Uint8Array[],
): Uint8Array {
  const { count, channels, height, width } = batch
  const bytes = bytesOf(images).slice()
  const size = images.BYTES_PER_ELEMENT
  const samples = Plan.from(plan)
  for (let n = 0; n < count; n++) {
    const sample = samples.at(n)
    if (sample === undefined) throw new Error(`no sample ${n}`)
    const keeps = keepsPixel(sample, [height, width])
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (keeps(x, y)) continue
        for (let c = 0; c < channels; c++) {
          const element =
            layout === 'NCHW'
              ? ((n * channels + c) * height + y) * width + x
              : ((n * height + y) * width + x) * channels + c
          bytes.set(fill[c] as Uint8Array, element * size)
        }
      }
    }
  }
  return bytes
}
